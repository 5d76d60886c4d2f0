"""Positions as text."""

from __future__ import annotations

from http.cookies import SimpleCookie
from uuid import uuid4

import pytest

from services.common.contracts import CATALOGUE
from services.common.wire.position import (
    LOG,
    MAX_LENGTH,
    Place,
    RecentEvents,
    joined,
    position_text,
    read_position,
)
from services.common.wire.topology import SERVICES

NEWEST = {
    Place(LOG, LOG, "crud"): frozenset({uuid4()}),
    Place("tasks", "day-off:covers", "crud"): frozenset({uuid4(), uuid4()}),
}


def test_a_position_round_trips() -> None:
    """Every place with its event."""
    assert read_position(position_text(NEWEST)) == NEWEST


def test_an_empty_position_is_an_empty_text() -> None:
    """And vice versa."""
    assert not position_text({})
    assert read_position("") == {}


def test_the_text_needs_no_quoting_in_a_cookie() -> None:
    """Some clients would send the quotes back."""
    cookie: SimpleCookie = SimpleCookie()
    cookie["position"] = position_text(NEWEST)
    assert cookie["position"].coded_value == position_text(NEWEST)


def test_the_longest_position_can_be_read() -> None:
    """Every kind of event of every service at once."""
    longest = {
        Place(reader, name, source): frozenset({uuid4()})
        for name, event in CATALOGUE.items()
        if not event.awaited
        for reader in event.handled_by
        for source in SERVICES
    }
    assert len(position_text(longest)) < MAX_LENGTH


@pytest.mark.parametrize(
    "text",
    [
        "log",
        "log+log+crud",
        "log+log+crud+not-an-id",
        "log+log+crud+more+RdOu4rz-S4aRCKua2wInCQ",
        "log+log+crud+RdOu4rz-S4aRCKua2wInCQ~",
        "log+log+crud+RdOu4rz-S4aRCKua2wInCQé",
        "x" * (MAX_LENGTH + 1),
    ],
)
def test_a_malformed_position_is_a_value_error(text: str) -> None:
    """Whatever is wrong with it."""
    with pytest.raises(ValueError, match=r".+"):
        read_position(text)


def test_joined_positions_name_the_events_of_each() -> None:
    """Those that both know once."""
    place = Place(LOG, LOG, "crud")
    other = {place: frozenset({uuid4()})}
    assert joined() == {}
    assert joined(NEWEST, NEWEST) == NEWEST
    assert joined(NEWEST, other) == {**NEWEST, place: NEWEST[place] | other[place]}


def test_the_oldest_events_are_forgotten() -> None:
    """A process remembers as many as it is told to."""
    recent, events = RecentEvents(size=2), [uuid4() for _ in range(3)]
    recent.add(events)
    assert [event in recent for event in events] == [False, True, True]
