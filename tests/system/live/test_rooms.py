"""Review rooms: who is in them, what they look at, and who may send what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.listening import LiveClient
from tests.running import Caller, System, token_for, until
from tests.world import World, ident

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
PLAYLIST = ident("playlist review")
STATE = {
    "playlist_id": PLAYLIST,
    "is_playing": True,
    "current_frame": 12,
    "current_entity_index": 1,
    "handle_in": 3,
    "comparing": {"enable": True, "mode": "overlay", "unknown": 1},
    "user_id": "somebody else",
}
Payload = dict[str, Any]


class Reviewer:
    """A client in the room, like the web interface."""

    def __init__(self, base: str, person: str, token: str = "") -> None:
        self.person = person
        self.heard: list[tuple[str, Payload]] = []
        self.client = LiveClient()
        self.client.on("*", self._note, namespace="/events")
        headers = {"Authorization": f"Bearer {token or token_for(person)}"}
        self.client.connect(base, headers=headers, namespaces=["/events"])

    def _note(self, name: str, payload: Payload) -> None:
        if name.startswith("preview-room:"):
            self.heard.append((name.partition(":")[2], payload))

    def send(self, name: str, payload: Any = None, *more: Any) -> None:
        """A message about the room."""
        given = {"playlist_id": PLAYLIST, **(payload or {})} if not isinstance(payload, str) else ""
        data = (given, *more) if more else given
        self.client.emit(f"preview-room:{name}", data, namespace="/events")

    def last(self, name: str) -> Payload | None:
        """The newest message of that name."""
        return next((p for n, p in reversed(self.heard) if n == name), None)

    def wait_for(self, name: str, **payload: Any) -> Payload:
        """The newest message, once it has this."""

        def found() -> Payload | None:
            last = self.last(name)
            return last if last and payload.items() <= last.items() else None

        try:
            got: Payload = until(found, 15, name)
        except AssertionError as error:
            error.add_note(f"{payload} is not in {self.heard}")
            raise
        return got


Make = Callable[[str], Reviewer]


@pytest.fixture
def reviewer(system: System, world: World) -> Iterator[Make]:
    """Makes clients by the names of people."""
    made: list[Reviewer] = []

    def make(name: str) -> Reviewer:
        made.append(Reviewer(system.base, world.people[name]))
        return made[-1]

    yield make
    for one in made:
        one.client.disconnect()


def test_a_review(reviewer: Make) -> None:
    """From the first who opens it to the last who leaves."""
    manager, artist = reviewer("manager"), reviewer("artist")
    for one in (manager, artist):
        one.send("open-playlist")
        people = one.wait_for("room-people-updated")
        assert people == {"people": [], "playlist_id": PLAYLIST, "id": PLAYLIST}
    manager.send("join", STATE)
    for one in (manager, artist):
        one.wait_for("room-people-updated", people=[manager.person])
        state = one.wait_for("room-updated", is_playing=True)
        assert state["user_id"] == manager.person
        assert state["comparing"] == {
            "enable": True,
            "mode": "overlay",
            "task_type": None,
            "revision": None,
            "comparison_preview_index": None,
        }
        assert "only_newcomer" not in state
    artist.send("join", {"is_playing": False, "current_frame": 99})
    both = [manager.person, artist.person]
    assert manager.wait_for("room-updated", people=both)["current_frame"] == 12
    artist.send("room-updated", {"local_id": "a#1", "room_seq": 4, "handle_out": 7}, True)
    state = manager.wait_for("room-updated", only_newcomer=True)
    assert state["user_id"] == artist.person
    assert (state["room_seq"], state["handle_out"], state["current_frame"]) == (4, 7, 12)
    assert (state["is_playing"], state["handle_in"]) == (False, None)
    manager.client.disconnect()
    artist.wait_for("room-people-updated", people=[artist.person])
    artist.send("leave")
    artist.wait_for("room-people-updated", people=[])


@pytest.mark.parametrize(
    "name", ["add-annotation", "update-annotation", "panzoom-changed", "change-version"]
)
def test_messages_are_passed_on_signed(reviewer: Make, name: str) -> None:
    """To everybody, the sender too; whatever the sender claims to be."""
    manager, artist = reviewer("manager"), reviewer("artist")
    for one in (manager, artist):
        one.send("open-playlist")
        one.wait_for("room-people-updated")
    artist.send(name, {"data": {"local_id": "a", "user_id": manager.person, "time": 1.5}})
    for one in (manager, artist):
        data = one.wait_for(name)["data"]
        assert data == {"local_id": "a", "user_id": artist.person, "time": 1.5}


def test_a_person_with_two_tabs_leaves_with_the_last(reviewer: Make) -> None:
    """Each socket has a seat."""
    watcher, tabs = reviewer("manager"), [reviewer("artist"), reviewer("artist")]
    watcher.send("open-playlist")
    watcher.wait_for("room-people-updated")
    for tab in tabs:
        tab.send("join", STATE)
    until(lambda: [n for n, _ in watcher.heard].count("room-updated") >= 2, 15, "both tabs")
    watcher.wait_for("room-updated", people=[tabs[0].person])
    tabs[0].send("leave")
    watcher.send("join")
    watcher.wait_for("room-people-updated", people=[tabs[0].person, watcher.person])
    tabs[1].client.disconnect()
    watcher.wait_for("room-people-updated", people=[watcher.person])


@pytest.mark.parametrize("name", ["client", "vendor", "stranger"])
def test_who_may_not_read_the_playlist_is_not_there(reviewer: Make, name: str) -> None:
    """They neither hear the room nor are heard in it."""
    manager, other = reviewer("manager"), reviewer(name)
    manager.send("open-playlist")
    manager.wait_for("room-people-updated")
    for message in ("open-playlist", "join", "room-updated", "add-annotation", "leave"):
        other.send(message, {**STATE, "data": {"text": "let me in"}})
    manager.send("join", {"current_frame": 5})
    manager.wait_for("room-updated", people=[manager.person], current_frame=5)
    assert other.heard == []
    assert manager.last("add-annotation") is None


def test_an_account_that_only_reads_says_nothing(
    system: System, reviewer: Make, world: World, admin: Caller
) -> None:
    """It is in the room, and hears; what it sends is for nobody."""
    admin.put(f"/data/playlists/{PLAYLIST}", {"for_client": True})
    path = f"/data/projects/{world.project}/preview-account"
    account = admin.post(path, {}).json()
    admin.put(path, {"is_open": True})
    credentials = {name: account[name] for name in ("email", "password")}
    session = Caller(system.base, None).post("/auth/login", credentials).json()
    guest = Reviewer(system.base, account["id"], session["access_token"])
    artist = reviewer("artist")
    for one in (guest, artist):
        one.send("open-playlist")
        one.wait_for("room-people-updated")
        one.send("join", STATE)
        one.wait_for("room-people-updated", id=PLAYLIST)
    artist.wait_for("room-people-updated", people=[guest.person, artist.person])
    guest.send("room-updated", {"local_id": "forged"})
    guest.send("add-annotation", {"data": {"local_id": "forged"}})
    # Messages of a socket are handled in their order.
    guest.send("leave")
    artist.wait_for("room-people-updated", people=[artist.person])
    assert "forged" not in str(artist.heard)
    artist.send("room-updated", {"local_id": "heard"})
    guest.wait_for("room-updated", local_id="heard")
    guest.client.disconnect()


def test_what_cannot_be_told_is_dropped_in_silence(system: System, reviewer: Make) -> None:
    """Not only what is no JSON object: half characters can be said in JSON, and not in UTF-8."""
    artist = reviewer("artist")
    artist.send("open-playlist")
    artist.wait_for("room-people-updated")
    artist.send("add-annotation", {"data": {"text": "\ud800"}})
    artist.send("add-annotation", {"data": {"text": "whole"}})
    artist.wait_for("add-annotation", data={"text": "whole"})
    assert "of a socket failed" not in system.logs()


def test_what_cannot_be_read_is_dropped(reviewer: Make) -> None:
    """Nor does it harm the connection."""
    manager = reviewer("manager")
    for payload in ("text", {"playlist_id": "abc"}, {"playlist_id": None}, {"playlist_id": 5}):
        manager.send("open-playlist", payload)
    manager.send("room-updated", STATE)
    manager.send("open-playlist")
    manager.wait_for("room-people-updated")
    manager.send("add-annotation", {"data": {"obj": "x" * 300_000}})
    manager.send("add-annotation", {"data": {"obj": "small"}})
    assert manager.wait_for("add-annotation")["data"] == {"obj": "small"}
    assert manager.last("room-updated") is None


def test_who_loses_the_production_is_put_out(reviewer: Make, world: World, admin: Caller) -> None:
    """Also in the middle of a review."""
    manager, artist = reviewer("manager"), reviewer("artist")
    for one in (manager, artist):
        one.send("open-playlist")
        one.send("join", STATE)
        manager.wait_for("room-updated")
    manager.wait_for("room-people-updated", people=[manager.person, artist.person])
    assert admin.delete(f"/data/projects/{world.project}/team/{artist.person}").ok
    manager.wait_for("room-people-updated", people=[manager.person])
    count = len(artist.heard)
    manager.send("room-updated", {"current_frame": 77})
    manager.wait_for("room-updated", current_frame=77)
    assert all(p.get("current_frame") != 77 for _, p in artist.heard[count:])
