"""What a client must be able to read, as text."""

from __future__ import annotations

from http.cookies import SimpleCookie
from uuid import uuid4

import pytest

from services.common.contracts import CATALOGUE
from services.common.wire.position import LOG, MAX_LENGTH, Place, position_text, read_position
from services.common.wire.topology import SERVICES

NEWEST = {
    Place(LOG, LOG, "crud"): uuid4(),
    Place("tasks", "day-off:covers", "crud"): uuid4(),
}


def test_a_position_comes_back_as_it_was() -> None:
    """Every place with its event."""
    assert read_position(position_text(NEWEST)) == NEWEST


def test_nothing_to_wait_for_is_no_text() -> None:
    """And no text is nothing to wait for."""
    assert not position_text({})
    assert read_position("") == {}


def test_a_cookie_holds_the_text_as_it_is() -> None:
    """Quoted, some clients would send it back with the quotes."""
    cookie: SimpleCookie = SimpleCookie()
    cookie["position"] = position_text(NEWEST)
    assert cookie["position"].coded_value == position_text(NEWEST)


def test_the_longest_position_of_all_is_read() -> None:
    """With every kind of event from every service at once."""
    longest = {
        Place(reader, name, source): uuid4()
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
def test_what_is_no_position_is_refused(text: str) -> None:
    """With one kind of error, whatever is wrong with it."""
    with pytest.raises(ValueError, match=r".+"):
        read_position(text)
