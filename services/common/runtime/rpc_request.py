"""Decoding and validation of RPC requests, before they reach nameko.

Anybody who may publish can send any bytes. An invalid message is refused once, with a
``MessageRefused`` that holds the reason.
"""

from __future__ import annotations

import math
import re
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from services.common.errors import InvalidInput, ServiceError, Unavailable
from services.common.observability.log import checked_request_id
from services.common.observability.tracing import TRACEPARENT
from services.common.runtime.service import TransactionProvider
from services.common.wire.position import Position, read_position
from services.common.wire.rpc_protocol import (
    ACTOR,
    AUTHOR,
    DEADLINE,
    FINGERPRINT,
    KEY,
    MATCH,
    POSITION,
    REQUEST,
    split_caller,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.common.wire.frames import Incoming

#: Largest request in bytes: decoding blocks the hub. It is RabbitMQ 4's own limit.
MAX_REQUEST: Final = 16 * 1024 * 1024
#: Seconds for calls of stock nameko clients, which send no deadline.
DEFAULT_SECONDS: Final = 60.0
UNREADABLE_CALLER: Final = "Who is calling can't be read."
NESTED: Final = "The request is nested too deeply."
#: Longest deadline in seconds that a caller may ask for.
MAX_SECONDS: Final = 3600.0
TRACE: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class MessageRefused(Exception):
    """The message is not a valid request; ``reason`` is one of a few labels of the metric."""

    def __init__(self, reason: str, error: ServiceError) -> None:
        super().__init__(error.message)
        self.reason, self.error = reason, error


def refused(reason: str, sentence: str) -> MessageRefused:
    """The refusal of an invalid message."""
    return MessageRefused(reason, InvalidInput(sentence))


class Arguments(msgspec.Struct):
    """The body of a request in nameko's format."""

    args: list[Any] = []
    kwargs: dict[str, Any] = {}


decode: Final = msgspec.json.Decoder(Arguments).decode


class Request(NamedTuple):
    """A call: its arguments, and the context that services read as ``self.call``."""

    arguments: Arguments
    context: dict[str, Any]


def read_request(message: Incoming, method: str) -> Request:
    """Decode a message as a call of ``method``. Raises MessageRefused."""
    if message.error is not None:
        raise refused("unreadable", f"The request can't be read: {message.error}.")
    if len(message.body) > MAX_REQUEST:
        raise refused("too-large", f"The request has more than {MAX_REQUEST} bytes.")
    headers = message.headers
    actor, body = _caller(headers, message.body)
    author = _text(headers, AUTHOR)
    _check_caller(actor, author)
    context = {
        "remaining": _remaining(headers.get(DEADLINE)),
        "actor": actor,
        "author": author,
        "request_id": checked_request_id(headers.get(REQUEST)),
        "key": _text(headers, KEY),
        "match": _text(headers, MATCH),
        "fingerprint": _text(headers, FINGERPRINT),
        "position": _position(headers),
        "route": method,
        "body": body,
        TRACEPARENT: _traceparent(headers.get(TRACEPARENT)),
    }
    return Request(_arguments(body), context)


def _caller(headers: Mapping[str, Any], body: bytes) -> tuple[str | None, bytes]:
    """The actor, from the header or the body, and the body without it."""
    try:
        actor, bare_body = split_caller(_text(headers, ACTOR), body)
    except (ValueError, RecursionError, msgspec.DecodeError):
        raise refused("actor", UNREADABLE_CALLER) from None
    if actor is not None and "\0" in actor:
        raise refused("actor", UNREADABLE_CALLER)
    return actor, bare_body


def _text(headers: Mapping[str, Any], name: str) -> str | None:
    value = headers.get(name)
    # These texts go into the database, and PostgreSQL can't store NUL.
    if value is None or (isinstance(value, str) and "\0" not in value):
        return value
    raise refused("header", f"The header {name!r} is no text.")


def _position(headers: Mapping[str, Any]) -> Position:
    try:
        return read_position(_text(headers, POSITION) or "")
    except ValueError as error:
        raise refused("header", f"The header {POSITION!r} can't be read: {error}.") from None


def _remaining(deadline: object) -> float:
    """Seconds until the caller stops waiting. Raises MessageRefused."""
    if deadline is None:
        return DEFAULT_SECONDS
    try:
        remaining = float(deadline) - time.time()  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        remaining = math.nan
    # Also for a header "nan": eventlet could not schedule such a timeout.
    if math.isnan(remaining):
        raise refused("deadline", f"The header {DEADLINE!r} is no time.")
    if remaining <= 0:
        raise MessageRefused("late", Unavailable("Deadline exceeded."))
    return min(remaining, MAX_SECONDS)


def _traceparent(value: object) -> str | None:
    return value if isinstance(value, str) and TRACE.fullmatch(value) else None


def _check_caller(actor: str | None, author: str | None) -> None:
    """Raise MessageRefused if the headers of the actor or the author can't be decoded."""
    try:
        TransactionProvider.actors.read(actor)  # cached: the worker reads it again
        if author:
            msgspec.json.decode(author, type=dict[str, Any])
    except (ValueError, RecursionError, msgspec.DecodeError):
        raise refused("actor", UNREADABLE_CALLER) from None


def _arguments(body: bytes) -> Arguments:
    """Decode the arguments. Raises MessageRefused."""
    try:
        return decode(body)
    except msgspec.ValidationError as error:
        if "out of range" in str(error):
            raise refused("shape", "The request holds a number that is out of range.") from None
        raise refused("shape", f"The request is no call: {error}.") from None
    except RecursionError:
        raise refused("nesting", NESTED) from None
    except (ValueError, msgspec.DecodeError):
        raise refused("json", "The request is not JSON.") from None
