"""A socket to the broker with separate timeouts for reading and writing.

A Python socket has one timeout for both. Here a read waits ``TICK_SECONDS`` at most, so that the
reading loop can send heartbeats and stop, while a write may take any time as long as it makes
progress: a broker that throttles its publishers is slow, not gone.
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
#: Largest payload in bytes of a TLS record.
TLS_RECORD: Final = 16_384
TICK_SECONDS: Final = 1.0
ENDED: Final = "the broker closed the connection"
STUCK: Final = "the broker takes no bytes"


class Transport:
    """A connected socket, for one reading thread and one writing thread."""

    def __init__(self, sock: socket.socket, *, write_seconds: float) -> None:
        sock.settimeout(TICK_SECONDS)
        self.sock, self.write_seconds = sock, write_seconds

    def fileno(self) -> int:
        """The socket's descriptor, for ``select``."""
        return self.sock.fileno()

    def receive(self, seconds: float = TICK_SECONDS) -> bytes:
        """The bytes that arrived; empty after ``seconds``. Raises OSError when disconnected."""
        try:
            data = self._receive(seconds)
        except TimeoutError:
            return b""
        if not data:
            raise BrokerLost(ENDED)
        return data

    def send(self, data: bytes) -> None:
        """Send all of ``data``. Raises BrokerLost without progress for ``write_seconds``.

        Any interruption ends the connection: part of a frame may have been sent, and nothing can
        follow it.
        """
        try:
            self._send_all(memoryview(data))
        except BaseException:  # eventlet.Timeout is no Exception
            self.shut_down()
            raise

    def _send_all(self, remaining: memoryview) -> None:
        last_progress = time.monotonic()
        while remaining:
            if count := self._send(remaining):
                remaining, last_progress = remaining[count:], time.monotonic()
            elif time.monotonic() - last_progress >= self.write_seconds:
                raise BrokerLost(STUCK)

    def shut_down(self) -> None:
        """Shut the socket down, which wakes the reading thread."""
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the socket."""
        with suppress(OSError):
            self.sock.close()

    def _receive(self, seconds: float) -> bytes:
        # The usual timeout is set once, in the constructor: settimeout for each read would show in
        # a profile.
        if seconds != TICK_SECONDS:
            self.sock.settimeout(seconds)
            try:
                return self.sock.recv(READ_SIZE)
            finally:
                self.sock.settimeout(TICK_SECONDS)
        return self.sock.recv(READ_SIZE)

    def _send(self, data: memoryview) -> int:
        """Send what the socket takes within a tick; returns the number of bytes."""
        try:
            return self.sock.send(data)
        except TimeoutError:
            return 0


class TlsTransport(Transport):
    """A transport over TLS, with a lock: OpenSSL allows one thread at a time in a connection."""

    def __init__(self, sock: ssl.SSLSocket, *, write_seconds: float) -> None:
        super().__init__(sock, write_seconds=write_seconds)
        sock.setblocking(False)  # noqa: FBT003 - so that no thread blocks while it holds the lock
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
                # One record at a time: of more, a part could be sent before WantWrite is raised,
                # and its size would be unknown.
                return self.sock.send(data[:TLS_RECORD])
        except ssl.SSLWantWriteError:
            reading = False
        except ssl.SSLWantReadError:
            reading = True
        with suppress(TimeoutError):
            self._wait(TICK_SECONDS, reading=reading)
        return 0

    def _wait(self, seconds: float, *, reading: bool) -> None:
        """Wait until the socket is readable or writable. Raises TimeoutError."""
        sockets = [self.sock]
        interests = (sockets, [], sockets) if reading else ([], sockets, sockets)
        if seconds <= 0 or not any(select.select(*interests, seconds)):
            raise TimeoutError


def connect(address: Address, end: float, *, write_seconds: float) -> Transport:
    """Connect to the broker by ``end``, a ``time.monotonic()``. Raises OSError."""
    sock = socket.create_connection((address.ip, address.port), left_until(end))
    try:
        # Frames are small and each is waited for: Nagle's algorithm would delay them.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if not address.tls:
            return Transport(sock, write_seconds=write_seconds)
        sock.settimeout(left_until(end))
        # The certificate is checked against the host's name, not the IP connected to.
        context = ssl.create_default_context()
        wrapped = context.wrap_socket(sock, server_hostname=address.host)
        return TlsTransport(wrapped, write_seconds=write_seconds)
    except BaseException:
        sock.close()
        raise


def left_until(end: float) -> float:
    """Seconds left until ``end``, a ``time.monotonic()``. Raises TimeoutError if it has passed."""
    if (remaining := end - time.monotonic()) <= 0:
        raise TimeoutError("the broker did not answer in time")
    return remaining
