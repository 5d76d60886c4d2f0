"""Connections that one worker passes on to another."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import pytest

from gateway.http.handover import Handover, session_id, worker_of


@pytest.mark.parametrize(
    ("line", "worker"),
    [
        (b"GET /socket.io/?EIO=4&transport=polling&sid=123.abc HTTP/1.1\r\n", 123),
        (b"POST /socket.io/?sid=7.abc&EIO=4 HTTP/1.1\r\n", 7),
        (b"GET /socket.io?sid=7.abc HTTP/1.1\r\n", 7),
        (b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n", None),
        (b"GET /socket.io/?sid=abc HTTP/1.1\r\n", None),
        (b"GET /socket.io/?xsid=7.abc HTTP/1.1\r\n", None),
        (b"GET /data/tasks?sid=7.abc HTTP/1.1\r\n", None),
        (b"GET /socket.io/ HTTP/1.1\r\nX: ?sid=7.abc\r\n", None),
    ],
)
def test_a_session_names_its_worker(line: bytes, worker: int | None) -> None:
    """In the request line, and nowhere else."""
    assert worker_of(line) == worker


def test_own_sessions_name_this_process() -> None:
    """And cannot be guessed."""
    ident = session_id()
    assert worker_of(f"GET /socket.io/?sid={ident} HTTP/1.1".encode()) == os.getpid()
    assert ident != session_id()


class Served(asyncio.Protocol):
    """Notes what it gets, and echoes it."""

    def __init__(self) -> None:
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        self.transport.write(b"answer to " + data)  # type: ignore[attr-defined]


async def passed(folder: Path, first: bytes) -> tuple[bytes, bytes]:
    """What a client gets and the other worker got, of a connection that was passed on."""
    served = Served()
    other = Handover(folder, lambda: served)
    other.start()
    # Another process in real life: only its name differs.
    (folder / f"{os.getpid()}.sock").rename(folder / "1.sock")
    client, accepted = socket.socketpair()
    client.settimeout(5)
    loop = asyncio.get_running_loop()
    accepted.setblocking(False)
    transport, _ = await loop.connect_accepted_socket(asyncio.Protocol, accepted)
    mine = Handover(folder, asyncio.Protocol)
    assert not mine.pass_on(os.getpid(), transport, first)
    assert not mine.pass_on(2, transport, first)
    client.sendall(b", and more")
    assert mine.pass_on(1, transport, first)
    answer = b""
    while not answer.endswith(b"more"):
        answer += await loop.run_in_executor(None, client.recv, 1 << 20)
    client.close()
    other.stop()
    return answer, served.received


@pytest.mark.parametrize("size", [10, 200_000])
def test_a_connection_lives_on_in_another_worker(tmp_path: Path, size: int) -> None:
    """What was read of it comes first, then what follows; one that is not there takes nothing."""
    first = b"x" * size
    answer, received = asyncio.run(passed(tmp_path, first))
    assert received == first + b", and more"
    assert answer.startswith(b"answer to x")
