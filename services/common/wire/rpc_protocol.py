"""A call and its reply as messages, for both clients: the services' and the gateway's.

The wire is nameko's: exchange ``nameko-rpc``, routing key ``service.method``, a JSON body of
``args`` and ``kwargs``. Callers here add headers that a stock caller lacks: who is asking, until
when the answer is of use, and that they want the answer's bytes bare instead of wrapped in
``{"result": …, "error": …}``, so that nobody decodes what only passes through.
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
#: The exchange on which each service shows twice a second that it and its database are there.
BEATS: Final = "callboard.beats"
#: Seconds without a heartbeat of a service after which it counts as away.
SILENCE: Final = 1.6

ACTOR: Final = "nameko.actor"
REQUEST: Final = "nameko.request_id"
DEADLINE: Final = "nameko.deadline"
BARE: Final = "nameko.bare"
KEY: Final = "nameko.idempotency_key"
#: What a request is the same as, where its own bytes differ each time (uploads).
FINGERPRINT: Final = "nameko.fingerprint"
MATCH: Final = "nameko.if_none_match"
#: The caller's whole person, for what shows who wrote it.
AUTHOR: Final = "nameko.author"

HEADERS_TOO_LARGE: Final = "What is known of the caller is more than a message can carry."


class Reply(NamedTuple):
    """An answer: JSON bytes, possibly compressed (``encoding``), and a status if not the usual."""

    body: bytes
    encoding: str | None = None
    status: int | None = None
    headers: Mapping[str, Any] = {}

    def decoded(self) -> Any:
        """The answer as builtins, for callers that look inside."""
        body = self.plain()
        return msgspec.json.decode(body) if body else None

    def plain(self) -> bytes:
        """The answer's JSON, unpacked."""
        return gzip.decompress(self.body) if self.encoding else self.body


class Heartbeats:
    """Which services are there: they say so on the exchange ``BEATS``."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}

    def hear(self, message: Incoming) -> None:
        """Note a service's heartbeat."""
        self._seen[message.body.decode("utf-8", "replace")] = time.monotonic()

    def alive(self, service: str) -> bool:
        """Whether the service was heard within ``SILENCE``; it beats while its database answers."""
        return time.monotonic() - self._seen.get(service, 0.0) < SILENCE


def call_bytes(  # noqa: PLR0917 - a call is that much
    session: Session,
    route: tuple[str, str],
    kwargs: bytes,
    correlation_id: str,
    headers: Mapping[str, str],
    seconds: float,
) -> bytes:
    """The bytes that call ``(service, method)`` with a JSON object of keyword arguments.

    The broker drops the message after ``seconds``, and returns it at once where there is no queue.
    Raises Unavailable where the headers are too large for a message.
    """
    properties = Basic.Properties(
        content_type="application/json",
        content_encoding="utf-8",
        delivery_mode=1,
        reply_to=DIRECT_REPLY,
        correlation_id=correlation_id,
        expiration=str(int(seconds * 1000)),
        headers={
            **headers,
            **tracing.headers(),
            BARE: "1",
            DEADLINE: str(time.time() + seconds),
        },
    )
    body = b'{"args":[],"kwargs":' + kwargs + b"}"
    try:
        return message_bytes(
            session, body, RPC_EXCHANGE, ".".join(route), properties, mandatory=True
        )
    except ValueError:
        raise Unavailable(HEADERS_TOO_LARGE) from None


def read_reply(message: Incoming) -> Reply:
    """The reply that a message holds. Raises the ServiceError that the service raised."""
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
