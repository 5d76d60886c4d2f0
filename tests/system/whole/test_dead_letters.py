"""Dead letters over HTTP: nothing is lost, whatever dies while they are moved."""

from __future__ import annotations

import json
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import psycopg2
import pytest
from kombu import Connection, Queue

from services.common.wire.topology import DEAD, QUEUE
from tests.letters import count, letters, none_left, wait_for
from tests.running import Caller, System, until
from tests.world import World

#: A queue of a program, whose rejected events are dead-lettered.
MINE: Final = "a program's queue"
EVENTS: Final = "tasks.forget_time_in_day_off.ordered"


class Program:
    """A subscriber that rejects events, or takes them."""

    def __init__(self, system: System) -> None:
        self.connection = Connection(system.parts.amqp_uri)
        self.channel = self.connection.channel()
        Queue(MINE, queue_arguments={**QUEUE}).bind(self.channel).declare()
        self.channel.queue_purge(MINE)

    def publish(self, number: int, **headers: Any) -> str:
        """Have an event come to the queue; returns its id."""
        ident = str(uuid.uuid4())
        self.connection.Producer(self.channel, serializer="json").publish(
            {"number": number},
            exchange="",
            routing_key=MINE,
            headers={"event_id": ident, "name": "sample:new", **headers},
        )
        return ident

    def next(self) -> Any:
        """The next event."""
        return until(lambda: self.channel.basic_get(MINE), what="an event")

    def take(self) -> Any:
        """Handle the next event."""
        message = self.next()
        self.channel.basic_ack(message.delivery_tag)
        return message

    def reject(self, amount: int = 1) -> None:
        """Fail on the next events."""
        for _ in range(amount):
            self.channel.basic_reject(self.next().delivery_tag, requeue=False)

    def waiting(self) -> int:
        """How many events wait."""
        return int(self.channel.queue_declare(MINE, passive=True).message_count)


@pytest.fixture
def program(system: System, admin: Caller) -> Iterator[Program]:
    """A program; no dead letters."""
    none_left(system, admin)
    found = Program(system)
    yield found
    found.channel.queue_delete(MINE)
    found.connection.release()
    none_left(system, admin)


@contextmanager
def locked(system: System, statement: str) -> Iterator[None]:
    """Hold locks on the letters meanwhile."""
    connection = psycopg2.connect(system.parts.urls["crud"])
    try:
        connection.cursor().execute(statement)
        yield
    finally:
        connection.close()


def start_again(system: System) -> None:
    """Have the killed service back."""
    system.start("crud")
    until(lambda: system.consumers("crud") == 1, 60, "the service")
    system.wait()


def test_an_event_comes_back_as_it_was(admin: Caller, program: Program) -> None:
    """It is looked at without being taken, then replayed: in order, with what it had."""
    idents = [program.publish(number, sample="yes") for number in range(3)]
    program.reject(3)
    rows = wait_for(admin, 3)
    assert [row["event_id"] for row in reversed(rows)] == idents
    assert {(row["queue"], row["reason"], row["name"]) for row in rows} == {
        (MINE, "rejected", "sample:new")
    }
    shown = admin.get(f"/data/dead-letters/{rows[0]['id']}").json()
    assert (shown["body"], shown["headers"]["sample"]) == ({"number": 2}, "yes")
    assert letters(admin)["queues"] == {MINE: 3}
    answer = admin.post("/data/dead-letters/replay", {"queue": MINE})
    assert answer.json() == {"replayed": 3, "kept": {}, "more": False}
    assert count(admin) == 0
    for number, ident in enumerate(idents):
        message = program.take()
        assert json.loads(message.body) == {"number": number}
        assert (message.headers["event_id"], message.headers["sample"]) == (ident, "yes")
        assert "x-death" not in message.headers


def test_an_event_that_dies_again_is_another_letter(admin: Caller, program: Program) -> None:
    """As often as it does, however soon."""
    ident = program.publish(1)
    program.reject()
    seen: list[str] = []
    for _ in range(3):
        (row,) = wait_for(admin, 1)
        assert row["event_id"] == ident
        assert row["id"] not in seen
        seen.append(row["id"])
        assert admin.post(f"/data/dead-letters/{row['id']}/replay", None).json()["replayed"] == 1
        program.reject()
    wait_for(admin, 1)


def test_what_no_queue_takes_is_kept(admin: Caller, program: Program) -> None:
    """The broker would confirm and drop it."""
    program.publish(1)
    program.reject()
    (row,) = wait_for(admin, 1)
    program.channel.queue_delete(MINE)
    refused = admin.post(f"/data/dead-letters/{row['id']}/replay", None)
    assert refused.status_code == 400
    assert "its queue is gone" in refused.json()["message"]
    answer = admin.post("/data/dead-letters/replay", {"queue": None}).json()
    assert answer == {"replayed": 0, "kept": {row["id"]: "its queue is gone"}, "more": False}
    assert count(admin) == 1
    assert admin.delete(f"/data/dead-letters/{row['id']}").status_code == 204
    assert count(admin) == 0


def test_a_crash_between_publishing_and_forgetting_loses_nothing(
    system: System, world: World, admin: Caller, program: Program
) -> None:
    """The event is published, the letter is there still, and the second replay changes nothing."""
    artist = world.people["artist"]
    ident, name = str(uuid.uuid4()), "day-off:covers"
    body = {"date": "2030-01-07", "end_date": "2030-01-08", "person_id": artist}
    death = {"queue": EVENTS, "reason": "rejected", "routing-keys": [name], "count": 1}
    now = datetime.now(UTC).replace(tzinfo=None).isoformat()
    program.connection.Producer(program.channel, serializer="json").publish(
        body,
        exchange=DEAD,
        routing_key=name,
        headers={"event_id": ident, "name": name, "time": now, "x-death": [death]},
    )
    (row,) = wait_for(admin, 1)
    spent = {"duration": 60, "date": "2030-01-07", "task_id": world.task, "person_id": artist}

    def work() -> None:
        assert admin.post("/data/time-spents", spent).ok

    def handled() -> bool:
        return admin.get("/data/time-spents").json() == []

    work()
    with locked(system, "SELECT FROM dead_letter FOR UPDATE"):
        refused = admin.post(f"/data/dead-letters/{row['id']}/replay", None, timeout=60)
        assert refused.status_code == 502
        until(handled, what="the event's handling")
        system.kill("crud", signal.SIGKILL)
    start_again(system)
    assert [one["id"] for one in letters(admin)["data"]] == [row["id"]]
    work()
    assert admin.post(f"/data/dead-letters/{row['id']}/replay", None).json()["replayed"] == 1
    assert count(admin) == 0
    until(
        lambda: program.channel.queue_declare(EVENTS, passive=True).message_count == 0,
        what="an empty queue",
    )
    # The inbox knows the event: what was done since then stays.
    assert not handled()


def test_a_crash_before_a_letter_is_stored_loses_nothing(
    system: System, admin: Caller, program: Program
) -> None:
    """It is acknowledged after the commit, so the broker delivers it once more."""
    with locked(system, "LOCK TABLE dead_letter IN SHARE MODE"):
        program.publish(1)
        program.reject()
        until(lambda: program.channel.queue_declare(DEAD, passive=True).message_count == 0)
        system.kill("crud", signal.SIGKILL)
    start_again(system)
    (row,) = wait_for(admin, 1)
    assert (row["queue"], row["name"]) == (MINE, "sample:new")


def test_letters_wait_for_the_service(system: System, admin: Caller, program: Program) -> None:
    """In their queue."""
    system.kill("crud", signal.SIGTERM)
    program.publish(1)
    program.reject()
    until(
        lambda: program.channel.queue_declare(DEAD, passive=True).message_count == 1,
        what="the letter in its queue",
    )
    start_again(system)
    wait_for(admin, 1)


def test_only_administrators_see_them(system: System, world: World) -> None:
    """They hold events of all productions."""
    manager = system.caller(world.people["manager"])
    for answer in (
        manager.get("/data/dead-letters"),
        manager.post("/data/dead-letters/replay", {"queue": None}),
        manager.post("/data/dead-letters/discard", {"queue": None}),
    ):
        assert answer.status_code == 403
