"""Requests of the usual form, and answers in one piece, without gunicorn's parser and writer.

Those are made for all that HTTP allows, which takes a fourth of the time that the gateway spends on
the read of a row. Here one regular expression, stricter than RFC 9112, says whether a request looks
as clients send them; what doesn't match it, or has a header of those that change what a message
means, goes gunicorn's way, and so does an answer of another form. Both ways give the application
the same WSGI environment, but for what nobody here asks for: gunicorn's own entries, and the scheme
that a proxy tells, as SITE_URL says how people come.
"""

from __future__ import annotations

import re
import time
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_to_bytes

from gunicorn.http.wsgi import SERVER, SERVER_SOFTWARE, WSGIErrorsWrapper
from gunicorn.util import http_date

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LONGEST: Final = 4000
"""Bytes of a head: below all of gunicorn's limits for its lines."""
MOST_HEADERS: Final = 50
HEAD: Final = re.compile(
    rb"(DELETE|GET|OPTIONS|PATCH|POST|PUT) (/(?:[!\"$-.0->@-~][!\"$->@-~]*)?)(?:\?([!\"$-~]*))?"
    rb" HTTP/1\.1\r\n((?:[A-Za-z0-9-]+:[\t -~\x80-\xff]*\r\n)+)\r\n"
)
ELSEWHERE: Final = frozenset({"EXPECT", "TE", "TRAILER", "TRANSFER-ENCODING", "UPGRADE"})
"""Headers that change how a message is to be read."""
WITHOUT_BODY: Final = ("1", "204", "304")
OWN_NAMES: Final = {"CONTENT-TYPE": "CONTENT_TYPE", "CONTENT-LENGTH": "CONTENT_LENGTH"}


@lru_cache(2)
def _date(_second: int) -> str:
    return str(http_date())


class Plain:
    """A request of the usual form. It has what gunicorn's Response asks of one."""

    version = (1, 1)

    def __init__(self, method: str, environ: dict[str, Any]) -> None:
        self.method, self.environ = method, environ

    def should_close(self) -> bool:
        """Whether the client wants the connection to end."""
        return False


class Read:
    """A request that was read already, where gunicorn asks its parser for one."""

    def __init__(self, request: Plain) -> None:
        self.request = request

    def __iter__(self) -> Iterator[Plain]:
        return self

    def __next__(self) -> Plain:
        return self.request

    def finish_body(self, **_: Any) -> bool:
        """Whether the next request can follow."""
        return True


def environ_of(cfg: Any, client: Any, server: Any) -> dict[str, Any]:
    """What all requests of a connection have in their environment."""
    return {
        "wsgi.errors": WSGIErrorsWrapper(cfg),
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": cfg.workers > 1,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        "wsgi.url_scheme": "http",
        "SERVER_SOFTWARE": SERVER_SOFTWARE,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SCRIPT_NAME": "",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
    }


def read(received: bytes | bytearray, connection: dict[str, Any]) -> Plain | None:
    """The request that ``received`` is, all of it, if it has the usual form."""
    found = HEAD.match(received, 0, LONGEST)
    if found is None:
        return None
    method, path, query, lines = (str(part or b"", "latin-1") for part in found.groups())
    body = bytes(received[found.end() :])
    environ = {
        **connection,
        "wsgi.input": BytesIO(body),
        "REQUEST_METHOD": method,
        "RAW_URI": f"{path}?{query}" if found[3] is not None else path,
        "QUERY_STRING": query,
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1") if "%" in path else path,
    }
    headers = lines.split("\r\n", MOST_HEADERS)
    if headers.pop():  # more than so many
        return None
    for line in headers:
        name, _, value = line.partition(":")
        name, value = name.upper(), value.strip(" \t")
        key = OWN_NAMES.get(name) or "HTTP_" + name.replace("-", "_")
        if key in environ or name in ELSEWHERE:
            return None
        environ[key] = value
    if environ.get("HTTP_CONNECTION", "keep-alive").lower() != "keep-alive":
        return None
    if environ.get("CONTENT_LENGTH", "0") != str(len(body)):
        return None
    return Plain(method, environ)


def answer(
    status: str, headers: Sequence[tuple[str, str]], pieces: Any, *, last: bool
) -> tuple[bytes, bytes] | None:
    """Head and body of an answer, if it is in one piece."""
    if not isinstance(pieces, list) or status.startswith(WITHOUT_BODY):
        return None
    body = b"".join(pieces)
    told = "\r\n".join([f"{name}: {value}" for name, value in headers])
    whole = ("content-length", str(len(body))) in headers
    if not whole or told.count("\r") != len(headers) - 1 or told.count("\n") != len(headers) - 1:
        return None
    head = (
        f"HTTP/1.1 {status}\r\nServer: {SERVER}\r\nDate: {_date(int(time.time()))}\r\n"
        f"Connection: {'close' if last else 'keep-alive'}\r\n{told}\r\n\r\n"
    )
    return head.encode("latin-1"), body
