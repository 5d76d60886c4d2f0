"""Many live connections in a separate process, half of them streams and half sockets.

``python -m tests.bench.listeners PORT SECONDS`` reads the tokens as a JSON list, one for each
connection, prints ``ready`` once all are connected, and after the seconds the delays of what they
heard, in milliseconds, as one JSON object. Events carry when they were written: ``"sent"``.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import resource
import sys
import time

SENT = re.compile(rb'"sent":([0-9.]+)')
SECONDS_TO_CONNECT = 60


class Delays:
    """What all connections heard."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def hear(self, data: bytes) -> None:
        """Note the events in these bytes."""
        now = time.time()
        self.seconds += [now - float(sent) for sent in SENT.findall(data)]


async def stream(port: int, token: str, delays: Delays, ready: asyncio.Event) -> None:
    """A client of Server-Sent Events."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /events/stream HTTP/1.1\r\nHost: x\r\n{_bearer(token)}\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in head, head + await reader.read(1000)
    ready.set()
    rest = b""
    while data := await reader.read(65536):
        # An event may be split anywhere: only whole lines are looked at.
        whole, _, rest = (rest + data).rpartition(b"\n")
        delays.hear(whole)


async def socket(port: int, token: str, delays: Delays, ready: asyncio.Event) -> None:
    """A client of Socket.IO, over a WebSocket from the start."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n{_bearer(token)}"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    await _frame(reader)
    writer.write(_masked(b"40/events,"))
    assert (await _frame(reader)).startswith(b"40/events,")
    ready.set()
    while True:
        text = await _frame(reader)
        if text == b"2":
            writer.write(_masked(b"3"))
        delays.hear(text)


async def _frame(reader: asyncio.StreamReader) -> bytes:
    """The text of the next frame."""
    _, size = await reader.readexactly(2)
    if size == 126:
        size = int.from_bytes(await reader.readexactly(2), "big")
    elif size == 127:
        size = int.from_bytes(await reader.readexactly(8), "big")
    return await reader.readexactly(size)


def _masked(text: bytes) -> bytes:
    # With a mask of zeros, which leaves the text as it is.
    return bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text


def _bearer(token: str) -> str:
    return f"Authorization: Bearer {token}\r\n"


async def run(port: int, seconds: float, tokens: list[str]) -> dict[str, float]:
    """Connect all, listen, and sum up."""
    delays, tasks, ready = Delays(), [], []
    for number, token in enumerate(tokens):
        connected = asyncio.Event()
        client = (stream if number % 2 else socket)(port, token, delays, connected)
        tasks.append(asyncio.create_task(client))
        ready.append(connected)
        if number % 50 == 0:
            await asyncio.wait_for(connected.wait(), SECONDS_TO_CONNECT)
    await asyncio.wait_for(asyncio.gather(*(one.wait() for one in ready)), SECONDS_TO_CONNECT)
    print("ready", flush=True)
    await asyncio.sleep(seconds)
    heard = sorted(delays.seconds)
    assert not any(task.done() for task in tasks), "a connection ended"
    for task in tasks:
        task.cancel()
    at = [heard[int(len(heard) * share)] * 1000 if heard else 0.0 for share in (0.5, 0.95, 0.99)]
    return {"heard": len(heard), "p50": at[0], "p95": at[1], "p99": at[2]}


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(json.dumps(asyncio.run(run(int(sys.argv[1]), float(sys.argv[2]), json.load(sys.stdin)))))
