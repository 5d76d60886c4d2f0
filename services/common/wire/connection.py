"""A session with a socket of its own: what ``link`` and ``publisher`` keep opening."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from services.common.errors import Unavailable
from services.common.wire.address import resolved
from services.common.wire.errors import BrokerLost
from services.common.wire.session import Session
from services.common.wire.transport import TICK_SECONDS, Transport, connect, left_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from services.common.wire.address import Address

#: For all from the first packet to an open channel.
CONNECT_SECONDS: Final = 2.0
#: For what is declared and consumed then: a busy broker takes its time to make new queues.
SETUP_SECONDS: Final = 10.0
#: Bytes that may wait for the broker to take them.
MAX_QUEUED: Final = 64 * 1024 * 1024
FULL: Final = "The message broker takes messages too slowly."


class Outgoing:
    """What leaves on a connection, written by many threads.

    A thread that finds another one writing leaves its frames to that one and goes on, so no thread
    waits for another one's small message, and frames leave whole and in order.
    """

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._lock = threading.Lock()  # never held while writing
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._writing = self._broken = False

    def send(self, frames: bytes) -> None:
        """Send frames, or have them sent. Raises OSError when the connection broke."""
        with self._lock:
            if self._broken:
                raise BrokerLost("the connection broke")
            self._waiting.append(frames)
            self._bytes += len(frames)
            if self._writing:
                return
            self._writing = True
        self._write_all()

    def send_bounded(self, frames: bytes) -> None:
        """The same, for what may be refused: raises Unavailable where ``MAX_QUEUED`` bytes wait."""
        if self._bytes and self._bytes + len(frames) > MAX_QUEUED:
            raise Unavailable(FULL)
        self.send(frames)

    def _write_all(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._writing, self._bytes = False, 0
                    return
                frames = b"".join(self._waiting)
                self._waiting.clear()
                self._bytes = len(frames)
            try:
                self._write(frames)
            except BaseException:
                # Whoever comes now gets an error, not a place behind half a frame.
                with self._lock:
                    self._broken = True
                    self._waiting.clear()
                raise


class Connection:
    """One connection, open and set up, or not at all."""

    def __init__(
        self,
        address: Address,
        setup: Callable[[Session], None],
        *,
        name: str,
        write_seconds: float,
        opened: Callable[[Connection], None] = lambda _connection: None,
    ) -> None:
        """Connect to ``address``, which is resolved. Raises OSError where that takes too long.

        ``opened`` hears of it as soon as it may be written to: after ``setup``, before the broker
        has said that it agrees, as messages may arrive from then on.
        """
        end = time.monotonic() + CONNECT_SECONDS
        self._setup, self._opened = setup, opened
        self._set_up = False
        self._ticked = 0.0
        self.transport: Transport = connect(address, end, write_seconds=write_seconds)
        self.outgoing = Outgoing(self.transport.send)
        self.session = Session(address, self.outgoing.send, self._declare, name=name)
        try:
            self._open(end)
        except BaseException:
            self.close()
            raise

    def _declare(self, session: Session) -> None:
        self._setup(session)
        self._set_up = True
        self._opened(self)

    def _open(self, end: float) -> None:
        self.session.begin()
        while not self._set_up:
            self.session.feed(self.transport.receive(left_until(end)))
        end = time.monotonic() + SETUP_SECONDS
        while not self.session.ready:
            self.session.feed(self.transport.receive(min(TICK_SECONDS, left_until(end))))

    def read(self) -> None:
        """Act on what arrives, for a second at most. Raises OSError when the connection is over."""
        if data := self.transport.receive():
            self.session.feed(data)
        self.tick()

    def tick(self) -> None:
        """Show that we live; to be called every second or oftener. Raises OSError."""
        if (now := time.monotonic()) - self._ticked >= TICK_SECONDS:
            self._ticked = now
            self.session.tick()

    def leave(self) -> None:
        """Have the broker take all that was sent, then close; it may take ``CONNECT_SECONDS``."""
        end = time.monotonic() + CONNECT_SECONDS
        with suppress(OSError):
            self.session.end()
            while True:
                self.session.feed(self.transport.receive(left_until(end)))
        self.close()

    def close(self) -> None:
        """Close at once."""
        self.transport.close()


def connect_to_one(addresses: Iterable[Address], **options: Any) -> Connection:
    """A connection to the first of them that answers. Raises OSError, of the last that did not."""
    last: OSError = BrokerLost("AMQP_URI names no broker")
    for address in addresses:
        try:
            targets = resolved(address)
        except OSError as error:
            last = error
            continue
        for target in targets:
            try:
                return Connection(target, **options)
            except OSError as error:
                last = error
    raise last
