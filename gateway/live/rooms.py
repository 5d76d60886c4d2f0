"""The state of the review rooms: who is in them, and what they look at.

Each process holds all rooms, and applies the same messages in the same order (``room_stream``), so
that all come to the same state, and it outlives any of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

#: Fields that a message sets, with what they are where it leaves them out.
SET: Final[dict[str, Any]] = {
    "local_id": None,
    "is_playing": False,
    "current_entity_id": None,
    "current_entity_index": None,
    "current_preview_file_id": None,
    "current_preview_file_index": None,
    "is_repeating": None,
    "is_annotations_displayed": False,
    "is_zoom_enabled": False,
    "is_waveform_displayed": False,
    "is_laser_mode": None,
    "handle_in": None,
    "handle_out": None,
}
#: Numbers that stay as they are where a message leaves them out.
KEPT: Final = {"current_frame": 0, "speed": None}
COMPARING: Final[dict[str, Any]] = {
    "enable": False,
    "task_type": None,
    "revision": None,
    "mode": "sidebyside",
    "comparison_preview_index": 0,
}
#: The place of somebody whose joining nobody could be told of: after all others.
LATE: Final = 2**53
#: Fields of a message that its receivers read, and that are no part of the state.
BESIDE: Final = ("room_seq", "previous_preview_file_id")


class Seat(NamedTuple):
    """A socket in a room: its process, and its session there."""

    process: str
    socket: str


class Member(NamedTuple):
    """Whose socket it is, and its place in the order of joining."""

    person: str
    joined: int


@dataclass
class Room:
    """A room in which somebody is."""

    members: dict[Seat, Member] = field(default_factory=dict)
    state: dict[str, Any] = field(
        default_factory=lambda: {"user_id": None, **SET, **KEPT, "comparing": dict(COMPARING)}
    )
    #: The place of the last message that changed the state.
    changed: int = -1

    def people(self) -> list[str]:
        """Who is in it, in the order of joining; somebody with two sockets once."""
        members = sorted(self.members.values(), key=lambda one: one.joined)
        return list(dict.fromkeys(one.person for one in members))

    def set(self, person: str, payload: dict[str, Any], place: int) -> None:
        """Take the state from a message."""
        state = self.state
        state.update({name: payload.get(name, absent) for name, absent in SET.items()})
        state["user_id"] = person
        for name in KEPT:
            value = payload.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                state[name] = value
        comparing = payload.get("comparing")
        if isinstance(comparing, dict):
            state["comparing"] = {name: comparing.get(name) for name in COMPARING}
        self.changed = place


class Rooms:
    """All rooms, by playlist."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}

    def get(self, playlist: str) -> Room:
        """A room; an empty one is not kept."""
        return self._rooms.get(playlist) or Room()

    def join(
        self, playlist: str, seat: Seat, member: Member, payload: dict[str, Any] | None
    ) -> None:
        """Take a seat; the first one in a room sets its state."""
        room = self._rooms.setdefault(playlist, Room())
        if not room.members and payload is not None:
            room.set(member.person, payload, member.joined)
        room.members.setdefault(seat, member)

    def update(self, playlist: str, person: str, payload: dict[str, Any], place: int) -> Room:
        """Set the state of a room; of one that nobody is in, it is not kept."""
        room = self.get(playlist)
        room.set(person, payload, place)
        return room

    def leave(self, playlist: str, seat: Seat) -> None:
        """Leave a seat; an empty room is forgotten."""
        room = self._rooms.get(playlist)
        if room is not None:
            room.members.pop(seat, None)
            if not room.members:
                del self._rooms[playlist]

    def leave_all(self, process: str) -> list[str]:
        """Empty the seats of a process that has ended; returns the rooms where it had some."""
        left = []
        for playlist, room in list(self._rooms.items()):
            seats = [seat for seat in room.members if seat.process == process]
            for seat in seats:
                self.leave(playlist, seat)
            if seats:
                left.append(playlist)
        return left

    # --- what each process says of its seats ------------------------------------------------------

    def snapshot(self, process: str, seats: dict[str, dict[str, str]]) -> dict[str, Any]:
        """The seats of a process, people by socket by room, with the states of their rooms."""
        found: dict[str, Any] = {}
        for playlist, people in seats.items():
            room = self.get(playlist)
            members = {
                socket: room.members.get(Seat(process, socket), Member(person, LATE))
                for socket, person in people.items()
            }
            found[playlist] = {
                "seats": {socket: list(member) for socket, member in members.items()},
                "state": room.state,
            }
        return found

    def merge(self, process: str, snapshot: dict[str, Any], asked: int) -> list[str]:
        """Make these the seats of a process; returns the rooms that it concerns.

        States count where this process had none, or has heard of no change since the place where
        they were ``asked`` for.
        """
        concerned = set(snapshot)
        for playlist, room in list(self._rooms.items()):
            kept = snapshot.get(playlist, {}).get("seats", {})
            for seat in list(room.members):
                if seat.process == process and seat.socket not in kept:
                    self.leave(playlist, seat)
                    concerned.add(playlist)
        for playlist, found in snapshot.items():
            known = self._rooms.get(playlist)
            room = self._rooms.setdefault(playlist, known or Room())
            if known is None or room.changed < asked:
                room.state = found["state"]
            for socket, (person, joined) in found["seats"].items():
                room.members.setdefault(Seat(process, socket), Member(person, joined))
        return sorted(concerned)
