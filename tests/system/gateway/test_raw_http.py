"""HTTP parsing, byte by byte: pipelining, smuggling, malformed and aborted requests."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Sequence
from itertools import pairwise

import pytest

from tests.running import SECRET, System, token_for
from tests.world import World

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
        """Send the pieces, each in its own packet."""
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            self.socket.sendall(piece)

    def answers(self, count: int) -> list[int]:
        """The statuses of the next ``count`` answers; the connection may stay open."""
        result = b""
        while len(STATUS.findall(result)) < count:
            piece = self.socket.recv(65536)
            if not piece:
                break
            result += piece
        return [int(status) for status in STATUS.findall(result)]

    def to_the_end(self) -> bytes:
        """All bytes until the gateway closes."""
        result = b""
        while piece := self.socket.recv(65536):
            result += piece
        return result

    def statuses(self) -> list[int]:
        """The statuses of all answers until the gateway closes."""
        return [int(status) for status in STATUS.findall(self.to_the_end())]


@pytest.fixture
def line(system: System, world: World) -> Iterator[Line]:
    """One connection."""
    found = Line(system, world)
    with found.socket:
        yield found


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
    """The data, split at these offsets."""
    bounds = [0, *places, len(data)]
    return [data[start:end] for start, end in pairwise(bounds)]


@pytest.mark.parametrize("pieces", ["one packet", "two and the rest", "in the midst", "single"])
def test_pipelined_requests_are_answered_in_order(line: Line, pieces: str) -> None:
    """In one packet, or while an earlier one is processed."""
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


def test_every_answer_has_the_id_of_its_request(line: Line) -> None:
    """Over many rounds with a body in between."""
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
    result = re.findall(rb"x-request-id: (r\d+)", line.to_the_end(), re.IGNORECASE)
    assert [name.decode() for name in result] == sent


def test_a_malformed_request_is_rejected_after_earlier_answers(line: Line) -> None:
    """Otherwise a proxy would give the error to another client."""
    good = line.request("/data/departments") + line.request("/data/persons")
    line.send(good + b"NONSENSE\r\n\r\n")
    assert line.statuses() == [200, 200, 400]


def test_a_malformed_pipelined_body_is_rejected_in_order(line: Line) -> None:
    """Its request has already begun."""
    broken = line.post("Transfer-Encoding: chunked\r\n", "zz\r\n")
    line.send(line.request("/data/departments") + broken)
    assert line.statuses() == [200, 400]


def test_pipelined_requests_over_the_limit_are_rejected(line: Line) -> None:
    """Those within the limit are answered first."""
    line.send(line.request("/health/live") * 100)
    result = line.statuses()
    assert set(result[:-1]) == {200}
    assert result[-1] == 400


def test_nothing_is_served_after_connection_close(line: Line) -> None:
    """The header says that no request follows."""
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
def test_ambiguous_requests_are_rejected(line: Line, shape: str) -> None:
    """With 400 and a close: the rest is not taken for a request (smuggling)."""
    line.send(line.post(*SMUGGLED[shape]) + line.request("/nope"))
    assert line.statuses() == [400]


def test_a_head_with_bare_line_feeds_is_rejected(line: Line) -> None:
    """They don't count as CRLF."""
    line.send(line.request("/health/live").replace(b"\r\n", b"\n"))
    assert line.statuses() == [400]


def test_a_request_without_a_host_is_rejected(line: Line) -> None:
    """RFC 9112, 3.2; HTTP/1.0 clients need none."""
    line.send(b"GET /health/live HTTP/1.1\r\n\r\n")
    assert line.statuses() == [400]


def test_http_1_0_is_answered_without_keep_alive(line: Line) -> None:
    """Some probes use it."""
    line.send(b"GET /health/live HTTP/1.0\r\n\r\n")
    assert line.statuses() == [200]


def test_an_unsupported_upgrade_is_ignored(line: Line) -> None:
    """The connection is closed, since the rest may be another protocol."""
    extra = "Connection: Upgrade\r\nUpgrade: h2c\r\n"
    line.send(line.request("/health/live", extra=extra) + line.request("/nope"))
    assert line.statuses() == [200]


def test_errors_are_json(line: Line) -> None:
    """Also those before routing."""
    line.send(b"NONSENSE\r\n\r\n")
    head, _, body = line.to_the_end().partition(b"\r\n\r\n")
    assert b"content-type: application/json" in head.lower()
    assert body == b'{"error":true,"message":"The request is not valid HTTP/1.1."}'


# --- ends -----------------------------------------------------------------------------------------


def test_a_half_closed_connection_still_gets_its_answer(line: Line) -> None:
    """The client closes its side after the request."""
    line.send(line.request("/data/departments"))
    line.socket.shutdown(socket.SHUT_WR)
    assert line.statuses() == [200]


def test_a_truncated_body_changes_nothing(line: Line) -> None:
    """A truncated number would be another number."""
    line.send(line.post("Content-Length: 100\r\n", '{"name": "Half", "color": "#123456"}'))
    line.socket.shutdown(socket.SHUT_WR)
    assert line.statuses() == [400]


def test_expect_100_is_answered_or_rejected_at_once(line: Line, system: System) -> None:
    """A large upload isn't sent only to be rejected."""
    line.send(line.post("Expect: 100-continue\r\nContent-Length: 2\r\n", ""))
    assert line.answers(1) == [100]
    with socket.create_connection(("127.0.0.1", system.port), 10) as stranger:
        stranger.sendall(
            b"POST /data/departments HTTP/1.1\r\nHost: x\r\n"
            b"Expect: 100-continue\r\nContent-Length: 9\r\n\r\n"
        )
        assert STATUS.findall(stranger.recv(65536)) == [b"401"]


def test_an_error_is_readable_while_the_body_is_sent(line: Line) -> None:
    """The connection isn't reset."""
    head = b"POST /data/departments HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n"
    line.send(head, *[b"x" * 10_000] * 300)
    assert line.statuses() == [401]
