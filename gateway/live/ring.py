"""The recent events, in the order of their positions: connections go on from here."""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gateway.live.event import LiveEvent

#: How many events are kept, and how many bytes of them.
COUNT: Final = 10_000
BYTES: Final = 16 * 1024 * 1024
_position: Final = attrgetter("position")


class Ring:
    """The newest events; ``floor`` is the position after which none is missing."""

    def __init__(self, count: int = COUNT, size: int = BYTES) -> None:
        self.count, self.size = count, size
        self.floor = 0
        self._events: list[LiveEvent] = []
        self._bytes = 0

    @property
    def head(self) -> int:
        """The highest position so far."""
        return self._events[-1].position if self._events else self.floor

    def begin(self, floor: int) -> None:
        """Start with nothing: all events after ``floor`` will be added."""
        self.floor, self._bytes = floor, 0
        self._events.clear()

    def add(self, event: LiveEvent) -> bool:
        """Add an event, dropping the oldest over the limits; returns whether it is a new one."""
        if event.position <= self.head:
            return False  # delivered again
        self._events.append(event)
        self._bytes += event.size
        # An eighth at once: each removal moves all that stay.
        if len(self._events) > self.count or self._bytes > self.size:
            dropped = self._events[: max(1, len(self._events) // 8)]
            del self._events[: len(dropped)]
            self._bytes -= sum(one.size for one in dropped)
            self.floor = dropped[-1].position
        return True

    def after(self, position: int, limit: int) -> list[LiveEvent] | None:
        """At most ``limit`` events after a position; None where some of them are gone."""
        if position < self.floor:
            return None
        start = bisect_right(self._events, position, key=_position)
        return self._events[start : start + limit]

    def position_of(self, ident: str) -> int | None:
        """The position of an event, by its id."""
        return next((one.position for one in reversed(self._events) if one.id == ident), None)
