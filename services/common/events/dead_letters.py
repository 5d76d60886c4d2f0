"""Dead letters: events on which a handler failed, as the service that keeps them reads them.

The broker moves such an event to the queue ``callboard.dead``. There nobody could look at it
without taking it: reading and requeueing changes the order, and counts against the queue's delivery
limit. So ``letter_collector`` hands each to a method that stores it, and acknowledges it after the
commit; looking, replaying and discarding are then matters of a table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, Self
from uuid import UUID

import pamqp.header
from pamqp.commands import Basic

from services.common.wire.frames import Incoming
from services.common.wire.publisher import Publisher
from services.common.wire.session import Session

#: Header of a replayed letter: its id. A letter that dies again is another one than it was.
REPLAYED: Final = "replayed_letter"
#: Longest text that is kept of a header; names and ids are much shorter.
LONGEST: Final = 500
#: Properties that a replayed letter keeps. Not ``user_id``, which the broker compares with ours,
#: nor ``expiration``, by which it could vanish.
KEPT: Final = (
    "app_id",
    "content_encoding",
    "content_type",
    "correlation_id",
    "message_id",
    "message_type",
    "reply_to",
    "timestamp",
)
#: What encoding properties may raise: anybody publishes, with any properties.
FAULTS: Final = (ValueError, TypeError, OverflowError, AttributeError, LookupError)


class Letter(NamedTuple):
    """A dead letter."""

    #: The queue in which it died; "" if unknown.
    queue: str
    #: Why, in the broker's word, and how often.
    reason: str
    deaths: int
    died_at: datetime | None
    #: What it was published to.
    exchange: str
    #: The event, as far as its headers tell.
    name: str
    event_id: str
    happened_at: datetime | None
    #: Its AMQP properties, encoded; empty if they can't be read.
    properties: bytes
    body: bytes
    #: Why it can't be read.
    error: str | None
    #: Whether it was delivered before, to somebody who may have stored it.
    redelivered: bool
    #: Tells it from all others.
    fingerprint: bytes

    @classmethod
    def of(cls, message: Incoming) -> Self:
        """Read a message of any content."""
        death, headers = _death(message.headers), message.headers
        properties, error = _encoded(message)
        whole = (message.exchange, message.routing_key, error or "", properties, message.body)
        return cls(
            queue=_text(death.get("queue")),
            reason=_text(death.get("reason")),
            deaths=count if isinstance(count := death.get("count"), int) else 1,
            died_at=_moment(death.get("time")),
            exchange=_text(death.get("exchange")),
            name=_name(message, death),
            event_id=_text(headers.get("event_id") or message.properties.message_id),
            happened_at=_moment(headers.get("time")),
            properties=properties,
            body=message.body,
            error=error,
            redelivered=message.redelivered,
            fingerprint=hashlib.sha256(repr(whole).encode("utf-8", "replace")).digest(),
        )


class Stored(NamedTuple):
    """What a letter is replayed from."""

    id: UUID
    queue: str
    name: str
    properties: bytes
    body: bytes


class Undelivered(NamedTuple):
    """A letter that was not replayed, and why."""

    id: UUID
    reason: str


def republish(uri: str, letters: Iterable[Stored]) -> list[Undelivered]:
    """Publish letters to the queues in which they died; returns those that no queue took.

    The broker has confirmed the others when this returns, so they may be forgotten. Raises OSError,
    after which some may have been published.
    """
    refused: list[Undelivered] = []
    returned: list[Incoming] = []

    def set_up(session: Session) -> None:
        session.returned = returned.append

    publisher = Publisher(uri, set_up, name="dead letters")
    try:
        for letter in letters:
            try:
                properties = _published(letter)
                # Mandatory: the broker confirms what it drops because the queue is gone, too.
                publisher.add(letter.body, "", letter.queue, mandatory=True, **properties)
            except FAULTS as error:
                refused.append(Undelivered(letter.id, f"it can't be published: {error}"))
        publisher.confirm()
    finally:
        publisher.close()
    gone = (UUID(str(message.headers[REPLAYED])) for message in returned)
    return [*refused, *(Undelivered(ident, "its queue is gone") for ident in gone)]


def decoded(properties: bytes) -> Basic.Properties:
    """The properties of a stored letter."""
    header = pamqp.header.ContentHeader()
    header.unmarshal(properties)
    return header.properties


def _published(letter: Stored) -> dict[str, Any]:
    if not letter.queue:
        raise ValueError("the queue in which it died is unknown")
    was = decoded(letter.properties)
    # Without ``x-death`` and the like: the broker would go on counting its deliveries.
    headers = {k: v for k, v in (was.headers or {}).items() if not k.startswith("x-")}
    # The routing key is now the queue's name, so a header has to name the event.
    headers |= {"name": headers.get("name") or letter.name, REPLAYED: str(letter.id)}
    kept = {name: getattr(was, name) for name in KEPT if getattr(was, name) is not None}
    return {**kept, "headers": headers}


def _encoded(message: Incoming) -> tuple[bytes, str | None]:
    """The properties as bytes, or why there are none."""
    if message.error is not None:
        return b"", message.error
    header = pamqp.header.ContentHeader(0, len(message.body), message.properties)
    try:
        return header.marshal(), None
    except FAULTS as error:
        return b"", f"its properties can't be written again: {error}"


def _death(headers: Mapping[str, Any]) -> dict[str, Any]:
    """The newest entry of the broker's ``x-death`` header; empty for a malformed one."""
    deaths = headers.get("x-death")
    first = deaths[0] if isinstance(deaths, list) and deaths else None
    return first if isinstance(first, dict) else {}


def _name(message: Incoming, death: Mapping[str, Any]) -> str:
    # Dead-lettering replaces the routing key: the original is in ``x-death``, if not in a header.
    keys = death.get("routing-keys")
    first = keys[0] if isinstance(keys, list) and keys else message.routing_key
    return _text(message.headers.get("name") or first)


def _text(value: Any) -> str:
    """A header as text that PostgreSQL takes; a queue's or an event's name is never that long."""
    return "" if value is None else str(value).replace("\0", "\N{REPLACEMENT CHARACTER}")[:LONGEST]


def _moment(value: Any) -> datetime | None:
    """A time in UTC, without a zone; None for what is none."""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return (moment if moment.tzinfo is None else moment.astimezone(UTC)).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
