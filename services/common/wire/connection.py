"""An AMQP session on a socket of its own, as ``link`` and ``publisher`` open it."""

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

#: Seconds from the first packet to an open channel.
CONNECT_SECONDS: Final = 2.0
#: Seconds for declaring and consuming: a busy broker takes its time to create queues.
SETUP_SECONDS: Final = 10.0
#: Bytes that may be queued for a broker that throttles its publishers.
MAX_QUEUED: Final = 64 * 1024 * 1024
FULL: Final = "The message broker takes messages too slowly."


class Outgoing:
    """The outgoing frames of a connection, written by many threads.

    A thread that finds the socket busy queues its frames for the thread that is writing and
    returns. No thread waits for another one's write, and frames are sent whole and in order.
    """

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._lock = threading.Lock()  # never held while writing
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._writing = self._broken = False

    def send(self, frames: bytes) -> None:
        """Send frames, or queue them for the current writer. Raises OSError if disconnected."""
        with self._lock:
            if self._broken:
                raise BrokerLost("the connection broke")
            self._waiting.append(frames)
            self._bytes += len(frames)
            if self._writing:
                # The current writer sends these, too: it checks the queue again before it stops.
                return
            self._writing = True
        self._write_all()

    def send_bounded(self, frames: bytes) -> None:
        """Send frames. Raises Unavailable if more than ``MAX_QUEUED`` bytes are queued."""
        # Read without the lock: the limit protects memory, so being off by a message is harmless. A
        # single message over the limit passes if nothing else is queued.
        if self._bytes and self._bytes + len(frames) > MAX_QUEUED:
            raise Unavailable(FULL)
        self.send(frames)

    def _write_all(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._writing, self._bytes = False, 0
                    return
                # One write for all that was queued meanwhile: a system call costs more than the
                # copy.
                frames = b"".join(self._waiting)
                self._waiting.clear()
                self._bytes = len(frames)
            try:
                self._write(frames)
            except BaseException:
                # Half a frame may be out. Later senders must get an error: a frame written
                # behind a torn one would be read as part of it.
                with self._lock:
                    self._broken = True
                    self._waiting.clear()
                raise


class Connection:
    """One AMQP connection; the constructor returns it open and set up, or raises."""

    def __init__(
        self,
        address: Address,
        setup: Callable[[Session], None],
        *,
        name: str,
        write_seconds: float,
        opened: Callable[[Connection], None] = lambda _connection: None,
    ) -> None:
        """Connect to ``address``, which must be resolved. Raises OSError, also on a timeout.

        ``write_seconds`` is how long a write may go without progress. ``opened`` is called as
        soon as the connection may be written to: after ``setup``, but before the broker has
        confirmed it, since messages may arrive from then on.
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
        # Two limits: a host that doesn't answer must fail quickly so that the next one is tried,
        # while a node that answers may be slow to declare quorum queues.
        while not self._set_up:
            self.session.feed(self.transport.receive(left_until(end)))
        end = time.monotonic() + SETUP_SECONDS
        while not self.session.ready:
            self.session.feed(self.transport.receive(min(TICK_SECONDS, left_until(end))))

    def read(self) -> None:
        """Process incoming frames for up to ``TICK_SECONDS``. Raises OSError if disconnected."""
        if data := self.transport.receive():
            self.session.feed(data)
        self.tick()

    def tick(self) -> None:
        """Send a heartbeat if one is due; call at least every ``TICK_SECONDS``. Raises OSError."""
        if (now := time.monotonic()) - self._ticked >= TICK_SECONDS:
            self._ticked = now
            self.session.tick()

    def leave(self) -> None:
        """Close after the broker has received what was sent; takes up to ``CONNECT_SECONDS``."""
        end = time.monotonic() + CONNECT_SECONDS
        with suppress(OSError):
            self.session.end()
            # Ends by an OSError: BrokerLost once the broker answers Connection.Close, TimeoutError
            # if it does not answer.
            while True:
                self.session.feed(self.transport.receive(left_until(end)))
        self.close()

    def close(self) -> None:
        """Close at once."""
        self.transport.close()


def connect_to_one(addresses: Iterable[Address], **options: Any) -> Connection:
    """Connect to the first address that answers. Raises the OSError of the last one tried."""
    last_error: OSError = BrokerLost("AMQP_URI names no broker")
    for address in addresses:
        try:
            targets = resolved(address)
        except OSError as error:
            last_error = error
            continue
        for target in targets:
            try:
                return Connection(target, **options)
            except OSError as error:
                last_error = error
    raise last_error
