"""Events that set a state are handled in order, with any number of replicas."""

from __future__ import annotations

import json
import signal
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from kombu import Connection

from tests.running import Caller, System, until
from tests.world import World

QUEUE = "assets.take_main_preview.ordered"
FORMER = "assets.take_main_preview"
COUNT = 120


@pytest.fixture(autouse=True)
def restored(system: System) -> Iterator[None]:
    """One process of each again."""
    yield
    system.restore()


def publish(system: System, previews: list[str], world: World, queue: str = "") -> None:
    """Publish a ``set-main`` event for each preview in turn, to one queue or to all."""
    now = datetime.now(UTC).replace(tzinfo=None).isoformat()
    # With confirms: what a quorum queue has not taken when its publisher leaves is lost.
    options = {"confirm_publish": True}
    with Connection(system.parts.amqp_uri, transport_options=options) as connection:
        producer = connection.Producer()
        for preview in previews:
            payload = {"entity_id": world.asset, "preview_file_id": preview}
            producer.publish(
                json.dumps(payload),
                exchange="" if queue else "tasks.events",
                routing_key=queue or "preview-file:set-main",
                content_type="application/json",
                headers={
                    "name": "preview-file:set-main",
                    "event_id": str(uuid.uuid4()),
                    "stored": "0",
                    "time": now,
                },
            )


def declared(system: System, queue: str) -> Any:
    """The number of messages and consumers of a queue."""
    with Connection(system.parts.amqp_uri) as connection:
        return connection.channel().queue_declare(queue, passive=True)


def main_preview(admin: Caller, world: World) -> str | None:
    """The entity's main preview; None while the service is down."""
    response: str | None = admin.get(f"/data/entities/{world.asset}").json().get("preview_file_id")
    return response


def test_the_last_event_wins_with_two_replicas(system: System, world: World, admin: Caller) -> None:
    """Also after the active consumer is killed in between."""
    system.start_seconds("assets")
    # The broker counts the active consumer alone.
    until(lambda: declared(system, QUEUE).consumer_count == 1, what="a consumer")
    until(lambda: declared(system, FORMER).consumer_count == 2, what="both replicas")
    previews = [str(uuid.uuid4()) for _ in range(COUNT)]
    publish(system, previews, world)
    until(lambda: main_preview(admin, world) == previews[-1], 30, "the last preview")
    until(lambda: declared(system, QUEUE).message_count == 0, what="an empty queue")
    assert main_preview(admin, world) == previews[-1]

    for victim in ("assets", "assets.2"):
        previews = [str(uuid.uuid4()) for _ in range(COUNT)]
        publish(system, previews, world)
        until(lambda p=previews: main_preview(admin, world) in p, what="the first of them")
        system.kill(victim, signal.SIGKILL)
        if victim == "assets":
            system.start("assets")
        until(lambda p=previews: main_preview(admin, world) == p[-1], 40, "the last preview")
        until(lambda: declared(system, QUEUE).message_count == 0, what="an empty queue")
        assert main_preview(admin, world) == previews[-1]


def test_the_queue_of_the_last_release_is_unbound_and_drained(
    system: System, world: World, admin: Caller
) -> None:
    """Its messages are handled; new ones go to the new queue only."""
    with Connection(system.parts.amqp_uri) as connection:
        connection.channel().queue_bind(FORMER, "tasks.events", "preview-file:set-main")
    left = str(uuid.uuid4())
    publish(system, [left], world, FORMER)
    until(lambda: main_preview(admin, world) == left, what="what was left")
    system.kill("assets", signal.SIGTERM)
    system.start("assets")
    until(lambda: declared(system, QUEUE).consumer_count == 1, 30, "a new process")
    system.kill("assets", signal.SIGTERM)
    last = str(uuid.uuid4())
    publish(system, [last], world)
    assert declared(system, FORMER).message_count == 0
    until(lambda: declared(system, QUEUE).message_count == 1, what="the event")
    system.start("assets")
    system.wait()
    until(lambda: main_preview(admin, world) == last, what="the new state")
