"""The hub: one per process, it reads the stream of described events and hands them out."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict, deque
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from gateway.live.event import LiveEvent
from gateway.live.history import PAGE, History
from gateway.live.rights import hears
from gateway.live.ring import COUNT, Ring
from gateway.rpc.broker import Broker
from services.common.contracts.full_events import AUDIENCE
from services.common.errors import ServiceError, Unavailable
from services.common.wire.link import AWAY
from services.common.wire.session import ack_bytes
from services.common.wire.topology import LIVE, declare_live

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from gateway.live.feed import Feed
    from gateway.live.listeners import Listener, Listeners
    from services.common.wire.frames import Incoming
    from services.common.wire.session import Session

log = logging.getLogger(__name__)

#: Messages that the broker sends ahead of their acknowledgement. Streams require a limit.
PREFETCH: Final = 500
#: Seconds for which events are gathered before they are handed out: one write for several.
GATHER_SECONDS: Final = 0.015
#: Events read from the history at the start, so that clients of a process that has ended go on
#: here without a call each; and seconds between attempts to read them.
PRELOADED: Final = 1000
RETRY_SECONDS: Final = 0.5
#: Seconds that a new connection waits for the first start of the hub.
START_SECONDS: Final = 2.0
#: How far the clocks of the broker and of this process may be apart.
CLOCKS: Final = timedelta(minutes=5)
#: The argument and the header of streams that hold an offset.
OFFSET: Final = "x-stream-offset"


class Hub:
    """Keeps recent events, and wakes the feeds that hear a new one.

    It has a connection of its own: whatever becomes of the stream, calls go on. After a reconnect
    it goes on at the offset where it was, so that connected clients miss nothing.
    """

    def __init__(self, uris: str, listeners: Listeners, history: History) -> None:
        self.listeners, self.history = listeners, history
        self.ring = Ring()
        self.feeds: dict[Listener, Feed] = {}
        self.broker = Broker(
            uris, self._setup, name="gateway live", returned=lambda _: None, lost=lambda: None
        )
        #: Other consumers on this connection.
        self.setups: list[Callable[[Session], None]] = []
        #: Told each new event.
        self.watchers: list[Callable[[LiveEvent], None]] = []
        #: Run while this process does.
        self.services: list[Callable[[], Coroutine[Any, Any, None]]] = []
        self.started = asyncio.Event()
        self._offset: int | None = None
        self._attached: datetime | None = None
        #: The position up to which events were handed out.
        self.handed_out = 0
        #: What came before the history was read; None afterwards.
        self._early: deque[LiveEvent] | None = deque(maxlen=COUNT)
        self._new: list[LiveEvent] = []
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Connect in the background, and keep reconnecting."""
        loop = asyncio.get_running_loop()
        running = (self.broker.run, self._begin, *self.services)
        self._tasks = [loop.create_task(run()) for run in running]

    async def stop(self) -> None:
        """End all feeds, and close the connection."""
        for feed in list(self.feeds.values()):
            feed.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def ready(self) -> None:
        """Wait for the first start. Raises Unavailable."""
        if self.started.is_set():
            return
        try:
            async with asyncio.timeout(START_SECONDS):
                await self.started.wait()
        except TimeoutError:
            raise Unavailable(AWAY) from None

    # --- from the broker ------------------------------------------------------------------------

    def _setup(self, session: Session) -> None:
        declare_live(session)
        session.prefetch(PREFETCH)
        offset: Any = "next"
        if self._offset is not None:
            offset = self._offset + 1
        elif self._attached is not None:
            # Nothing had come before the connection broke: go back to then. What is older than it
            # needs to be is dropped by its position.
            offset = self._attached - CLOCKS
        self._attached = self._attached or datetime.now(UTC)
        session.consume(LIVE, self._arrived, tag="live", arguments={OFFSET: offset})
        for setup in self.setups:
            setup(session)

    async def _begin(self) -> None:
        """Read what came before, once the stream is being read: nothing is in neither."""
        while True:
            await self.broker.ready.wait()
            try:
                await self._preload()
            except ServiceError as error:
                log.info("live events wait for their history: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self.started.set()
                return

    async def _preload(self) -> None:
        # A page from the end tells the highest position.
        head = (await self.history.page(after=str(2**62), limit=1)).head
        position = max(0, head - PRELOADED)
        self.ring.begin(position)
        while True:
            page = await self.history.page(after=str(position), limit=PAGE)
            for event in page.events:
                self.ring.add(event)
                position = event.position
            if page.is_last or position >= head:
                break
        self.ring.floor = max(self.ring.floor, min(page.cut, head))
        early, self._early = self._early or (), None
        for event in early:
            self._add(event)

    def _arrived(self, message: Incoming) -> None:
        session = cast("Session", message.origin)
        session.write(ack_bytes(message.delivery_tag))
        headers = message.headers
        self._offset = headers.get(OFFSET, self._offset)
        try:
            event = LiveEvent(
                int(headers["position"]), str(headers[AUDIENCE]).encode(), message.body
            )
        except (KeyError, ValueError, TypeError, msgspec.DecodeError):
            log.warning("a message on the live stream is no event of ours")
            return
        if self._early is not None:
            self._early.append(event)
        else:
            self._add(event)

    def _add(self, event: LiveEvent) -> None:
        if not self.ring.add(event):
            return
        self._new.append(event)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(GATHER_SECONDS, self._hand_out)

    def _hand_out(self) -> None:
        """Wake the feeds that hear one of the new events."""
        self._timer = None
        new, self._new = self._new, []
        heard: defaultdict[Feed, list[LiveEvent]] = defaultdict(list)
        for event in new:
            # Whose rights it changes hears it by those they have now.
            self.listeners.follow(event)
            for watcher in self.watchers:
                watcher(event)
            for listener in self.listeners.candidates(event):
                feed = self.feeds.get(listener)
                if feed is None or not feed.waits_for(event) or event in heard.get(feed, ()):
                    continue
                if feed.filters.want(event) and hears(listener, event):
                    heard[feed].append(event)
        self.handed_out = new[-1].position
        for feed, events in heard.items():
            feed.give(events)
