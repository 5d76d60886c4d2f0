"""The short way through the gateway means the same as gunicorn's."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http import RequestParser
from gunicorn.http.errors import ParseException
from gunicorn.http.wsgi import create
from hypothesis import example, given
from hypothesis import strategies as st

from gateway import plain
from tests.system import System

CLIENT, SERVER = ("127.0.0.1", 50000), ("0.0.0.0", 8080)  # noqa: S104 - nothing listens
CFG = Config()
#: What gunicorn adds of its own, and the body, which is compared by what it says.
APART = {"wsgi.errors", "wsgi.file_wrapper", "wsgi.early_hints", "wsgi.input", "gunicorn.socket"}

METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "get", "TRACE", "CONNECT"]
TARGETS = [
    "/",
    "/data/persons",
    "/data/a%20b?c=%41&d=",
    "/x?",
    "/x??y",
    "//host/x",
    "/a//b",
    "/x#y",
    "*",
    "http://host/x",
    "/é",
    "/%zz",
    "/x y",
    '/"<>\\^`{|}',
    "/x?#",
    "",
    "/%2e%2e/%e4",
    "/;a=b?;",
]
VERSIONS = ["HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/1.1 ", "http/1.1"]
HEADERS = [
    "Host: a",
    "Host:b",
    "host: c",
    "Content-Type: text/plain",
    "Content-Length: 3",
    "Content-Length: 0",
    "Content-Length: 03",
    "Content-Length: +3",
    "Content-Length:",
    "Accept: a",
    "ACCEPT: b",
    "X-Empty:",
    "X-Tab:\ta\t",
    "X-Latin: é",
    "X_Low: a",
    "A b: c",
    " folded",
    "No colon",
    ": no name",
    "X-Null: \0",
    "X-Return: a\rb",
    "X-Line: a\nb",
    "Connection: close",
    "Connection: Keep-Alive",
    "Connection: keep-alive, TE",
    "Transfer-Encoding: chunked",
    "Expect: 100-continue",
    "Upgrade: h2c",
    "X-Forwarded-Proto: https",
    "Script-Name: /x",
    "Authorization: Bearer a.b",
    "Cookie: a=b; c=d",
    "X-Del: \x7f",
    "Content_Length: 3",
]
BODIES = ["", "abc", "abcd", "3\r\nabc\r\n0\r\n\r\n"]
ENDS = ["\r\n", "\r\n", "\r\n", "\n"]


def requests() -> st.SearchStrategy[bytes]:
    """Heads and bodies as they should be, and as they should not."""
    usual = st.tuples(
        st.sampled_from(METHODS),
        st.sampled_from(TARGETS),
        st.sampled_from(VERSIONS[:1]),
        st.lists(st.sampled_from(HEADERS), min_size=1, max_size=5),
        st.sampled_from(BODIES),
        st.just("\r\n"),
    )
    odd = st.tuples(
        st.sampled_from(METHODS),
        st.sampled_from(TARGETS),
        st.sampled_from(VERSIONS),
        st.lists(st.sampled_from(HEADERS), max_size=60),
        st.sampled_from(BODIES),
        st.sampled_from(ENDS),
    )
    return (usual | odd).map(
        lambda parts: (parts[5].join([" ".join(parts[:3]), *parts[3], "", ""]) + parts[4]).encode(
            "latin-1"
        )
    )


def by_gunicorn(sent: bytes) -> dict[str, Any]:
    """The environment that gunicorn makes of a request. Raises ParseException."""
    near, far = socket.socketpair()
    with near, far:
        near.sendall(sent)
        near.shutdown(socket.SHUT_WR)
        request = next(RequestParser(CFG, far, CLIENT))
        environ: dict[str, Any] = create(request, far, CLIENT, SERVER, CFG)[1]
        environ["body"] = environ["wsgi.input"].read()
    return environ


@given(requests())
@example(b"POST /data/a%20b?x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
def test_what_is_read_is_what_gunicorn_reads(sent: bytes) -> None:
    found = plain.read(sent, plain.environ_of(CFG, CLIENT, SERVER))
    if found is None:
        return
    expected = by_gunicorn(sent)
    ours = found.environ | {"body": found.environ["wsgi.input"].read()}
    forwarded = ours.get("HTTP_X_FORWARDED_PROTO") == "https"
    assert expected.pop("wsgi.url_scheme") == ("https" if forwarded else "http")
    assert ours.pop("wsgi.url_scheme") == "http"
    assert expected.pop("wsgi.multithread") is False  # the worker corrects it
    assert ours.pop("wsgi.multithread") is True
    names = (expected.keys() | ours.keys()) - APART
    assert {name: ours.get(name) for name in names} == {name: expected.get(name) for name in names}


USUAL = (
    b"GET /data/tasks?page=1 HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n"
)


def test_what_clients_send_takes_the_short_way() -> None:
    found = plain.read(USUAL, plain.environ_of(CFG, CLIENT, SERVER))
    assert found is not None
    assert found.environ["PATH_INFO"] == "/data/tasks"


@pytest.mark.parametrize(
    "header",
    [
        "Expect: 100-continue",
        "Transfer-Encoding: chunked",
        "Connection: close",
        "Host: b",
        "X_Y: 1",
        "Content-Length: 1",
        "Upgrade: h2c",
        "X: a\rb",
        "\r\n".join(f"X-{number}: 1" for number in range(60)),
        "X-Long: " + "x" * 4000,
    ],
)
def test_what_means_something_else_is_left_to_gunicorn(header: str) -> None:
    sent = USUAL.replace(b"Accept: */*", header.encode())
    assert plain.read(sent, plain.environ_of(CFG, CLIENT, SERVER)) is None


@pytest.mark.parametrize(
    ("status", "headers", "pieces"),
    [
        ("204 No Content", [("content-length", "0")], []),
        ("304 Not Modified", [("content-length", "0")], []),
        ("200 OK", [], [b"x"]),
        ("200 OK", [("content-length", "2")], [b"x"]),
        ("200 OK", [("content-length", "1"), ("x", "a\r\nSet-Cookie: b")], [b"x"]),
        ("200 OK", [("content-length", "1")], iter([b"x"])),
    ],
)
def test_answers_of_another_form_are_left_to_gunicorn(
    status: str, headers: list[tuple[str, str]], pieces: Any
) -> None:
    assert plain.answer(status, headers, pieces, last=False) is None


def test_both_ways_answer_alike(system: System) -> None:
    """But for the date and the request's own id."""

    def answer(more: str) -> list[bytes]:
        with socket.create_connection(("127.0.0.1", system.port), 10) as line:
            line.sendall(
                f"GET /status HTTP/1.1\r\nHost: a\r\nX-Request-ID: r\r\n{more}\r\n".encode()
            )
            line.shutdown(socket.SHUT_WR)
            found = b""
            while piece := line.recv(65536):
                found += piece
        head, _, _ = found.partition(b"\r\n\r\n")
        return sorted(line for line in head.split(b"\r\n") if not line.startswith(b"Date"))

    assert answer("Accept: */*\r\n") == answer("TE: trailers\r\n")


def test_a_request_that_gunicorn_refuses_is_refused(system: System) -> None:
    with socket.create_connection(("127.0.0.1", system.port), 10) as line:
        line.sendall(b"GET /status HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        assert line.recv(65536).startswith(b"HTTP/1.1 400")


def test_gunicorn_itself_refuses_it() -> None:
    """What the short way leaves aside because it may be refused."""
    with pytest.raises(ParseException):
        by_gunicorn(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
