"""Several workers on one port: a session lives in one of them, connections come to any."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator

import pytest
import requests
import socketio

from tests.listening import LiveClient, Stream
from tests.running import Caller, System, token_for, until
from tests.system.live.test_rooms import STATE, Reviewer
from tests.world import World

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SESSIONS = 6


@pytest.fixture(scope="module")
def system(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The other tests' services behind a gateway with two workers, beside that of the others."""
    folder = tmp_path_factory.mktemp("workers")
    found = System(system.parts, folder, {"WEB_CONCURRENCY": "2"})
    found.start("gateway")
    try:
        found.wait()
        yield found
    finally:
        found.stop()


class Session:
    """A polling session, each request of which has a connection of its own."""

    def __init__(self, system: System, token: str) -> None:
        self.url = f"{system.base}/socket.io/?EIO=4&transport=polling"
        self.headers = {"Authorization": f"Bearer {token}", "Connection": "close"}
        opened = requests.get(self.url, headers=self.headers, timeout=10)
        self.sid: str = json.loads(opened.text[1:])["sid"]
        self.url += f"&sid={self.sid}"
        self.send("40/events,")

    def send(self, text: str) -> None:
        """Post a packet."""
        answer = requests.post(self.url, text, headers=self.headers, timeout=10)
        assert answer.status_code == 200, answer.text

    def poll(self) -> str:
        """The next packets; answers pings."""
        answer = requests.get(self.url, headers=self.headers, timeout=50)
        assert answer.status_code == 200, answer.text
        if answer.text == "2":
            self.send("3")
        return answer.text


def test_polls_reach_the_worker_of_their_session(
    system: System, world: World, admin: Caller
) -> None:
    """Whichever worker accepts the connection: not one request is lost."""
    token = token_for(world.people["artist"])
    sessions = [Session(system, token) for _ in range(SESSIONS)]
    assert len({session.sid.partition(".")[0] for session in sessions}) == 2
    for session in sessions:
        assert session.poll().startswith("40/events,")
    for number in range(3):
        assert admin.put(f"/data/entities/{world.asset}", {"name": f"N{number}"}).ok
        for session in sessions:
            until(lambda s=session: "asset:update" in s.poll(), what="the event")


def test_a_session_upgrades_from_either_worker(system: System, world: World, admin: Caller) -> None:
    """As gazu does, with a connection of its own for the WebSocket."""
    token = token_for(world.people["artist"])
    clients = [LiveClient() for _ in range(SESSIONS)]
    heard: list[str] = []
    for client in clients:
        client.on("asset:update", lambda data: heard.append(data["asset_id"]), "/events")
        client.connect(
            system.base, headers={"Authorization": f"Bearer {token}"}, namespaces=["/events"]
        )
    assert {client.transport() for client in clients} == {"websocket"}
    assert admin.put(f"/data/entities/{world.asset}", {"name": "Upgraded"}).ok
    until(lambda: heard == [world.asset] * SESSIONS, what="all of them")
    for client in clients:
        client.disconnect()


def test_streams_of_both_workers_have_all(system: System, world: World, admin: Caller) -> None:
    """In the same order."""
    caller = system.caller(world.people["artist"])
    streams = [Stream(caller) for _ in range(SESSIONS)]
    for number in range(5):
        assert admin.put(f"/data/entities/{world.asset}", {"name": f"S{number}"}).ok
    for stream in streams:
        until(lambda s=stream: s.names.count("asset:update") == 5, what="all five")
    assert len({tuple(stream.positions) for stream in streams}) == 1
    for stream in streams:
        stream.close()


def worker_of(client: socketio.Client) -> int:
    """The process where a client's session lives."""
    return int(client.eio.sid.partition(".")[0])


def test_a_room_is_one_in_all_workers_and_outlives_each(
    system: System, world: World, admin: Caller
) -> None:
    """Its people are those of all; those of a killed one leave."""
    reviewers: dict[int, Reviewer] = {}
    spare: list[Reviewer] = []
    while len(reviewers) < 2:
        one = Reviewer(system.base, world.people["artist" if reviewers else "manager"])
        if worker_of(one.client) in reviewers:
            spare.append(one)
        else:
            reviewers[worker_of(one.client)] = one
    (first, one), (_, other) = reviewers.items()
    for reviewer in (one, other):
        reviewer.send("open-playlist")
        reviewer.send("join", STATE)
        one.wait_for("room-updated")
    both = [one.person, other.person]
    other.wait_for("room-updated", people=both)
    one.send("room-updated", {"current_frame": 41})
    other.wait_for("room-updated", current_frame=41, user_id=one.person)
    os.kill(first, signal.SIGKILL)
    other.wait_for("room-people-updated", people=[other.person])
    # A worker that starts learns of the room from the others.
    newcomers: list[Reviewer] = []
    # The kernel chooses the worker of each connection.
    while len({worker_of(newcomer.client) for newcomer in newcomers}) < 2:
        newcomers.append(Reviewer(system.base, world.people["supervisor"]))
    for newcomer in newcomers:
        newcomer.send("open-playlist")
        assert newcomer.wait_for("room-people-updated")["people"][0] == other.person
        newcomer.send("join", {"current_frame": 1})
        newcomer.wait_for("room-updated", current_frame=41)
    for reviewer in (other, *newcomers, *spare):
        reviewer.client.disconnect()


def test_a_session_of_nobody_is_refused(system: System) -> None:
    """Also one that names a worker which is not there: its client begins anew."""
    for sid in ("1.abc", "999999999.abc", "abc"):
        url = f"{system.base}/socket.io/?EIO=4&transport=polling&sid={sid}"
        assert requests.get(url, timeout=10).status_code == 400
