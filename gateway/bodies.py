"""What a request carries besides its path: the query string, and a body of JSON or of fields."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl

import falcon
import msgspec

from gateway import errors
from services.common.errors import ServiceError

NOT_JSON: Final = (
    "Did not attempt to load JSON data because the request Content-Type was not 'application/json'."
)
UNREADABLE: Final = "The browser (or proxy) sent a request that this server could not understand."


class Unread(ServiceError, kind="unread"):
    """The body is not JSON, or isn't said to be."""


errors.TABLE[Unread] = (400, lambda e: errors.said(e.message))


def query_of(req: falcon.Request, *, repeat: bool = False) -> dict[str, Any]:
    """The query string: the first of each name wins, or with ``repeat`` lists of all."""
    if not req.query_string:
        return {}
    pairs = parse_qsl(req.query_string, keep_blank_values=True)
    if not repeat:
        return dict(reversed(pairs))
    lists: dict[str, Any] = {}
    for name, value in pairs:
        lists.setdefault(name, []).append(value)
    return lists


def is_multipart(req: falcon.Request) -> bool:
    """Whether the body is a form that may hold files."""
    return _kind(req) == "multipart/form-data"


def json_of(req: falcon.Request, limit: int) -> bytes:
    """The body, known to be JSON. Raises Unread, TooLarge."""
    if not _is_json(req):
        raise Unread(NOT_JSON)
    body = _bytes(req, limit)
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Unread(UNREADABLE) from None
    return body


def value_of(req: falcon.Request, limit: int) -> Any:
    """The body's JSON of any kind; None where there is none. Raises Unread, TooLarge."""
    body = _bytes(req, limit)
    if not body.strip():
        return None
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Unread(UNREADABLE) from None


def fields_of(req: falcon.Request, limit: int) -> dict[str, Any]:
    """The body's fields, however they were sent; nothing readable is no field."""
    body = _bytes(req, limit)
    found: Any = None
    if _is_json(req):
        try:
            found = msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            found = {}
        return found if isinstance(found, dict) else {}
    if _kind(req) == "application/x-www-form-urlencoded" and body:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        return dict(reversed(pairs))
    return query_of(req)


def _kind(req: falcon.Request) -> str:
    return (req.content_type or "").partition(";")[0].strip().lower()


def _is_json(req: falcon.Request) -> bool:
    kind = _kind(req)
    return kind == "application/json" or kind.endswith("+json")


def _bytes(req: falcon.Request, limit: int) -> bytes:
    if (req.content_length or 0) > limit:
        raise errors.TooLarge
    # The server ends the stream where the body ends, also of one sent in chunks, without a length.
    ended = req.env.get("wsgi.input_terminated")
    body: bytes = (req.stream if ended else req.bounded_stream).read(limit + 1)
    if len(body) > limit:
        raise errors.TooLarge
    return body
