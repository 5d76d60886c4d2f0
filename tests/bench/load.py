"""A load generator that costs little: raw keep-alive connections in a process of their own.

``python -m tests.bench.load PORT SECONDS`` reads one JSON document: the token, and for each
connection the requests it sends one after another, over and over, as ``[method, path, body]``.
It prints one JSON object.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from itertools import cycle
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

RECEIVED = 1 << 18


class Line:
    """One connection, one request under way on it at a time."""

    def __init__(self, port: int, requests: list[bytes]) -> None:
        self.requests: Iterator[bytes] = cycle(requests)
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.times: list[float] = []
        self.failures = 0

    def send(self) -> None:
        """Send the next request."""
        self.pieces: list[bytes] = []
        self.missing: int | None = None
        self.began = time.perf_counter()
        self.socket.sendall(next(self.requests))

    def receive(self) -> bool:
        """Take what arrived; whether that completes the answer."""
        piece = self.socket.recv(RECEIVED)
        self.pieces.append(piece)
        if self.missing is None:
            answer = b"".join(self.pieces)
            head, found, body = answer.partition(b"\r\n\r\n")
            if not found:
                return False
            _, told, rest = head.lower().partition(b"content-length: ")
            self.missing = int(rest.partition(b"\r\n")[0] if told else 0) - len(body)
            self.failures += not head.startswith(b"HTTP/1.1 2")
        else:
            self.missing -= len(piece)
        if self.missing > 0:
            return False
        self.times.append(time.perf_counter() - self.began)
        return True


def encoded(token: str, method: str, path: str, body: Any = None) -> bytes:
    """A request's bytes."""
    content = b"" if body is None else json.dumps(body).encode()
    typed = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Accept-Encoding: gzip\r\n{typed if content else ''}\r\n"
    )
    return head.encode() + content


def run(port: int, seconds: float, token: str, plans: list[list[Any]]) -> dict[str, float]:
    """Requests per second and their times in milliseconds."""
    selector = selectors.DefaultSelector()
    lines = [Line(port, [encoded(token, *request) for request in plan]) for plan in plans]
    for line in lines:
        selector.register(line.socket, selectors.EVENT_READ, line)
    began = time.perf_counter()
    for line in lines:
        line.send()
    while time.perf_counter() - began < seconds:
        for key, _ in selector.select(1.0):
            if key.data.receive():
                key.data.send()
    spent = time.perf_counter() - began
    times = sorted(one for line in lines for one in line.times)
    return {
        "rate": len(times) / spent,
        "p50": times[len(times) // 2] * 1000,
        "p95": times[int(len(times) * 0.95)] * 1000,
        "p99": times[int(len(times) * 0.99)] * 1000,
        "failures": sum(line.failures for line in lines),
    }


if __name__ == "__main__":
    given = json.load(sys.stdin)
    print(json.dumps(run(int(sys.argv[1]), float(sys.argv[2]), given["token"], given["plans"])))
