"""Streams and long polls."""

from __future__ import annotations

import socket
import struct
import threading
import uuid

import pytest

from gateway.live.streams import BEAT_SECONDS
from tests.listening import Stream, poll, position
from tests.running import Caller, System, token_for, until
from tests.world import World


def rename(caller: Caller, world: World, name: str) -> None:
    """Rename the asset."""
    assert caller.put(f"/data/entities/{world.asset}", {"name": name}).status_code == 200


def test_a_change_arrives_described(system: System, world: World, admin: Caller) -> None:
    """With what changed, and the names that a receiver needs."""
    with Stream(system.caller(world.people["artist"])) as stream:
        rename(admin, world, "Heroine")
        event = stream.wait_for("asset:update", asset_id=world.asset)
    assert event["changes"]["name"] == {"before": "Hero", "after": "Heroine"}
    assert event["about"]["entity"]["path"] == "Character / Heroine"
    assert event["actor"]["full_name"] == "Admin Example"


def test_a_stream_goes_on_where_it_was(system: System, world: World, admin: Caller) -> None:
    """What happened meanwhile comes first, in order, each event once; by position, id or time."""
    artist = system.caller(world.people["artist"])
    with Stream(artist) as stream:
        rename(admin, world, "One")
        first = stream.wait_for("asset:update")
    for name in ("Two", "Three", "Four"):
        rename(admin, world, name)
    ways = (
        ("/events/stream?after=1", {"Last-Event-ID": stream.last}),
        (f"/events/stream?after={first['position']}", {}),
        (f"/events/stream?after={first['id']}", {}),
    )
    for path, headers in ways:
        with Stream(artist, path, **headers) as again:
            until(lambda s=again: len(s.events) >= 3, what="the three of meanwhile")
            rename(admin, world, f"Five {len(path)}")
            again.wait_for("asset:update", asset_id=world.asset)
            names = [e["changes"]["name"]["after"] for e in again.events[:3]]
            assert names == ["Two", "Three", "Four"]
            assert again.positions == sorted(set(again.positions))


def test_since_a_time(system: System, world: World, admin: Caller) -> None:
    """All of an old day comes from the history."""
    rename(admin, world, "Earlier")
    with Stream(admin, "/events/stream?since=2020-01-01T00:00:00") as stream:
        stream.wait_for("asset:update", asset_id=world.asset)
        rename(admin, world, "Later")
        until(
            lambda: any(
                e["changes"].get("name", {}).get("after") == "Later" for e in stream.events
            ),
            what="what happens now",
        )
        assert stream.positions == sorted(set(stream.positions))


def test_filters(system: System, world: World, admin: Caller) -> None:
    """All that are given must match; a star stands for any part of a name."""
    begin = position(admin)
    rename(admin, world, "Filtered")
    comment = {"task_status_id": world.status, "comment": "Fine"}
    assert admin.post(f"/actions/tasks/{world.task}/comment", comment).status_code == 201
    assert admin.put(f"/data/departments/{world.department}", {"color": "#1"}).status_code == 200
    until(
        lambda: (
            "department:update"
            in [e["name"] for e in poll(admin, after=begin, limit=1000)["events"]]
        ),
        what="all of it",
    )

    def names(**query: object) -> set[str]:
        return {e["name"] for e in poll(admin, after=begin, limit=1000, **query)["events"]}

    assert names(name=["asset:*", "department:update"]) == {"asset:update", "department:update"}
    assert "comment:new" in names(name="*:new")
    assert "asset:update" not in names(name="*:new")
    assert names(project_id=world.project) >= {"asset:update", "comment:new"}
    assert "department:update" not in names(project_id=world.project)
    assert names(project_id=world.past) == set()
    assert "comment:new" in names(task_id=world.task)
    assert "asset:update" not in names(task_id=world.task)
    assert names(entity_id=world.asset) >= {"asset:update", "comment:new"}
    assert "comment:new" in names(person_id=world.admin, entity_id=world.asset)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("name=Task:[new]", 400),
        ("project_id=here", 400),
        ("after=abc", 400),
        ("since=yesterday", 400),
        ("limit=none", 400),
        ("wait=soon", 400),
        (f"after={uuid.UUID(int=404)}", 404),
    ],
)
def test_what_cannot_be_read_is_refused(admin: Caller, query: str, status: int) -> None:
    """Before a stream begins."""
    answer = admin.get(f"/events?{query}")
    assert answer.status_code == status
    field = query.partition("=")[0]
    assert status == 404 or field in answer.text


def test_a_poll_waits_for_the_next_event(system: System, world: World, admin: Caller) -> None:
    """And answers as soon as there is one, with where to go on."""
    artist, begin = system.caller(world.people["artist"]), position(admin)
    answers: list[dict[str, object]] = []
    thread = threading.Thread(
        target=lambda: answers.append(poll(artist, after=begin, wait=30, name="asset:update"))
    )
    thread.start()
    rename(admin, world, "Polled")
    thread.join(20)
    (answer,) = answers
    (event,) = answer["events"]
    assert event["data"]["asset_id"] == world.asset
    assert answer["next"] >= event["position"] > begin
    assert answer["gap"] is None
    assert poll(artist, after=answer["next"], name="asset:update")["events"] == []


def test_pages_of_polls_leave_nothing_out(world: World, admin: Caller) -> None:
    """Each goes on where the one before ended."""
    begin = position(admin)
    for number in range(7):
        rename(admin, world, f"Name {number}")
    until(
        lambda: len(poll(admin, after=begin, name="asset:update")["events"]) == 7, what="all seven"
    )
    seen: list[str] = []
    while True:
        page = poll(admin, after=begin, limit=2, name="asset:update")
        if not page["events"]:
            break
        assert len(page["events"]) <= 2
        seen += [event["changes"]["name"]["after"] for event in page["events"]]
        begin = page["next"]
    assert seen == [f"Name {number}" for number in range(7)]


def test_nobody_hears_without_a_token(system: System) -> None:
    """As anywhere."""
    stranger = Caller(system.base, None)
    for path in ("/events", "/events/stream"):
        assert stranger.get(path).status_code == 401


def test_a_stream_with_a_request_behind_it_ends_with_its_connection(
    system: System, world: World
) -> None:
    """At once, and not at the next beat: the newest request isn't the one under way."""

    def open_streams() -> float:
        return system.scrape().sum("callboard_live_connections", kind="stream")

    head = f"Host: x\r\nAuthorization: Bearer {token_for(world.people['artist'])}\r\n\r\n"
    asked = (f"GET {path} HTTP/1.1\r\n{head}" for path in ("/events/stream", "/data/departments"))
    before = open_streams()
    with socket.create_connection(("127.0.0.1", system.port), 10) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.sendall("".join(asked).encode())
        until(lambda: open_streams() == before + 1, what="the stream")
    until(lambda: open_streams() == before, BEAT_SECONDS / 3, "its end")
