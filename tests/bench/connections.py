"""Many concurrent connections, idle and trickling, and their effect on other requests."""

from __future__ import annotations

import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.bench.__main__ import Bench

IDLE: Final = 500
TRICKLING: Final = 200
WAITING: Final = 2000
MIB: Final = 1024 * 1024


def _opened(port: int, count: int, beginning: bytes, stack: ExitStack) -> list[socket.socket]:
    result = []
    for _ in range(count):
        line = stack.enter_context(socket.create_connection(("127.0.0.1", port), 30))
        if beginning:
            line.sendall(beginning)
        result.append(line)
    return result


@contextmanager
def _trickled(lines: list[socket.socket]) -> Iterator[None]:
    """Send one byte per second on each connection until the gateway closes it."""
    stopping = threading.Event()

    def trickle() -> None:
        while not stopping.wait(1.0):
            for line in lines:
                try:
                    line.sendall(b"x")
                except OSError:
                    continue

    thread = threading.Thread(target=trickle)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def connections(bench: Bench) -> None:
    """Measure latency beside many connections, and the gateway's memory for them."""
    port, path = bench.system.port, f"/data/departments/{bench.world.department}"
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    kept = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
    head = b"GET /data/departments HTTP/1.1\r\nHost: x\r\nX-Slow: "
    alone = bench.load(path, 2)
    before = bench.memory("gateway", peak=False)
    with ExitStack() as stack:
        _opened(port, IDLE, kept, stack)
        trickling = _opened(port, TRICKLING, head, stack)
        with _trickled(trickling):
            beside = bench.load(path, 2)
            grown = bench.memory("gateway", peak=False) - before
    name = f"{IDLE} idle and {TRICKLING} trickling connections"
    bench.note("two readers alone, p95", alone["p95"], "ms", "time", None)
    bench.note(f"beside {name}, p95", beside["p95"], "ms", "time", 20)
    bench.note(f"memory of the gateway for {name}", grown / MIB, "MiB", "plain", 30)
    with ExitStack() as stack:
        _opened(port, WAITING, kept, stack)
        held = bench.memory("gateway", peak=False)
    bench.note(f"memory of the gateway with {WAITING} open", held / MIB, "MiB", "plain", 100)
