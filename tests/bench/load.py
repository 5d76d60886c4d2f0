"""A load generator that costs little: raw keep-alive connections in a process of their own.

``python -m tests.bench.load PORT SECONDS CONNECTIONS TOKEN PATH [RATE]`` prints one JSON object.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time


def complete(answer: bytes) -> bool:
    """Whether head and body are there."""
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found:
        return False
    _, counted, rest = head.lower().partition(b"content-length: ")
    if not counted:
        return body.endswith(b"\r\n0\r\n\r\n")
    return len(body) >= int(rest.partition(b"\r\n")[0])


class Connections:
    """Kept connections to the gateway, all for the same request."""

    def __init__(self, port: int, count: int, token: str, path: str) -> None:
        head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
        self.request = head.encode()
        self.selector = selectors.DefaultSelector()
        self.free: list[selectors.SelectorKey] = []
        self.times: dict[bool, list[float]] = {True: [], False: []}
        """Seconds that accepted requests took, and refused ones."""
        for _ in range(count):
            sock = socket.create_connection(("127.0.0.1", port))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.free.append(self.selector.register(sock, selectors.EVENT_READ, [0.0, b""]))

    def send(self, since: float) -> None:
        """One more request, on a connection that has none under way."""
        key = self.free.pop()
        key.data[0] = since
        key.fileobj.send(self.request)  # type: ignore[union-attr]

    def receive(self, seconds: float) -> None:
        """What has come, waiting that long for it."""
        for key, _ in self.selector.select(seconds):
            key.data[1] += key.fileobj.recv(65536)  # type: ignore[union-attr]
            if complete(key.data[1]):
                accepted = key.data[1].startswith(b"HTTP/1.1 200")
                self.times[accepted].append(time.perf_counter() - key.data[0])
                key.data[1] = b""
                self.free.append(key)

    def figures(self, seconds: float) -> dict[str, float]:
        """Accepted requests a second, their times and those of the refused, in milliseconds."""
        good, bad = sorted(self.times[True]), sorted(self.times[False])

        def at(times: list[float], share: float) -> float:
            return times[int(len(times) * share)] * 1000 if times else 0.0

        return {
            "rate": len(good) / seconds, "p50": at(good, 0.5), "p95": at(good, 0.95),
            "p99": at(good, 0.99), "failures": len(bad), "refused_p99": at(bad, 0.99),
        }  # fmt: skip


def run(
    port: int, seconds: float, count: int, token: str, path: str, *, rate: float = 0.0
) -> dict[str, float]:
    """What a gateway does for so many clients.

    With a rate so many requests a second are due, whatever the answers do, and each counts from
    when it was due; without one, every client asks again once it has its answer.
    """
    lines = Connections(port, count, token, path)
    began, sent = time.perf_counter(), 0
    while (now := time.perf_counter()) - began < seconds:
        while lines.free and (not rate or sent < (now - began) * rate):
            lines.send(began + sent / rate if rate else time.perf_counter())
            sent += 1
        lines.receive(0.002 if rate and lines.free else 1.0)
    return lines.figures(now - began)


if __name__ == "__main__":
    port, seconds, connections, token, path, *rate = sys.argv[1:]
    asked = run(int(port), float(seconds), int(connections), token, path, rate=float([*rate, 0][0]))
    print(json.dumps(asked))
