"""Positions: what a client that has written must be able to read, wherever it reads next.

A position names the newest event of each kind that the client's writes emitted and another process
handles. One event per kind is enough: a relay publishes the events of a service in order, and their
queue is consumed in order (``@on(..., ordered=True)``), so the newest one is handled after all
those before it. A position is therefore exact and stays short, however much a client writes. Of
writes made at the same time nobody knows which event is the newest: joined, their positions name
one event of each.

Its text travels in an RPC header, in replies, and in a cookie: only characters that a cookie may
hold unquoted (RFC 6265 and Python's ``http.cookies``).
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The readers that are no services: the event log, which ``crud`` keeps, and the caches of
#: gateways.
LOG, GATEWAY = "log", "gateway"
#: Longest text in characters that is read; one of our own has about 50 a place.
MAX_LENGTH: Final = 4000


class Place(NamedTuple):
    """A queue of events: who reads it, the kind of event, and the service that emits it."""

    reader: str
    kind: str
    source: str


class RecentEvents:
    """Ids of events, the last ``size`` of them: who has seen an event need not look for it."""

    def __init__(self, size: int = 8192) -> None:
        self.size = size
        self._ids: OrderedDict[UUID, None] = OrderedDict()

    def add(self, events: Iterable[UUID]) -> None:
        """Remember these; the oldest are forgotten."""
        self._ids.update(dict.fromkeys(events))
        while len(self._ids) > self.size:
            self._ids.popitem(last=False)

    def __contains__(self, event: UUID) -> bool:
        return event in self._ids


#: The newest event at each place; several, after writes at the same time.
Position = Mapping[Place, frozenset[UUID]]


def joined(*positions: Position) -> Position:
    """The position of who has all of these."""
    places: dict[Place, frozenset[UUID]] = {}
    for position in positions:
        for place, events in position.items():
            places[place] = places.get(place, frozenset()) | events
    return places


def position_text(position: Position) -> str:
    """The position as text; empty where there is nothing to wait for."""
    return "~".join(
        "+".join((*place, urlsafe_b64encode(event.bytes).rstrip(b"=").decode()))
        for place, events in position.items()
        for event in sorted(events)
    )


def bounded_text(position: Position) -> str:
    """The position as text that can be read, without what would make it too long."""
    text = position_text(position)
    return text if len(text) <= MAX_LENGTH else text[: text.rindex("~", 0, MAX_LENGTH)]


def read_position(text: str) -> Position:
    """Read what ``position_text`` wrote. Raises ValueError."""
    if len(text) > MAX_LENGTH:
        message = "the position is too long"
        raise ValueError(message)
    position: dict[Place, frozenset[UUID]] = {}
    for entry in text.split("~") if text else ():
        *fields, event = entry.split("+")
        place, ident = _place(fields), UUID(bytes=urlsafe_b64decode(event + "=="))
        position[place] = position.get(place, frozenset()) | {ident}
    return position


def _place(fields: list[str]) -> Place:
    try:
        return Place(*fields)
    except TypeError:
        message = "a place has three parts"
        raise ValueError(message) from None
