"""A cheap load generator: raw keep-alive connections in a separate process.

``python -m tests.bench.load PORT SECONDS`` reads one JSON document: the ``token``, the ``plans``:
for each connection the requests it sends one after another, over and over, as ``[method, path,
body]``; and perhaps a ``rate``. It prints one JSON object.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from itertools import cycle
from typing import TYPE_CHECKING, Any

import httptools

if TYPE_CHECKING:
    from collections.abc import Iterator

RECEIVED = 1 << 18
ACCEPTED = 2


class Line:
    """One connection with one request in flight; httptools parses the responses."""

    def __init__(self, port: int, requests: list[bytes]) -> None:
        self.requests: Iterator[bytes] = cycle(requests)
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.parser = httptools.HttpResponseParser(self)
        #: Seconds that accepted requests took, and refused ones.
        self.times: dict[bool, list[float]] = {True: [], False: []}
        self.complete = False

    def on_message_complete(self) -> None:
        """Called by httptools at the end of a response."""
        self.complete = True

    def send(self, since: float) -> None:
        """Send the next request, which was due at ``since``."""
        self.since, self.complete = since, False
        self.socket.sendall(next(self.requests))

    def receive(self) -> bool:
        """Parse received bytes; returns whether the response is complete."""
        piece = self.socket.recv(RECEIVED)
        if not piece:
            raise ConnectionError("the gateway closed a connection")
        self.parser.feed_data(piece)
        if self.complete:
            accepted = self.parser.get_status_code() // 100 == ACCEPTED
            self.times[accepted].append(time.perf_counter() - self.since)
        return self.complete


def encoded(token: str, method: str, path: str, body: Any = None) -> bytes:
    """A request as bytes."""
    content = b"" if body is None else json.dumps(body).encode()
    typed = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Accept-Encoding: gzip\r\n{typed if content else ''}\r\n"
    )
    return head.encode() + content


def run(
    port: int, seconds: float, token: str, plans: list[list[Any]], rate: float = 0.0
) -> dict[str, float]:
    """Accepted requests per second, and the latencies of accepted and refused ones in milliseconds.

    With a rate so many requests a second are due, whatever the answers do, and each counts from
    when it was due; without one, every client asks again once it has its answer.
    """
    selector = selectors.DefaultSelector()
    lines = [Line(port, [encoded(token, *request) for request in plan]) for plan in plans]
    for line in lines:
        selector.register(line.socket, selectors.EVENT_READ, line)
    free, sent = list(lines), 0
    began = time.perf_counter()
    while (now := time.perf_counter()) - began < seconds:
        while free and (not rate or sent < (now - began) * rate):
            free.pop().send(began + sent / rate if rate else time.perf_counter())
            sent += 1
        for key, _ in selector.select(0.002 if rate and free else 1.0):
            if key.data.receive():
                free.append(key.data)
    spent = time.perf_counter() - began
    good = sorted(one for line in lines for one in line.times[True])
    bad = sorted(one for line in lines for one in line.times[False])
    return {
        "rate": len(good) / spent,
        "p50": _at(good, 0.5),
        "p95": _at(good, 0.95),
        "p99": _at(good, 0.99),
        "failures": len(bad),
        "refused_p99": _at(bad, 0.99),
    }


def _at(times: list[float], share: float) -> float:
    return times[int(len(times) * share)] * 1000 if times else 0.0


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]), float(sys.argv[2]), **json.load(sys.stdin))))
