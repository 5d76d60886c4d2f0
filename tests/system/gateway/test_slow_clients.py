"""Clients that are slow, greedy or many don't keep others from their answers."""

from __future__ import annotations

import json
import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg2
import pytest

from tests.running import SECRET, Caller, System, token_for, until
from tests.world import World

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
PLACES = 40
#: More than a gateway answers at once.
MANY = 60


@pytest.fixture
def headers(world: World) -> str:
    """The head of a request by the administrator, but for its first line and its end."""
    return f"Host: x\r\nAuthorization: Bearer {token_for(world.admin, secret=SECRET)}\r\n"


@contextmanager
def connections(system: System, count: int, beginning: str = "") -> Iterator[list[socket.socket]]:
    """So many connections, each with that much sent."""
    with ExitStack() as stack:
        found = []
        for _ in range(count):
            line = stack.enter_context(socket.create_connection(("127.0.0.1", system.port), 30))
            line.sendall(beginning.encode())
            found.append(line)
        yield found


def answer_of(line: socket.socket) -> bytes:
    """All that comes until the server closes."""
    found = b""
    while piece := line.recv(65536):
        found += piece
    return found


def others_are_served(admin: Caller) -> None:
    """Somebody else gets answers, on a new connection and on a kept one."""
    for _ in range(3):
        assert admin.get("/data/departments", timeout=5).status_code == 200


@pytest.mark.parametrize("beginning", ["", "G", "GET /data/departments HTTP/1.1\r\nHost: x\r\nA: "])
def test_heads_that_never_end_hold_up_nobody(system: System, admin: Caller, beginning: str) -> None:
    """Idle connections and slow heads cost next to nothing; there may be hundreds."""
    with connections(system, 4 * MANY, beginning) as lines:
        others_are_served(admin)
        for line in lines:
            line.sendall(b"x")
        others_are_served(admin)


def test_a_head_that_does_not_end_is_given_up(system: System, admin: Caller) -> None:
    """After ten seconds, and a connection that has asked before is no exception."""
    with connections(system, 2, "HEAD / HTTP/1.1\r\nHost: x\r\n") as (fresh, kept):
        kept.sendall(b"\r\n")
        assert kept.recv(65536).startswith(b"HTTP/1.1 200")
        kept.sendall(b"HEAD / HTTP/1.1\r\n")
        assert answer_of(fresh) == b""
        assert answer_of(kept) == b""


def test_a_head_without_measure_is_refused(system: System, admin: Caller) -> None:
    """With a status, before it fills the memory."""
    with connections(system, 1, "GET / HTTP/1.1\r\nHost: x\r\nX: " + "x" * 100_000) as (line,):
        assert b" 431 " in answer_of(line).splitlines()[0]


def test_small_bodies_that_come_slowly_hold_no_place(
    system: System, admin: Caller, headers: str
) -> None:
    """They are read first, whatever size of pieces they come in, and then answered."""
    body = '{"name": "Slowly", "color": "#123456"}'
    head = (
        f"POST /data/departments HTTP/1.1\r\n{headers}Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with connections(system, MANY, head + body[:5]) as lines:
        others_are_served(admin)
        for letter in body[5:]:
            lines[0].sendall(letter.encode())
        assert lines[0].recv(65536).startswith(b"HTTP/1.1 200")


def test_large_bodies_that_stall_hold_a_few_places_at_most(
    system: System, admin: Caller, headers: str
) -> None:
    """Who stalls while the places for slow clients are taken is cut off."""
    head = (
        f"POST /data/departments HTTP/1.1\r\n{headers}Content-Type: application/json\r\n"
        "Content-Length: 4000000\r\n\r\n["
    )
    with connections(system, MANY, head):
        others_are_served_soon(admin)


def test_uploads_that_stall_leave_no_file(
    system: System, admin: Caller, headers: str, world: World
) -> None:
    """What was stored of them is removed when they are given up."""
    head = (
        f"POST /pictures/thumbnails/persons/{world.admin} HTTP/1.1\r\n{headers}"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 4000000\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    )
    before = files(system.storage)
    with connections(system, MANY, head + "x" * 100_000) as lines:
        others_are_served_soon(admin)
        for line in lines:
            line.shutdown(socket.SHUT_WR)
        until(lambda: files(system.storage) == before, 30, "the stored pieces' removal")


def test_answers_that_nobody_reads_hold_a_few_places_at_most(
    system: System, admin: Caller, headers: str, world: World
) -> None:
    """A large list stays with the kernel as far as it fits; then the connection is ended."""
    for number in range(4000):
        world.add("department", f"d{number}", name=f"d{number}", color="#" + "1" * 7)
    system.load(world.tables)
    ask = f"GET /data/departments HTTP/1.1\r\n{headers}\r\n" * 8
    with connections(system, MANY, ask):
        others_are_served_soon(admin)


def others_are_served_soon(admin: Caller) -> None:
    """Once the slow ones are found out; refused with 502 until then, and never left to wait."""

    def served() -> bool:
        answer = admin.get("/data/departments", timeout=15)
        assert answer.status_code in {200, 502}
        return answer.status_code == 200

    until(lambda: all(served() for _ in range(4)), 40, "somebody else's answers")


def files(folder: Path) -> set[Path]:
    """All files below."""
    return {path for path in folder.rglob("*") if path.is_file()}


def test_a_body_over_the_limit_is_refused_without_reading_it(
    system: System, admin: Caller, headers: str
) -> None:
    """By what it says of itself, and by what it is when it doesn't say."""
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


def test_connections_closed_by_the_server_hold_up_nobody(
    system: System, admin: Caller, headers: str
) -> None:
    """A client that asked for it and then doesn't hang up costs the others no time."""
    ask = f"GET /data/departments HTTP/1.1\r\n{headers}Connection: close\r\n\r\n"
    with connections(system, MANY, ask) as lines:
        others_are_served_soon(admin)
        assert all(answer_of(line).startswith(b"HTTP/1.1 ") for line in lines)
        others_are_served_soon(admin)


def test_a_request_in_single_bytes_and_one_behind_another_are_answered(
    system: System, headers: str
) -> None:
    """However the network cuts it."""
    ask = f"GET /data/departments HTTP/1.1\r\n{headers}\r\n".encode()
    with connections(system, 1) as (line,):
        for number in range(len(ask)):
            line.sendall(ask[number : number + 1])
        assert line.recv(65536).startswith(b"HTTP/1.1 200")
        line.sendall(ask + ask.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert answer_of(line).count(b"HTTP/1.1 200") == 2


def test_idle_connections_make_room_for_those_who_ask(system: System, admin: Caller) -> None:
    """More than the gateway keeps at once, and the one who comes then is answered."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    try:
        with connections(system, 1000):
            others_are_served(Caller(system.base, token_of(admin)))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_while_every_place_is_taken_requests_are_refused_at_once(
    system: System, admin: Caller, world: World, headers: str
) -> None:
    """With 502 and when to come again, on a connection that is kept; health checks go on."""
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
    others_are_served_soon(admin)


def token_of(caller: Caller) -> str:
    """The token of a session."""
    return str(caller.session.headers["Authorization"]).partition(" ")[2]
