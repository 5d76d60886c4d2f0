"""Decoding of events from messages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

import msgspec

from services.common.observability.tracing import TRACEPARENT

if TYPE_CHECKING:
    from services.common.wire.frames import Incoming

#: Events of a batch that can't be decoded: their raw bytes, and the reason.
Undecodable = list[tuple[bytes, str]]

#: What decoding a message of any content may raise.
FAULTS: Final = (ValueError, TypeError, AttributeError, RecursionError, msgspec.MsgspecError)


class Unreadable(Exception):
    """The message can't be decoded as an event."""


class Delivery(msgspec.Struct, frozen=True):
    """A delivered event: its name, payload and headers."""

    name: str
    payload: dict[str, Any]
    event_id: UUID
    time: str
    source: str
    actor_id: UUID | None = None
    project_id: UUID | None = None
    request_id: str = ""
    traceparent: str = ""
    stored: bool = True
    #: The row that the event is about, before and after the transaction that emitted it: null
    #: before it was there, and after it is gone; both are null where it did not change.
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a malformed time."""
        moment_of(self)

    @classmethod
    def read(cls, message: Incoming) -> Delivery:
        """Decode a message; one without an id (of an external publisher) gets a new one.

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
        # Stock nameko publishers set a message id at most; with neither, a redelivery is handled
        # twice.
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
        """The payload as JSON, the body of a message that holds this event only."""
        return msgspec.json.encode(self.payload)

    def headers(self) -> dict[str, str]:
        """The headers of a message that holds this event only."""
        result = {"name": self.name, "event_id": str(self.event_id), "time": self.time}
        for name in ("actor_id", "project_id", "request_id"):
            if value := getattr(self, name):
                result[name] = str(value)
        if self.traceparent:
            result[TRACEPARENT] = self.traceparent
        return result


def read_deliveries(message: Incoming, *, many: bool) -> tuple[list[Delivery], Undecodable]:
    """The events in a message, and those of a relay's batch (``many``) that can't be decoded.

    A message with an ``event_id`` is always a single event. Raises Unreadable.
    """
    if not many or message.error is not None or "event_id" in message.headers:
        return [Delivery.read(message)], []
    try:
        return msgspec.json.decode(message.body, type=list[Delivery]), []
    # One malformed event must not take up to a megabyte of good ones to the dead letters.
    except FAULTS:
        return _one_by_one(message.body)


def _one_by_one(body: bytes) -> tuple[list[Delivery], Undecodable]:
    """Decode a batch one by one. Raises Unreadable if it is not an array."""
    try:
        events = msgspec.json.decode(body, type=list[msgspec.Raw])
    except FAULTS as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error
    deliveries: list[Delivery] = []
    undecodable: Undecodable = []
    for event in events:
        try:
            deliveries.append(msgspec.json.decode(event, type=Delivery))
        except FAULTS as error:
            undecodable.append((bytes(event), f"{type(error).__name__}: {error}"))
    return deliveries, undecodable


def moment_of(delivery: Delivery) -> datetime | None:
    """When the event was written to the outbox (UTC), if known. Raises ValueError."""
    return datetime.fromisoformat(delivery.time).replace(tzinfo=UTC) if delivery.time else None
