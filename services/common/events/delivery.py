"""An event as a subscriber gets it, read from whatever a message holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

import msgspec

from services.common.observability.tracing import TRACEPARENT

if TYPE_CHECKING:
    from services.common.wire.frames import Incoming

#: Events that can't be read, as they came, and why.
Odd = list[tuple[bytes, str]]

#: What reading something that somebody made up may raise.
FAULTS: Final = (ValueError, TypeError, AttributeError, RecursionError, msgspec.MsgspecError)


class Unreadable(Exception):
    """The message holds no event."""


class Delivery(msgspec.Struct, frozen=True):
    """An event as it arrived: its name, payload, and the headers all events carry."""

    name: str
    payload: dict[str, Any]
    event_id: UUID
    time: str
    source: str
    actor_id: UUID | None = None
    project_id: UUID | None = None
    request_id: str = ""
    traceparent: str = ""

    def __post_init__(self) -> None:
        """Raise ValueError for a time that is none."""
        moment_of(self)

    @classmethod
    def read(cls, message: Incoming) -> Delivery:
        """Read a message; one without our headers (a foreign publisher) gets an id.

        Raises Unreadable.
        """
        if message.error is not None:
            raise Unreadable(message.error)
        try:
            return cls._read(message)
        except FAULTS as error:
            raise Unreadable(f"{type(error).__name__}: {error}") from error

    @classmethod
    def _read(cls, message: Incoming) -> Delivery:
        headers = message.headers
        actor, project = headers.get("actor_id"), headers.get("project_id")
        ident = headers.get("event_id") or message.properties.message_id
        return cls(
            name=str(headers.get("name") or message.routing_key),
            payload=msgspec.json.decode(message.body, type=dict[str, Any]),
            event_id=UUID(ident) if ident else uuid4(),
            time=str(headers.get("time", "")),
            source=message.exchange.removesuffix(".events"),
            actor_id=UUID(actor) if actor else None,
            project_id=UUID(project) if project else None,
            request_id=str(headers.get("request_id", "")),
            traceparent=str(headers.get(TRACEPARENT, "")),
        )

    def body(self) -> bytes:
        """The payload, as it is the body of a message of its own."""
        return msgspec.json.encode(self.payload)

    def headers(self) -> dict[str, str]:
        """The headers of a message of its own."""
        found = {"name": self.name, "event_id": str(self.event_id), "time": self.time}
        for name in ("actor_id", "project_id", "request_id"):
            if value := getattr(self, name):
                found[name] = str(value)
        if self.traceparent:
            found[TRACEPARENT] = self.traceparent
        return found


def read_deliveries(message: Incoming, *, many: bool) -> tuple[list[Delivery], Odd]:
    """The events in a message, and with ``many`` those of a relay's batch that can't be read.

    A message with an ``event_id`` is a single event in any case. Raises Unreadable.
    """
    if not many or message.error is not None or "event_id" in message.headers:
        return [Delivery.read(message)], []
    try:
        return msgspec.json.decode(message.body, type=list[Delivery]), []
    except FAULTS:
        return _one_by_one(message.body)


def _one_by_one(body: bytes) -> tuple[list[Delivery], Odd]:
    """Those that can be read, and those that can't. Raises Unreadable for what is no list."""
    try:
        pieces = msgspec.json.decode(body, type=list[msgspec.Raw])
    except FAULTS as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error
    read: list[Delivery] = []
    odd: Odd = []
    for piece in pieces:
        try:
            read.append(msgspec.json.decode(piece, type=Delivery))
        except FAULTS as error:
            odd.append((bytes(piece), f"{type(error).__name__}: {error}"))
    return read, odd


def moment_of(delivery: Delivery) -> datetime | None:
    """When the event committed (UTC), if it says so. Raises ValueError."""
    return datetime.fromisoformat(delivery.time).replace(tzinfo=UTC) if delivery.time else None
