"""Replaying the history into a file and a queue."""

from __future__ import annotations

import gzip
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import kombu
import psycopg2
import pytest

from deploy.replay import main
from deploy.transfer.report import TransferError
from tests.running import Caller, System, until
from tests.world import World

QUEUE = "replayed-events"


@pytest.fixture
def changed(system: System, admin: Caller, world: World) -> list[int]:
    """The positions of five changes of a task."""
    earlier = positions(system)
    for priority in range(1, 6):
        admin.put(f"/data/tasks/{world.task}", {"priority": priority})
    until(lambda: len(positions(system)) == len(earlier) + 5, what="the history")
    return positions(system)[-5:]


def positions(system: System) -> list[int]:
    """The positions of all changes of tasks."""
    query = "SELECT position FROM event_history WHERE name = 'task:update' ORDER BY position"
    with (
        closing(psycopg2.connect(system.parts.urls["crud"])) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(query)
        return [position for (position,) in cursor]


def environ(system: System, **given: Any) -> dict[str, str]:
    """The environment of the command."""
    urls = {f"{name.upper()}_DATABASE_URL": url for name, url in system.parts.urls.items()}
    given = {name.upper(): str(value) for name, value in given.items()}
    return {**urls, "AMQP_URI": system.parts.amqp_uri, **given}


def test_a_range_is_replayed_into_a_file(
    system: System, changed: list[int], tmp_path: Path
) -> None:
    """One event a line, in order; both ends are part of it."""
    path = tmp_path / "events.jsonl.gz"
    given = {"since": changed[1], "until": changed[3], "events": "task:up* shot:new"}
    told = main(environ(system, to=f"file:{path}", **given))
    assert told == f"3 events replayed to {path}."
    with gzip.open(path, "rt") as file:
        lines = [json.loads(line) for line in file]
    assert [line["position"] for line in lines] == changed[1:4]
    assert [line["changes"]["priority"]["after"] for line in lines] == [2, 3, 4]


def test_a_queue_gets_what_its_exchange_had(
    system: System, changed: list[int], world: World
) -> None:
    """With a header that says that it came again."""
    with kombu.Connection(system.parts.amqp_uri) as connection:
        queue = kombu.Queue(QUEUE, durable=False, expires=60)
        bound = queue(connection.default_channel)
        bound.declare()
        given = {"since": changed[0], "events": "task:update", "production": world.project}
        main(environ(system, to=f"queue:{QUEUE}", **given))
        messages = [bound.get(no_ack=True) for _ in changed]
        assert bound.get(no_ack=True) is None
    assert [message.headers["position"] for message in messages] == changed
    assert {message.headers["replayed"] for message in messages} == {True}
    assert [json.loads(message.body)["position"] for message in messages] == changed


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, r"^Set TO="),
        ({"to": "file:"}, r"^Set TO="),
        ({"to": "queue:nobody"}, r"^There is no queue nobody"),
        ({"to": "file:x", "since": "yesterday"}, r"^SINCE is 'yesterday'"),
        ({"to": "file:x", "production": "Film"}, r"^PRODUCTION is 'Film'"),
        ({"to": "file:x", "events": "TASK:*"}, r"^EVENTS has 'TASK:\*'"),
        ({"to": "file:/nowhere/x"}, r"^TO names /nowhere/x, which can't be written"),
    ],
    ids=["nowhere", "no file", "no queue", "no time", "no production", "no events", "no folder"],
)
def test_what_can_not_be_replayed_is_told_in_a_sentence(
    system: System, given: dict[str, str], message: str
) -> None:
    """It names the variable."""
    with pytest.raises(TransferError, match=message):
        main(environ(system, **given))
