"""Described events: what changed, what it is about, who may hear of it; none lost, none doubled."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import jsonschema
import kombu
import psycopg2
import pytest
import requests

from services.common.wire.topology import FULL
from tests.running import Caller, System, until
from tests.world import World

Full = list[dict[str, Any]]


@contextmanager
def described(system: System, *names: str) -> Iterator[tuple[Full, Callable[[int], Full]]]:
    """The described events with these names, and a function to wait until there are so many."""
    heard: Full = []
    with kombu.Connection(system.parts.amqp_uri) as connection:
        exchange = kombu.Exchange(FULL, "topic", durable=True)
        bindings = [kombu.binding(exchange, routing_key=name) for name in names]
        queue = kombu.Queue("", bindings=bindings, exclusive=True, auto_delete=True)

        def receive(body: Any, message: Any) -> None:
            heard.append({**body, "audience": message.headers["audience"]})

        def wait(count: int) -> Full:
            def enough() -> bool:
                with suppress(TimeoutError):
                    connection.drain_events(timeout=0.2)
                # A process that dies after publishing publishes again.
                return len({event["id"] for event in heard}) >= count

            until(enough, 30, f"{count} described events")
            return heard

        with connection.Consumer(queue, callbacks=[receive], no_ack=True):
            yield heard, wait


def history(system: System) -> list[tuple[int, str, str]]:
    """Position, id and name of all that is kept, in order."""
    with psycopg2.connect(system.parts.urls["crud"]) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT position, id::text, name FROM event_history ORDER BY position")
        rows = cursor.fetchall()
    connection.close()
    return rows


def test_an_event_says_what_changed_and_what_it_is_about(
    system: System, admin: Caller, world: World
) -> None:
    """A receiver needn't ask back."""
    with described(system, "task:update") as (_, wait):
        admin.put(f"/data/tasks/{world.task}", {"priority": 2})
        event = wait(1)[0]
    assert event["data"] == {"task_id": world.task, "project_id": world.project}
    assert event["changes"]["priority"] == {"before": 0, "after": 2}
    assert event["actor"]["id"] == world.admin
    about = event["about"]
    assert about["project"] == {"id": world.project, "name": "Film"}
    assert about["entity"] == {
        "id": world.asset,
        "name": "Hero",
        "kind": "Asset",
        "path": "Character / Hero",
    }
    assert about["task_type"]["name"] == "Modeling"
    assert about["task_status"]["name"] == "Todo"


def test_events_are_as_the_description_has_them(
    system: System, admin: Caller, world: World
) -> None:
    """``/asyncapi.json`` names a message for each."""
    described_events = requests.get(f"{system.base}/asyncapi.json", timeout=5).json()
    components = described_events["components"]
    with described(system, "#") as (_, wait):
        admin.put(f"/data/tasks/{world.task}", {"priority": 1})
        body = {"task_status_id": world.status, "comment": "as described"}
        admin.post(f"/actions/tasks/{world.task}/comment", body)
        heard = wait(3)
    assert {"task:update", "comment:new"} <= {event["name"] for event in heard}
    for event in heard:
        message = components["messages"][event["name"].replace(":", "_") + "_full"]
        jsonschema.validate(event, {**message["payload"], "components": components})


def test_a_deleted_row_is_described_as_it_was(system: System, admin: Caller, world: World) -> None:
    """Nobody could ask for it any more."""
    body = {"name": "Rig", "color": "#fff"}
    row = admin.post("/data/departments", body).json()
    with described(system, "department:delete") as (_, wait):
        admin.delete(f"/data/departments/{row['id']}")
        event = wait(1)[0]
    assert event["changes"]["name"] == {"before": "Rig", "after": None}


def test_events_that_the_log_leaves_out_are_in_the_history(
    system: System, admin: Caller, world: World
) -> None:
    """A notification, for one: only its receiver hears of it."""
    with described(system, "notification:new") as (_, wait):
        body = {"task_status_id": world.status, "comment": "look"}
        admin.post(f"/actions/tasks/{world.task}/comment", body)
        event = wait(1)[0]
    assert event["audience"] == f'{{"people":["{event["data"]["person_id"]}"]}}'
    assert (event["position"], event["id"], event["name"]) in history(system)


@pytest.mark.parametrize("victim", ["relay", "crud", "tasks"])
def test_a_process_that_dies_costs_no_event(
    system: System, admin: Caller, world: World, victim: str
) -> None:
    """Each is described once, in the order of its row's changes."""
    with described(system, "task:update") as (_, wait):
        for number in range(1, 13):
            if number == 6:
                system.kill(victim, signal.SIGKILL)
                system.start(victim)
            until(
                lambda number=number: (
                    admin.put(f"/data/tasks/{world.task}", {"priority": number}).ok
                ),
                20,
                "an accepted write",
            )
        heard = wait(12)
    first_copies = {event["id"]: event for event in reversed(heard)}
    ordered = sorted(first_copies.values(), key=lambda event: event["position"])
    told = [event["changes"]["priority"]["after"] for event in ordered if event["changes"]]
    assert told == list(range(1, 13))
    ids = [ident for _, ident, _ in history(system)]
    assert len(ids) == len(set(ids))
