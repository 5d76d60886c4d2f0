"""Outages: fast 502 answers while a component is down, and dead letters."""

from __future__ import annotations

import signal
import time
import uuid
from collections.abc import Callable, Iterator

import pytest
import requests
from kombu import Connection

from tests.chaos.faults import BACKING, killed
from tests.letters import none_left, wait_for
from tests.running import Caller, System, until
from tests.world import World


@pytest.fixture(autouse=True)
def restored(system: System) -> Iterator[None]:
    """Restart whatever was killed, for the next test."""
    yield
    system.restore()


def refused_within_two_seconds(send: Callable[[], requests.Response]) -> None:
    """Assert a 502 with Retry-After and a message, in time."""
    began = time.monotonic()
    answer = send()
    assert time.monotonic() - began < 2.3
    assert answer.status_code == 502, answer.text
    assert answer.headers["Retry-After"]
    assert set(answer.json()) == {"error", "message"}


@pytest.mark.alone
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_dead_or_hanging_service_is_a_502_within_two_seconds(
    system: System, admin: Caller, number: signal.Signals
) -> None:
    """For single reads and long lists; other services are unaffected."""
    admin.get("/data/departments")
    system.kill("tasks", number)
    try:
        refused_within_two_seconds(lambda: admin.get(f"/data/task-types/{uuid.uuid4()}"))
        refused_within_two_seconds(lambda: admin.get("/data/task-types"))
        assert admin.get("/data/departments").status_code == 200
        until(
            lambda: requests.get(f"{system.base}/health/ready", timeout=5).status_code == 503,
            what="the health check's word",
        )
    finally:
        if number is signal.SIGSTOP:
            system.kill("tasks", signal.SIGCONT)
        else:
            system.start("tasks")
    until(lambda: admin.get("/data/task-types").status_code == 200, 15, "recovery")


@pytest.mark.alone
def test_without_broker_or_database_answers_are_502_at_once(system: System, admin: Caller) -> None:
    """They don't hang; the health check names the component."""
    for name in BACKING:
        with killed(name)(system):
            refused_within_two_seconds(lambda: admin.get("/data/departments"))
        until(lambda: admin.get("/data/departments").status_code == 200, 40, "recovery")


def test_an_event_that_fails_in_a_handler_is_dead_lettered(
    system: System, world: World, admin: Caller
) -> None:
    """It doesn't block later events."""
    none_left(system, admin)
    with Connection(system.parts.amqp_uri) as connection:
        producer = connection.Producer(serializer="json")
        producer.publish(
            {"day_off_id": "x", "person_id": "no uuid", "date": "x", "end_date": "x"},
            exchange="crud.events",
            routing_key="day-off:covers",
            headers={"event_id": str(uuid.uuid4()), "stored": "0"},
        )
    (letter,) = wait_for(admin, 1)
    in_full = admin.get(f"/data/dead-letters/{letter['id']}").json()
    assert in_full["body"]["person_id"] == "no uuid"
    none_left(system, admin)
    spent = {
        "duration": 60,
        "date": "2030-01-07",
        "task_id": world.task,
        "person_id": world.people["artist"],
    }
    admin.post("/data/time-spents", spent)
    admin.post(
        "/data/day-offs",
        {"date": "2030-01-07", "end_date": "2030-01-08", "person_id": world.people["artist"]},
    )
    until(lambda: admin.get("/data/time-spents").json() == [], what="the next event's handling")
