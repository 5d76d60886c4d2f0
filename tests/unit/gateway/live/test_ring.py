"""The recent events: each once, in order, within limits."""

from __future__ import annotations

from gateway.live.ring import Ring
from tests.unit.gateway.live.making import event


def filled(*positions: int, count: int = 100, size: int = 1_000_000) -> Ring:
    """A ring that began after position 9."""
    ring = Ring(count, size)
    ring.begin(9)
    for position in positions:
        ring.add(event(position))
    return ring


def positions(ring: Ring, after: int, limit: int = 100) -> list[int] | None:
    """What it gives after a position."""
    found = ring.after(after, limit)
    return None if found is None else [one.position for one in found]


def test_it_gives_what_comes_after_a_position() -> None:
    """Positions have gaps; the one asked for need not be there."""
    ring = filled(10, 13, 20)
    assert positions(ring, 9) == [10, 13, 20]
    assert positions(ring, 11) == [13, 20]
    assert positions(ring, 20) == []
    assert positions(ring, 99) == []
    assert positions(ring, 9, limit=2) == [10, 13]
    assert ring.head == 20


def test_it_knows_what_it_does_not_have() -> None:
    """What came before it began."""
    assert positions(filled(10), 8) is None
    assert filled().head == 9


def test_duplicates_are_dropped() -> None:
    """Delivery is at least once."""
    ring = filled(10, 13)
    assert not ring.add(event(13))
    assert not ring.add(event(11))
    assert ring.add(event(14))
    assert positions(ring, 9) == [10, 13, 14]


def test_the_oldest_are_dropped_over_the_limits() -> None:
    """By count and by bytes; what is left has no gap."""
    ring = filled(*range(10, 30), count=16)
    kept = positions(ring, ring.floor)
    assert kept is not None
    assert kept == list(range(ring.floor + 1, 30))
    assert len(kept) <= 16
    assert positions(ring, ring.floor - 1) is None
    small = filled(*range(10, 30), size=event().size * 5)
    assert len(positions(small, small.floor) or ()) <= 5


def test_an_event_is_found_by_its_id() -> None:
    """Clients may know that only."""
    ring = filled()
    one = event(17)
    ring.add(one)
    assert ring.position_of(one.id) == 17
    assert ring.position_of("unknown") is None
