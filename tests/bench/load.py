"""A load generator that costs little: raw keep-alive connections in a process of their own.

``python -m tests.bench.load PORT SECONDS CONNECTIONS TOKEN PATH`` prints one JSON object.
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
    _, _, rest = head.lower().partition(b"content-length: ")
    return len(body) >= int(rest.partition(b"\r\n")[0])


def run(port: int, seconds: float, connections: int, token: str, path: str) -> dict[str, float]:
    """Requests per second and their times; each connection has one request under way."""
    request = (
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
    ).encode()
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        sock = socket.create_connection(("127.0.0.1", port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(sock, selectors.EVENT_READ, [0.0, b""])
    times: list[float] = []
    failures = 0
    began = time.perf_counter()
    for key in list(selector.get_map().values()):
        key.data[0] = time.perf_counter()
        key.fileobj.send(request)  # type: ignore[union-attr]
    while (now := time.perf_counter()) - began < seconds:
        for key, _ in selector.select(1.0):
            key.data[1] += key.fileobj.recv(65536)  # type: ignore[union-attr]
            answer = key.data[1]
            if not complete(answer):
                continue
            key.data[1] = b""
            now = time.perf_counter()
            times.append(now - key.data[0])
            failures += not answer.startswith(b"HTTP/1.1 200")
            key.data[0] = now
            key.fileobj.send(request)  # type: ignore[union-attr]
    times.sort()
    return {
        "rate": len(times) / (now - began),
        "p50": times[len(times) // 2] * 1000,
        "p95": times[int(len(times) * 0.95)] * 1000,
        "failures": failures,
    }


if __name__ == "__main__":
    port, seconds, connections, token, path = sys.argv[1:]
    print(json.dumps(run(int(port), float(seconds), int(connections), token, path)))
