"""The state of review rooms: all processes that get the same messages come to the same one."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from gateway.live.rooms import COMPARING, Member, Rooms, Seat

HERE, THERE = "here", "there"


def joined(*people: str, process: str = HERE) -> Rooms:
    """A room in which people have joined, in that order, each with a socket called after them."""
    rooms = Rooms()
    for place, person in enumerate(people):
        rooms.join("room", Seat(process, f"socket of {person}"), Member(person, place), {})
    return rooms


def state(rooms: Rooms) -> dict[str, Any]:
    """The state of the room."""
    return rooms.get("room").state


def test_an_empty_room() -> None:
    """As the web interface expects it."""
    assert state(Rooms()) == {
        "user_id": None,
        "local_id": None,
        "is_playing": False,
        "current_entity_id": None,
        "current_entity_index": None,
        "current_preview_file_id": None,
        "current_preview_file_index": None,
        "current_frame": 0,
        "is_repeating": None,
        "is_annotations_displayed": False,
        "is_zoom_enabled": False,
        "is_waveform_displayed": False,
        "is_laser_mode": None,
        "handle_in": None,
        "handle_out": None,
        "speed": None,
        "comparing": COMPARING,
    }


def test_the_first_to_join_sets_the_state() -> None:
    """Those who come later take it over; an empty room is forgotten."""
    rooms = Rooms()
    rooms.join("room", Seat(HERE, "a"), Member("ann", 1), {"current_frame": 7, "unknown": 1})
    rooms.join("room", Seat(HERE, "b"), Member("bob", 2), {"current_frame": 9})
    assert (state(rooms)["current_frame"], state(rooms)["user_id"]) == (7, "ann")
    assert "unknown" not in state(rooms)
    assert rooms.get("room").people() == ["ann", "bob"]
    rooms.leave("room", Seat(HERE, "a"))
    rooms.leave("room", Seat(HERE, "b"))
    assert state(rooms)["current_frame"] == 0


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"current_frame": 3.5, "speed": 2}, {"current_frame": 3.5, "speed": 2}),
        ({"current_frame": "x", "speed": True}, {"current_frame": 1, "speed": None}),
        ({}, {"current_frame": 1, "handle_in": None, "is_playing": False}),
        (
            {"comparing": {"mode": "a", "more": 1}},
            {"comparing": {**dict.fromkeys(COMPARING), "mode": "a"}},
        ),
        ({"comparing": [1]}, {"comparing": COMPARING}),
    ],
)
def test_what_a_message_sets(payload: dict[str, Any], expected: dict[str, Any]) -> None:
    """Numbers and the comparison stay where they are absent or of another kind."""
    rooms = joined("ann")
    rooms.update("room", "ann", {"current_frame": 1, "handle_in": 4, "is_playing": True}, 1)
    rooms.update("room", "ann", payload, 2)
    assert state(rooms).items() >= expected.items()


def test_people_are_counted_by_sockets() -> None:
    """Somebody with two leaves with the second."""
    rooms = joined("ann", "bob")
    rooms.join("room", Seat(THERE, "x"), Member("ann", 5), {})
    assert rooms.get("room").people() == ["ann", "bob"]
    rooms.leave("room", Seat(HERE, "socket of ann"))
    assert rooms.get("room").people() == ["bob", "ann"]
    assert rooms.leave_all(THERE) == ["room"]
    assert rooms.get("room").people() == ["bob"]
    assert rooms.leave_all(THERE) == []


def test_a_newcomer_takes_over_what_others_have() -> None:
    """Seats in the order of joining, and the state unless it has heard of a newer one."""
    old = joined("ann", "bob", process=THERE)
    old.update("room", "bob", {"current_frame": 5}, 4)
    seats = {"room": {"socket of ann": "ann", "socket of bob": "bob"}}
    told = deepcopy(old.snapshot(THERE, seats))
    new = Rooms()
    assert new.merge(THERE, deepcopy(told), asked=3) == ["room"]
    assert new.get("room").people() == ["ann", "bob"]
    assert state(new) == state(old)
    new.update("room", "bob", {"current_frame": 6}, 9)
    new.merge(THERE, told, asked=3)
    assert state(new)["current_frame"] == 6
    new.merge(THERE, told, asked=10)
    assert state(new)["current_frame"] == 5


def test_seats_that_a_process_no_longer_tells_of_are_empty() -> None:
    """It was not connected when they were left, or taken."""
    rooms = joined("ann", "bob")
    told = rooms.snapshot(HERE, {"room": {"socket of bob": "bob", "new": "cid"}})
    assert rooms.merge(HERE, told, asked=-1) == ["room"]
    assert rooms.get("room").people() == ["bob", "cid"]
    assert rooms.merge(HERE, {}, asked=-1) == ["room"]
    assert rooms.get("room").people() == []
