"""Slow and numerous clients don't block others."""

from __future__ import annotations

import json
import resource
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg2
import pytest

from tests.running import SECRET, Caller, System, token_for, until
from tests.world import World

PLACES = 40
#: More than a gateway answers at once.
MANY = 60


@pytest.fixture
def headers(world: World) -> str:
    """The administrator's request headers, without the request line and the blank line."""
    return f"Host: x\r\nAuthorization: Bearer {token_for(world.admin, secret=SECRET)}\r\n"


@contextmanager
def connections(system: System, count: int, beginning: str = "") -> Iterator[list[socket.socket]]:
    """Open connections that have each sent the bytes."""
    with ExitStack() as stack:
        result = []
        for _ in range(count):
            line = stack.enter_context(socket.create_connection(("127.0.0.1", system.port), 30))
            line.sendall(beginning.encode())
            result.append(line)
        yield result


def answer_of(line: socket.socket) -> bytes:
    """All bytes until the server closes."""
    result = b""
    while piece := line.recv(65536):
        result += piece
    return result


def assert_others_served(admin: Caller) -> None:
    """Assert that others get answers, on a new and on a kept-alive connection."""
    for _ in range(3):
        assert admin.get("/data/departments", timeout=5).status_code == 200


@pytest.mark.parametrize("beginning", ["", "G", "GET /data/departments HTTP/1.1\r\nHost: x\r\nA: "])
def test_unfinished_heads_do_not_block_others(
    system: System, admin: Caller, beginning: str
) -> None:
    """Hundreds of idle connections and slow heads cost next to nothing."""
    with connections(system, 4 * MANY, beginning) as lines:
        assert_others_served(admin)
        for line in lines:
            line.sendall(b"x")
        assert_others_served(admin)


def test_a_slow_head_times_out(system: System, admin: Caller) -> None:
    """After ten seconds, also on a connection that was used before."""
    with connections(system, 2, "HEAD / HTTP/1.1\r\nHost: x\r\n") as (fresh, kept):
        kept.sendall(b"\r\n")
        assert kept.recv(65536).startswith(b"HTTP/1.1 200")
        kept.sendall(b"HEAD / HTTP/1.1\r\n")
        assert answer_of(fresh) == b""
        assert answer_of(kept) == b""


def test_an_oversized_head_is_rejected(system: System, admin: Caller) -> None:
    """With a status, before it fills the memory."""
    with connections(system, 1, "GET / HTTP/1.1\r\nHost: x\r\nX: " + "x" * 100_000) as (line,):
        assert b" 431 " in answer_of(line).splitlines()[0]


def test_slow_small_bodies_take_no_worker_slot(system: System, admin: Caller, headers: str) -> None:
    """They are read completely first, then handled."""
    body = '{"name": "Slowly", "color": "#123456"}'
    head = (
        f"POST /data/departments HTTP/1.1\r\n{headers}Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with connections(system, MANY, head + body[:5]) as lines:
        assert_others_served(admin)
        for letter in body[5:]:
            lines[0].sendall(letter.encode())
        assert lines[0].recv(65536).startswith(b"HTTP/1.1 200")


def test_stalled_large_bodies_take_few_slots(system: System, admin: Caller, headers: str) -> None:
    """Beyond the slots for slow clients, stalled ones are disconnected."""
    head = (
        f"POST /data/departments HTTP/1.1\r\n{headers}Content-Type: application/json\r\n"
        "Content-Length: 4000000\r\n\r\n["
    )
    with connections(system, MANY, head):
        assert_others_served_soon(admin)


def test_stalled_uploads_leave_no_file(
    system: System, admin: Caller, headers: str, world: World
) -> None:
    """The part that was stored is deleted on timeout."""
    head = (
        f"POST /pictures/thumbnails/persons/{world.admin} HTTP/1.1\r\n{headers}"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 4000000\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    )
    before = files(system.storage)
    with connections(system, MANY, head + "x" * 100_000) as lines:
        assert_others_served_soon(admin)
        for line in lines:
            line.shutdown(socket.SHUT_WR)
        until(lambda: files(system.storage) == before, 30, "the stored pieces' removal")


def test_unread_answers_take_few_slots(
    system: System, admin: Caller, headers: str, world: World
) -> None:
    """The kernel buffers what fits; then the connection is closed."""
    for number in range(4000):
        world.add("department", f"d{number}", name=f"d{number}", color="#" + "1" * 6)
    system.load(world.tables)
    ask = f"GET /data/departments HTTP/1.1\r\n{headers}\r\n" * 8
    with connections(system, MANY, ask):
        assert_others_served_soon(admin)


def assert_others_served_soon(admin: Caller) -> None:
    """Wait for it; until slow clients time out, others may get 502, but never hang."""

    def served() -> bool:
        response = admin.get("/data/departments", timeout=15)
        assert response.status_code in {200, 502}
        return response.status_code == 200

    until(lambda: all(served() for _ in range(4)), 40, "somebody else's answers")


def files(folder: Path) -> set[Path]:
    """All files below a folder."""
    return {path for path in folder.rglob("*") if path.is_file()}


def test_an_oversized_body_is_rejected_unread(system: System, admin: Caller, headers: str) -> None:
    """By ``Content-Length``, or by its size if it is chunked."""
    declared = (
        f"POST /data/departments HTTP/1.1\r\n{headers}Content-Type: application/json\r\n"
        "Content-Length: 9000000000\r\n\r\n["
    )
    with connections(system, 1, declared) as (line,):
        assert b" 413 " in answer_of(line).splitlines()[0]

    kind = {"Content-Type": "application/json"}
    pieces = (b" " * 1024 * 1024 for _ in range(10))
    path = f"{system.base}/data/departments"
    assert admin.session.post(path, data=pieces, headers=kind, timeout=20).status_code == 413
    pieces = (piece for piece in (b'{"name": "In', b' pieces", "color": "#123456"}'))
    assert admin.session.post(path, data=pieces, headers=kind, timeout=20).status_code == 200


def test_closing_connections_do_not_block_others(
    system: System, admin: Caller, headers: str
) -> None:
    """A client that asked to close and doesn't hang up costs others no time."""
    ask = f"GET /data/departments HTTP/1.1\r\n{headers}Connection: close\r\n\r\n"
    with connections(system, MANY, ask) as lines:
        assert_others_served_soon(admin)
        assert all(answer_of(line).startswith(b"HTTP/1.1 ") for line in lines)
        assert_others_served_soon(admin)


def test_fragmented_and_pipelined_requests_are_answered(system: System, headers: str) -> None:
    """However the network splits them."""
    ask = f"GET /data/departments HTTP/1.1\r\n{headers}\r\n".encode()
    with connections(system, 1) as (line,):
        for number in range(len(ask)):
            line.sendall(ask[number : number + 1])
        assert line.recv(65536).startswith(b"HTTP/1.1 200")
        line.sendall(ask + ask.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert answer_of(line).count(b"HTTP/1.1 200") == 2


def test_a_client_that_leaves_its_requests_is_no_error(
    system: System, admin: Caller, headers: str
) -> None:
    """The answer to the first has nowhere to go, and those behind it aren't begun."""
    ask = f"GET /data/departments HTTP/1.1\r\n{headers}\r\n".encode()
    before = system.warnings()
    for _ in range(MANY):
        with connections(system, 1) as (line,):
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            line.sendall(3 * ask)
    assert_others_served_soon(admin)
    assert system.warnings() == before


def test_idle_connections_are_closed_for_active_ones(system: System, admin: Caller) -> None:
    """There are more than the gateway keeps; a new client is answered."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    try:
        with connections(system, 1000):
            assert_others_served(Caller(system.base, token_of(admin)))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_without_a_free_slot_requests_get_502_at_once(
    system: System, admin: Caller, world: World, headers: str
) -> None:
    """With ``Retry-After`` and keep-alive; health checks are answered."""
    change = b'{"color": "#1"}'
    put = (
        f"PUT /data/departments/{world.department} HTTP/1.1\r\n{headers}"
        f"Content-Type: application/json\r\nContent-Length: {len(change)}\r\n\r\n"
    ).encode() + change
    connection = psycopg2.connect(system.parts.urls["auth"])
    with connection.cursor() as cursor, connections(system, 3 * PLACES) as lines:
        cursor.execute("SELECT 1 FROM department WHERE id = %s FOR UPDATE", (world.department,))
        for line in lines:
            line.sendall(put)
        assert admin.get("/health/live").status_code == 200
        connection.rollback()
        refused = [found for line in lines if b"gateway is busy" in (found := line.recv(65536))]
    connection.close()
    assert refused
    for found in refused:
        head, _, body = found.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 502 ")
        assert b"\r\nretry-after: " in head.lower()
        assert b"\r\nconnection: close" not in head.lower()
        assert set(json.loads(body)) == {"error", "message"}
    assert_others_served_soon(admin)


def token_of(caller: Caller) -> str:
    """The token of a session."""
    return str(caller.session.headers["Authorization"]).partition(" ")[2]
