"""A connection's way through the events: in order, each once, none left out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

from gateway.live.filters import Filters
from gateway.live.rights import hears
from services.common.contracts.crud.live_events import POSITION

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gateway.live.event import LiveEvent
    from gateway.live.history import Page
    from gateway.live.hub import Hub
    from gateway.live.listeners import Listener

#: Events looked at in one go, and bytes given in one go: what a slow client holds in memory.
STRIDE: Final = 500
PIECE_BYTES: Final = 64 * 1024


class Gap(NamedTuple):
    """Positions whose events are no longer kept."""

    first: int
    last: int


class Batch(NamedTuple):
    """What is next: events, after a gap where there is one."""

    events: Sequence[LiveEvent] = ()
    gap: Gap | None = None

    def __bool__(self) -> bool:
        return bool(self.events) or self.gap is not None


class Feed:
    """Gives the events that a listener hears and wants, from a position on.

    It holds no events: it goes along those that the process keeps, and reads older ones from the
    history page by page. While it waits it is at their end.
    """

    def __init__(self, hub: Hub, listener: Listener, filters: Filters | None = None) -> None:
        self.hub, self.listener = hub, listener
        self.filters = filters or Filters()
        self.position = hub.ring.head
        #: Set when its connection ends, or should: whatever waits returns at once.
        self.stopped = False
        self._waiting: asyncio.Future[Batch] | None = None
        #: Sends events at once, for a tenth of what it costs to wake a task for them; False where
        #: the client isn't ready for them.
        self.send_now: Callable[[Sequence[LiveEvent]], bool] | None = None
        #: Called when the listener's actor is in doubt, was read anew, or has ended.
        self.changed: Callable[[], None] = lambda: None
        #: Whether it waits at the end of the events, not for its listener's actor.
        self._at_end = False
        #: The first page of the history, which found where to begin.
        self._page: Page | None = None
        #: A gap that is to be told of first.
        self._gap: Gap | None = None
        hub.feeds[listener] = self
        listener.changed = self._listener_changed

    async def begin(self, after: str | None, since: str | None) -> None:
        """Go back to after a position or event, or to a time, instead of beginning now.

        Raises InvalidInput, NotFound, Unavailable.
        """
        if after is not None and POSITION.fullmatch(after):
            await self._begin_after(int(after))
        elif after is not None and (known := self.hub.ring.position_of(after)) is not None:
            self.position = known
        elif after is not None or since is not None:
            start = {"after": after} if after is not None else {"since": since}
            page = self._page = await self.hub.history.page(**start)
            self.position = page.events[0].position - 1 if page.events else page.head

    async def _begin_after(self, position: int) -> None:
        self.position = position
        if position <= self.hub.ring.head:
            return
        # Other processes may be ahead of this one, but not of the history. Who claims to be has
        # read another one, before a backup was restored: they would wait for a long time.
        head = (await self.hub.history.page(after=str(position), limit=1)).head
        if position > head:
            self.position = head
            self._gap = Gap(1, head) if head else None

    def close(self) -> None:
        """Leave."""
        self.hub.feeds.pop(self.listener, None)
        self.hub.listeners.leave(self.listener)
        self.listener.changed = lambda: None
        self.stop()

    def stop(self) -> None:
        """End the waiting, now and from now on."""
        self.stopped = True
        self._wake()

    def waits_for(self, event: LiveEvent) -> bool:
        """Whether it has looked at all events before this one, and not at this one."""
        waiting = self._waiting
        return (
            self._at_end
            and waiting is not None
            and not waiting.done()
            and event.position > self.position
        )

    async def next(self, seconds: float) -> Batch:
        """The next events; empty if none come within ``seconds``, or when it is stopped.

        Raises Ended, Unavailable.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while True:
            self.listener.check()
            if self.listener.is_ready and (batch := await self._look()):
                return batch
            remaining = end - loop.time()
            if remaining <= 0 or self.stopped:
                return Batch()
            if batch := await self._wait(remaining):
                return batch

    def give(self, events: list[LiveEvent]) -> None:
        """Send, or wake it with, what it hears; called while it waits."""
        if self.send_now is not None and self.send_now(events):
            self.position = max(self.position, self.hub.handed_out)
        else:
            self._finish(Batch(events))

    # --- waiting --------------------------------------------------------------------------------

    async def _wait(self, seconds: float) -> Batch:
        self._waiting = asyncio.get_running_loop().create_future()
        # Constant while it waits: a change of the listener wakes it.
        self._at_end = self.listener.is_ready
        try:
            async with asyncio.timeout(seconds):
                return await self._waiting
        except TimeoutError:
            self._finish(Batch())
            return Batch()
        finally:
            self._waiting = None

    def _listener_changed(self) -> None:
        self._wake()
        self.changed()

    def _wake(self) -> None:
        """Look again."""
        self._finish(Batch())

    def _finish(self, batch: Batch) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(batch)
            if self._at_end:
                # What was handed out while it waited, it heard or must not.
                self.position = max(self.position, self.hub.handed_out)

    # --- looking --------------------------------------------------------------------------------

    async def _look(self) -> Batch:
        """What is next of the events so far; empty if nothing is."""
        if self._gap is not None:
            gap, self._gap = self._gap, None
            return Batch(gap=gap)
        while True:
            events = None if self._page else self.hub.ring.after(self.position, STRIDE)
            if events is None:
                batch = await self._look_back()
                if batch or not self.listener.is_ready:
                    return batch
                continue
            if not events:
                return Batch()
            if heard := self._heard(events):
                return Batch(heard)

    async def _look_back(self) -> Batch:
        page, self._page = self._page, None
        if page is None:
            page = await self.hub.history.page(after=str(self.position))
            # Their rights may have changed meanwhile: the page is read again then.
            if not self.listener.is_ready:
                return Batch()
        gap = Gap(self.position + 1, page.cut) if self.position < page.cut else None
        if not page.events:
            self.position = max(self.position, page.head, self.hub.ring.floor)
        heard = self._heard(page.events)
        return Batch(heard, gap)

    def _heard(self, events: Sequence[LiveEvent]) -> list[LiveEvent]:
        """Go along these events, as far as a piece holds them."""
        heard: list[LiveEvent] = []
        size = 0
        for event in events:
            if size > PIECE_BYTES:
                break
            self.position = event.position
            if self.filters.want(event) and hears(self.listener, event):
                heard.append(event)
                size += event.size
        return heard
