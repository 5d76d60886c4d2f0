"""A socket to the broker whose reading and writing have limits of their own.

A socket has one timeout for both directions. Here reading waits ``TICK_SECONDS`` at most, so that
its loop can look around, while a write may take as long as it likes as long as bytes move: a broker
that throttles its publishers is slow, not gone.
"""

from __future__ import annotations

import select
import socket
import ssl
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from services.common.wire.errors import BrokerLost

if TYPE_CHECKING:
    from services.common.wire.address import Address

READ_SIZE: Final = 65_536
#: Bytes that TLS sends at once.
TLS_RECORD: Final = 16_384
TICK_SECONDS: Final = 1.0
ENDED: Final = "the broker closed the connection"
STUCK: Final = "the broker takes no bytes"


class Transport:
    """A connected socket, for one thread that reads and one that writes."""

    def __init__(self, sock: socket.socket, *, write_seconds: float) -> None:
        sock.settimeout(TICK_SECONDS)
        self.sock, self.write_seconds = sock, write_seconds

    def fileno(self) -> int:
        """What ``select`` watches."""
        return self.sock.fileno()

    def receive(self, seconds: float = TICK_SECONDS) -> bytes:
        """What arrived; nothing after ``seconds``. Raises OSError when the connection is over."""
        try:
            data = self._receive(seconds)
        except TimeoutError:
            return b""
        if not data:
            raise BrokerLost(ENDED)
        return data

    def send(self, data: bytes) -> None:
        """Send all of it. Raises BrokerLost if no byte moves for ``write_seconds``.

        Whatever interrupts it ends the connection: a torn frame may be out, nothing can follow it.
        """
        try:
            self._send_all(memoryview(data))
        except BaseException:  # the deadline of a green thread is no Exception
            self.shut_down()
            raise

    def _send_all(self, left: memoryview) -> None:
        moved = time.monotonic()
        while left:
            if count := self._send(left):
                left, moved = left[count:], time.monotonic()
            elif time.monotonic() - moved >= self.write_seconds:
                raise BrokerLost(STUCK)

    def shut_down(self) -> None:
        """Wake the thread that reads: its connection is over."""
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the socket back."""
        with suppress(OSError):
            self.sock.close()

    def _receive(self, seconds: float) -> bytes:
        if seconds != TICK_SECONDS:
            self.sock.settimeout(seconds)
            try:
                return self.sock.recv(READ_SIZE)
            finally:
                self.sock.settimeout(TICK_SECONDS)
        return self.sock.recv(READ_SIZE)

    def _send(self, data: memoryview) -> int:
        """How many bytes of it went out within a tick."""
        try:
            return self.sock.send(data)
        except TimeoutError:
            return 0


class TlsTransport(Transport):
    """The same under TLS, whose state OpenSSL lets only one thread touch at a time."""

    def __init__(self, sock: ssl.SSLSocket, *, write_seconds: float) -> None:
        super().__init__(sock, write_seconds=write_seconds)
        sock.setblocking(False)  # noqa: FBT003 - nobody waits while holding the lock
        self._lock = threading.Lock()

    def _receive(self, seconds: float) -> bytes:
        end = time.monotonic() + seconds
        while True:
            try:
                with self._lock:
                    return self.sock.recv(READ_SIZE)
            except ssl.SSLWantReadError:
                self._wait(end - time.monotonic(), reading=True)
            except ssl.SSLWantWriteError:
                self._wait(end - time.monotonic(), reading=False)

    def _send(self, data: memoryview) -> int:
        try:
            with self._lock:
                # Of a larger piece it would be unknown that a part went out.
                return self.sock.send(data[:TLS_RECORD])
        except ssl.SSLWantWriteError:
            reading = False
        except ssl.SSLWantReadError:
            reading = True
        with suppress(TimeoutError):
            self._wait(TICK_SECONDS, reading=reading)
        return 0

    def _wait(self, seconds: float, *, reading: bool) -> None:
        """Until bytes come or go. Raises TimeoutError."""
        mine = [self.sock]
        asked = (mine, [], mine) if reading else ([], mine, mine)
        if seconds <= 0 or not any(select.select(*asked, seconds)):
            raise TimeoutError


def connect(address: Address, end: float, *, write_seconds: float) -> Transport:
    """A transport to the broker, open by ``end`` (of ``time.monotonic``). Raises OSError."""
    sock = socket.create_connection((address.ip, address.port), left_until(end))
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if not address.tls:
            return Transport(sock, write_seconds=write_seconds)
        sock.settimeout(left_until(end))
        context = ssl.create_default_context()
        wrapped = context.wrap_socket(sock, server_hostname=address.host)
        return TlsTransport(wrapped, write_seconds=write_seconds)
    except BaseException:
        sock.close()
        raise


def left_until(end: float) -> float:
    """Seconds until then. Raises TimeoutError when there are none."""
    if (left := end - time.monotonic()) <= 0:
        raise TimeoutError("the broker did not answer in time")
    return left
