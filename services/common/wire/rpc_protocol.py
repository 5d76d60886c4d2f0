"""RPC calls and replies as AMQP messages, for both clients: the services' and the gateway's.

The protocol is nameko's: exchange ``nameko-rpc``, routing key ``service.method``, a JSON body of
``args`` and ``kwargs``. These clients add headers that a stock nameko client lacks: the actor, the
deadline, and a request for the bare reply instead of ``{"result": …, "error": …}``, which the
gateway passes on without decoding.
"""

from __future__ import annotations

import gzip
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from pamqp.commands import Basic

from services.common.errors import ServiceError, Unavailable
from services.common.observability import tracing
from services.common.wire.session import Session, message_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.common.wire.frames import Incoming

RPC_EXCHANGE: Final = "nameko-rpc"
DIRECT_REPLY: Final = "amq.rabbitmq.reply-to"
#: The exchange of heartbeats: each service sends two a second while its database answers.
BEATS: Final = "callboard.beats"
#: Seconds without a heartbeat after which a service counts as away; three heartbeats.
SILENCE: Final = 1.6

ACTOR: Final = "nameko.actor"
REQUEST: Final = "nameko.request_id"
DEADLINE: Final = "nameko.deadline"
BARE: Final = "nameko.bare"
KEY: Final = "nameko.idempotency_key"
#: Identifies a repeated request whose bytes differ each time (uploads), for idempotency.
FINGERPRINT: Final = "nameko.fingerprint"
MATCH: Final = "nameko.if_none_match"
#: The caller's position, for reading its own writes: see ``wire.position``.
POSITION: Final = "nameko.position"
#: The caller's person as JSON, for answers that show their author.
AUTHOR: Final = "nameko.author"

#: Characters of an actor or an author up to which they travel as headers, whose frame can't be
#: split: some 150 productions of one person. A larger actor follows the arguments in the body; a
#: larger author is left to the service, which asks for it.
INLINE: Final = 16 * 1024
#: The actor's header then: this and the place in the body. It is no actor, so a service of the
#: release before refuses the call instead of taking it for one without a caller.
IN_BODY: Final = "body:"

HEADERS_TOO_LARGE: Final = "What is known of the caller is more than a message can carry."


class Reply(NamedTuple):
    """A reply: JSON bytes, their ``encoding`` if compressed, a status if not the usual one."""

    body: bytes
    encoding: str | None = None
    status: int | None = None
    headers: Mapping[str, Any] = {}

    def decoded(self) -> Any:
        """The decoded body; None for an empty one."""
        body = self.plain()
        return msgspec.json.decode(body) if body else None

    def plain(self) -> bytes:
        """The body as JSON bytes, decompressed."""
        return gzip.decompress(self.body) if self.encoding else self.body


class Heartbeats:
    """When each service sent its last heartbeat."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}

    def hear(self, message: Incoming) -> None:
        """Record a heartbeat; its body is the service's name."""
        self._seen[message.body.decode("utf-8", "replace")] = time.monotonic()

    def alive(self, service: str) -> bool:
        """Whether the service sent a heartbeat within the last ``SILENCE`` seconds."""
        return time.monotonic() - self._seen.get(service, 0.0) < SILENCE


def call_bytes(  # noqa: PLR0917 - all of them vary with each call
    session: Session,
    route: tuple[str, str],
    kwargs: bytes,
    correlation_id: str,
    headers: Mapping[str, str],
    seconds: float,
) -> bytes:
    """The bytes that call ``(service, method)`` with a JSON object of keyword arguments.

    The broker discards the message after ``seconds``, and returns it at once if there is no queue.
    Raises Unavailable if the headers are too large for a message.
    """
    body, headers = _with_caller(b'{"args":[],"kwargs":' + kwargs, headers)
    properties = Basic.Properties(
        content_type="application/json",
        content_encoding="utf-8",
        delivery_mode=1,
        reply_to=DIRECT_REPLY,
        correlation_id=correlation_id,
        # Milliseconds. Without it a service that returns would first work through calls whose
        # callers have given up.
        expiration=str(int(seconds * 1000)),
        headers={
            **headers,
            **tracing.headers(),
            BARE: "1",
            DEADLINE: str(time.time() + seconds),
        },
    )
    try:
        return message_bytes(
            session, body, RPC_EXCHANGE, ".".join(route), properties, mandatory=True
        )
    except ValueError:
        raise Unavailable(HEADERS_TOO_LARGE) from None


class Caller(msgspec.Struct):
    """What follows the arguments in the body of a call by somebody with many productions."""

    actor: str


def _with_caller(body: bytes, headers: Mapping[str, str]) -> tuple[bytes, Mapping[str, str]]:
    """Close the body of a call; an actor too large for a header goes into it."""
    if len(headers.get(AUTHOR, "")) > INLINE:
        headers = {**headers, AUTHOR: ""}
    actor = headers.get(ACTOR, "")
    if len(actor) <= INLINE:
        return body + b"}", headers
    marker = f"{IN_BODY}{len(body)}"
    return body + b"," + msgspec.json.encode(Caller(actor))[1:], {**headers, ACTOR: marker}


def split_caller(actor: str | None, body: bytes) -> tuple[str | None, bytes]:
    """The actor of a call, and its body without it: a repeated call has the same body.

    Raises ValueError, msgspec.DecodeError.
    """
    if actor is None or not actor.startswith(IN_BODY):
        return actor, body
    length = int(actor.removeprefix(IN_BODY))
    if body[length : length + 1] != b"," or length < 1:
        message = "there is no caller where one was announced"
        raise ValueError(message)
    caller = msgspec.json.decode(b"{" + body[length + 1 :], type=Caller)
    return caller.actor, body[:length] + b"}"


def read_reply(message: Incoming) -> Reply:
    """Decode a reply. Raises the ServiceError that the service raised, or Unavailable."""
    headers = message.headers
    if message.error is not None:
        raise Unavailable(f"The answer can't be read: {message.error}.")
    if "error" in headers:
        try:
            raw = msgspec.json.decode(message.body, type=dict[str, Any])
        except (ValueError, RecursionError):
            raise Unavailable("The answer can't be read: it is no error of ours.") from None
        raise ServiceError.build(raw)
    encoding = "gzip" if message.properties.content_encoding == "gzip" else None
    return Reply(message.body, encoding, headers.get("status"), headers)
