"""What clients, proxies and attackers may put on a connection, byte by byte."""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from itertools import pairwise

import pytest

from tests.running import SECRET, System, token_for
from tests.world import World

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")


class Line:
    """A raw connection to the gateway."""

    def __init__(self, system: System, world: World) -> None:
        self.socket = socket.create_connection(("127.0.0.1", system.port), 10)
        self.head = f"Host: x\r\nAuthorization: Bearer {token_for(world.admin, secret=SECRET)}\r\n"

    def request(self, path: str, method: str = "GET", extra: str = "", body: str = "") -> bytes:
        """The bytes of a request by the administrator."""
        return f"{method} {path} HTTP/1.1\r\n{self.head}{extra}\r\n{body}".encode()

    def post(self, extra: str, body: str) -> bytes:
        """The bytes of a JSON request that creates a department."""
        kind = "Content-Type: application/json\r\n"
        return self.request("/data/departments", "POST", kind + extra, body)

    def send(self, *pieces: bytes) -> None:
        """Send the pieces, each in a packet of its own."""
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            self.socket.sendall(piece)

    def answers(self, count: int) -> list[int]:
        """The statuses of so many answers; the connection may stay open."""
        found = b""
        while len(STATUS.findall(found)) < count:
            piece = self.socket.recv(65536)
            if not piece:
                break
            found += piece
        return [int(status) for status in STATUS.findall(found)]

    def to_the_end(self) -> bytes:
        """All that comes until the gateway closes."""
        found = b""
        while piece := self.socket.recv(65536):
            found += piece
        return found

    def statuses(self) -> list[int]:
        """The statuses of all that comes until the gateway closes."""
        return [int(status) for status in STATUS.findall(self.to_the_end())]


@pytest.fixture
def line(system: System, world: World) -> Line:
    """One connection."""
    return Line(system, world)


# --- order ----------------------------------------------------------------------------------------

#: Requests whose answers are told apart by status, the slow ones first.
ASKED = (
    ("/data/departments", 200),
    ("/nope", 404),
    ("/health/live", 200),
    ("/data/departments/00000000-0000-0000-0000-000000000000", 404),
    ("/data/persons", 200),
    ("/data/departments/x", 400),
)


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    """The data in pieces that begin at these places."""
    bounds = [0, *places, len(data)]
    return [data[start:end] for start, end in pairwise(bounds)]


@pytest.mark.parametrize("pieces", ["one packet", "two and the rest", "in the midst", "single"])
def test_answers_come_in_the_order_of_the_requests(line: Line, pieces: str) -> None:
    """Whatever comes in one packet, and whatever while an earlier one is being answered."""
    requests = [line.request(path) for path, _ in ASKED]
    data = b"".join(requests)
    two = len(requests[0]) + len(requests[1])
    places = {
        "one packet": [],
        "two and the rest": [two],
        "in the midst": [10, two - 3, two + 9],
        "single": list(range(1, len(data), 40)),
    }[pieces]
    line.send(*cut(data, places))
    assert line.answers(len(ASKED)) == [status for _, status in ASKED]


def test_every_answer_belongs_to_its_request(line: Line) -> None:
    """By the id that each request brought, over many rounds with a body in between."""
    sent = []
    for number in range(30):
        sent.append(f"r{number}")
        extra = f"X-Request-ID: r{number}\r\n"
        if number % 3:
            line.send(line.request("/data/departments", extra=extra))
        else:
            length = f"{extra}Content-Length: 2\r\n"
            line.send(line.post(length, "{}"))
    line.send(line.request("/health/live", extra="Connection: close\r\n"))
    found = re.findall(rb"x-request-id: (r\d+)", line.to_the_end(), re.IGNORECASE)
    assert [name.decode() for name in found] == sent


def test_what_can_not_be_read_is_refused_after_the_answers_before_it(line: Line) -> None:
    """Not in their place: a proxy would give the refusal to somebody else."""
    good = line.request("/data/departments") + line.request("/data/persons")
    line.send(good + b"NONSENSE\r\n\r\n")
    assert line.statuses() == [200, 200, 400]


def test_a_broken_body_behind_another_request_is_refused_in_its_turn(line: Line) -> None:
    """The request that it belongs to was begun already."""
    broken = line.post("Transfer-Encoding: chunked\r\n", "zz\r\n")
    line.send(line.request("/data/departments") + broken)
    assert line.statuses() == [200, 400]


def test_more_requests_than_may_wait_are_refused(line: Line) -> None:
    """Those that may are answered first."""
    line.send(line.request("/health/live") * 100)
    found = line.statuses()
    assert set(found[:-1]) == {200}
    assert found[-1] == 400


def test_a_request_behind_the_last_one_is_not_served(line: Line) -> None:
    """``Connection: close`` says that nothing follows."""
    line.send(line.request("/health/live", extra="Connection: close\r\n") + line.request("/nope"))
    assert line.statuses() == [200]


# --- smuggling ------------------------------------------------------------------------------------

CHUNKED = "Transfer-Encoding: chunked\r\n"
#: Shapes that two servers in a row may read differently: what is added to the head, and the body.
SMUGGLED = {
    "two lengths": ("Content-Length: 2\r\nContent-Length: 3\r\n", "{} "),
    "the same length twice": ("Content-Length: 2\r\nContent-Length: 2\r\n", "{}"),
    "lengths in a list": ("Content-Length: 2, 2\r\n", "{}"),
    "both framings": (f"Content-Length: 2\r\n{CHUNKED}", "0\r\n\r\n"),
    "both framings the other way": (f"{CHUNKED}Content-Length: 2\r\n", "0\r\n\r\n"),
    "chunked twice": ("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"),
    "chunked, but not last": ("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
    "an unknown coding": ("Transfer-Encoding: xchunked\r\n", "{}"),
    "identity": ("Transfer-Encoding: identity\r\n", "{}"),
    "a tab before chunked": ("Transfer-Encoding:\x0bchunked\r\n", "0\r\n\r\n"),
    "a length with a sign": ("Content-Length: +2\r\n", "{}"),
    "a negative length": ("Content-Length: -2\r\n", "{}"),
    "a length in hex": ("Content-Length: 0x2\r\n", "{}"),
    "a length that overflows": ("Content-Length: 99999999999999999999999\r\n", "{}"),
    "a folded header": ("X-A: b\r\n c\r\nContent-Length: 2\r\n", "{}"),
    "a space before the colon": ("Content-Length : 2\r\n", "{}"),
    "a header without a name": (": b\r\nContent-Length: 2\r\n", "{}"),
    "a bare LF": ("X-A: b\nContent-Length: 2\r\n", "{}"),
    "a bare CR": ("X-A: b\rContent-Length: 2\r\n", "{}"),
    "a NUL": ("X-A: a\0b\r\nContent-Length: 2\r\n", "{}"),
    "two hosts": ("Host: y\r\nContent-Length: 2\r\n", "{}"),
    "a chunk size in C's form": (CHUNKED, "0x2\r\n{}\r\n0\r\n\r\n"),
    "a chunk size with a sign": (CHUNKED, "+2\r\n{}\r\n0\r\n\r\n"),
    "a chunk size with a space": (CHUNKED, "2 \r\n{}\r\n0\r\n\r\n"),
    "a chunk size that overflows": (CHUNKED, "fffffffffffffffff\r\n{}"),
    "a chunk longer than told": (CHUNKED, "1\r\n{}\r\n0\r\n\r\n"),
    "a chunk without its end": (CHUNKED, "2\r\n{}0\r\n\r\n"),
    "chunks that end in LF": (CHUNKED, "2\n{}\n0\n\n"),
    "an extension with a bare LF": (CHUNKED, "2;\n{}\r\n0\r\n\r\n"),
}


@pytest.mark.parametrize("shape", SMUGGLED)
def test_what_others_may_read_differently_is_refused(line: Line, shape: str) -> None:
    """With 400, at the end of the connection; nothing behind it is taken for a request."""
    line.send(line.post(*SMUGGLED[shape]) + line.request("/nope"))
    assert line.statuses() == [400]


def test_a_whole_head_with_bare_line_feeds_is_refused(line: Line) -> None:
    """Not read as if it had both characters."""
    line.send(line.request("/health/live").replace(b"\r\n", b"\n"))
    assert line.statuses() == [400]


def test_a_request_without_a_host_is_refused(line: Line) -> None:
    """RFC 9112, 3.2; an old client of HTTP/1.0 needs none."""
    line.send(b"GET /health/live HTTP/1.1\r\n\r\n")
    assert line.statuses() == [400]


def test_http_1_0_is_answered_and_closed(line: Line) -> None:
    """Some probes speak it."""
    line.send(b"GET /health/live HTTP/1.0\r\n\r\n")
    assert line.statuses() == [200]


def test_an_upgrade_that_we_do_not_do_is_answered_as_if_unasked(line: Line) -> None:
    """And the connection ends, since what follows may be of the other protocol."""
    extra = "Connection: Upgrade\r\nUpgrade: h2c\r\n"
    line.send(line.request("/health/live", extra=extra) + line.request("/nope"))
    assert line.statuses() == [200]


def test_refusals_are_json(line: Line) -> None:
    """Also those that no route sees."""
    line.send(b"NONSENSE\r\n\r\n")
    head, _, body = line.to_the_end().partition(b"\r\n\r\n")
    assert b"content-type: application/json" in head.lower()
    assert body == b'{"error":true,"message":"The request is not valid HTTP/1.1."}'


# --- ends -----------------------------------------------------------------------------------------


def test_a_client_that_sends_no_more_still_reads_its_answer(line: Line) -> None:
    """It closed its half of the connection after the request."""
    line.send(line.request("/data/departments"))
    line.socket.shutdown(socket.SHUT_WR)
    assert line.statuses() == [200]


def test_a_body_that_ends_too_early_changes_nothing(line: Line) -> None:
    """A number cut short would be another number."""
    line.send(line.post("Content-Length: 100\r\n", '{"name": "Half", "color": "#123456"}'))
    line.socket.shutdown(socket.SHUT_WR)
    assert line.statuses() == [400]


def test_who_waits_for_100_is_told_to_go_on_or_refused_at_once(line: Line, system: System) -> None:
    """A large upload needn't be sent to hear that it isn't allowed."""
    line.send(line.post("Expect: 100-continue\r\nContent-Length: 2\r\n", ""))
    assert line.answers(1) == [100]
    stranger = socket.create_connection(("127.0.0.1", system.port), 10)
    stranger.sendall(
        b"POST /data/departments HTTP/1.1\r\nHost: x\r\n"
        b"Expect: 100-continue\r\nContent-Length: 9\r\n\r\n"
    )
    assert STATUS.findall(stranger.recv(65536)) == [b"401"]


def test_a_refusal_is_read_although_the_body_is_still_being_sent(line: Line) -> None:
    """The connection isn't reset under the client's hands."""
    head = b"POST /data/departments HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n"
    line.send(head, *[b"x" * 10_000] * 300)
    assert line.statuses() == [401]
