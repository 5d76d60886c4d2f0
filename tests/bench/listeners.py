"""Many live connections in a separate process, half of them streams and half sockets.

``python -m tests.bench.listeners PORT SECONDS`` reads the tokens as a JSON list, one for each
connection, prints ``ready`` once all are connected, and after the seconds the delays of what they
heard, in milliseconds, as one JSON object. Events carry when they were written: ``"sent"``.
"""

from __future__ import annotations

import asyncio
import json
import re
import resource
import sys
import time
from typing import cast

import uvloop

SENT = re.compile(rb'"sent":([0-9.]+)[,}]')
#: A ping, its answer, and the packet that opens the namespace, as frames with a mask of zeros.
PING, PONG = b"\x81\x012", b"\x81\x81\0\0\0\x003"
OPEN = b"\x81\x8a\0\0\0\x0040/events,"
AT_ONCE = 50
SECONDS_TO_CONNECT = 60


class Client(asyncio.Protocol):
    """A connection, which costs this process as little as it can."""

    def __init__(self, token: str, delays: list[float]) -> None:
        self.token, self.delays = token, delays
        self.ready = asyncio.get_running_loop().create_future()
        self.transport = cast("asyncio.Transport", None)
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(
            f"GET {self.path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.token}\r\n"
            f"{self.headers}\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Note the events, each of which comes whole but for a few."""
        if self.ready.done():
            now = time.time()
            self.delays += [now - float(sent) for sent in SENT.findall(data)]
            self.answer(data)
        else:
            self.received += data
            self.begin()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(exc or ConnectionError(self.received.decode()))

    path = headers = ""

    def begin(self) -> None:
        """Look whether the connection is there."""

    def answer(self, data: bytes) -> None:
        """Answer what has to be answered."""


class Stream(Client):
    """A client of Server-Sent Events."""

    path = "/events/stream"

    def begin(self) -> None:
        if b": hello\n" in self.received:
            self.ready.set_result(None)


class Socket(Client):
    """A client of Socket.IO, over a WebSocket from the start."""

    path = "/socket.io/?EIO=4&transport=websocket"
    headers = (
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    )

    def begin(self) -> None:
        if b"40/events," in self.received:
            self.ready.set_result(None)
        elif b'"sid"' in self.received:
            self.transport.write(OPEN)
            self.received = b""

    def answer(self, data: bytes) -> None:
        if PING in data:
            self.transport.write(PONG)


async def run(port: int, seconds: float, tokens: list[str]) -> dict[str, float]:
    """Connect all, listen, and sum up."""
    loop = asyncio.get_running_loop()
    delays: list[float] = []
    clients: list[Client] = []
    for first in range(0, len(tokens), AT_ONCE):
        some: list[Client] = [
            (Stream if number % 2 else Socket)(token, delays)
            for number, token in enumerate(tokens[first : first + AT_ONCE])
        ]
        for client in some:
            await loop.create_connection(lambda c=client: c, "127.0.0.1", port)
        await asyncio.wait_for(asyncio.gather(*(c.ready for c in some)), SECONDS_TO_CONNECT)
        clients += some
    print("ready", flush=True)
    delays.clear()
    await asyncio.sleep(seconds)
    heard = sorted(delays)
    assert not any(client.transport.is_closing() for client in clients), "a connection ended"
    at = [heard[int(len(heard) * share)] * 1000 if heard else 0.0 for share in (0.5, 0.95, 0.99)]
    return {"heard": len(heard), "p50": at[0], "p95": at[1], "p99": at[2]}


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(json.dumps(uvloop.run(run(int(sys.argv[1]), float(sys.argv[2]), json.load(sys.stdin)))))
