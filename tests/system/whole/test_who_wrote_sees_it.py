"""Read your writes: a read in another service right after a write, with two replicas."""

from __future__ import annotations

import signal
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.positions import COOKIE, HEADER, STALE_HEADER
from services.common.runtime.positions import WAIT_SECONDS
from tests.running import SERVICES, System
from tests.world import World
from tests.writing import PAIRS, Writer

#: Rounds of each pair; ``make bench ONLY=positions`` has thousands.
ROUNDS = 4


@pytest.fixture(scope="module")
def two_replicas(system: System) -> Iterator[System]:
    """Two replicas of every service."""
    system.start_seconds(*SERVICES)
    yield system
    system.restore()


@pytest.mark.parametrize("pair", PAIRS)
def test_a_write_is_seen_by_the_next_read(two_replicas: System, world: World, pair: str) -> None:
    """Of the same client, in any service."""
    writer = Writer(two_replicas.caller(world.admin), world)
    stale = [number for number in range(ROUNDS) if writer.is_stale(pair)]
    assert stale == []
    assert writer.behind < ROUNDS


def test_the_effects_of_events_are_seen_too(two_replicas: System, world: World) -> None:
    """The number of ready assets, which ``tasks`` counts by event."""
    writer = Writer(two_replicas.caller(world.admin), world)
    asset = {"ready_for": writer.shot_type}
    assert writer.caller.put(f"/data/entities/{world.asset}", asset).status_code == 200
    for _ in range(ROUNDS):
        shot = writer.shot()
        task = writer.task(shot)
        path = f"/data/projects/{world.project}/entities/{shot}/casting"
        writer.caller.put(path, [{"asset_id": world.asset, "nb_occurences": 1}])
        assert writer.read(f"/data/tasks/{task}")["nb_assets_ready"] == 1


def test_the_header_replaces_the_cookie(two_replicas: System, world: World) -> None:
    """With the value from the answer to the write."""
    admin = two_replicas.caller(world.admin)
    for _ in range(ROUNDS):
        response = admin.post("/data/departments", {"name": uuid.uuid4().hex, "color": "#000000"})
        admin.session.cookies.clear()
        headers = {HEADER: response.headers[HEADER]}
        events = admin.get("/data/events/last?limit=50", headers=headers).json()
        assert any(response.json()["id"] in event["data"].values() for event in events)


def test_writes_at_the_same_time_are_all_seen(two_replicas: System, world: World) -> None:
    """By the next read of their session, whichever was answered last."""
    writer = Writer(two_replicas.caller(world.admin), world)
    for _ in range(ROUNDS):
        with ThreadPoolExecutor(4) as pool:
            futures = [pool.submit(writer.made, "/data/entity-types") for _ in range(4)]
        ids = {future.result()["id"] for future in futures}
        behind, events = writer.behind, writer.read("/data/events/last?limit=50")
        logged = {event["data"].get("asset_type_id") for event in events}
        assert ids <= logged or writer.behind > behind
    assert writer.behind < ROUNDS


def test_a_read_sets_no_cookie(system: System, world: World) -> None:
    """Cached answers keep their headers."""
    admin = system.caller(world.admin)
    admin.post("/data/departments", {"name": "Lighting", "color": "#000000"})
    assert [name for name in admin.session.cookies.get_dict() if name.startswith(COOKIE)]
    for path in ("/data/departments", "/data/events/last", "/config"):
        assert "Set-Cookie" not in admin.get(path).headers


@pytest.fixture
def standstill(system: System) -> Iterator[Callable[[], None]]:
    """Stop the relay for the test."""
    yield lambda: system.kill("relay", signal.SIGSTOP)
    system.kill("relay", signal.SIGCONT)


def test_without_a_relay_an_answer_names_what_is_stale(
    system: System, world: World, standstill: Callable[[], None]
) -> None:
    """After a second, with the present state; other clients don't wait."""
    admin, other = system.caller(world.admin), system.caller(world.admin)
    standstill()
    body = admin.post("/data/departments", {"name": "Lighting", "color": "#000000"}).json()
    began = time.monotonic()
    response = admin.get("/data/events/last?limit=50")
    assert time.monotonic() - began >= WAIT_SECONDS
    assert response.status_code == 200
    assert response.headers[STALE_HEADER] == "crud"
    assert not any(body["id"] in event["data"].values() for event in response.json())
    assert STALE_HEADER not in other.get("/data/events/last?limit=50").headers
    assert STALE_HEADER not in admin.get(f"/data/departments/{body['id']}").headers


def test_without_a_relay_a_delete_names_what_is_stale(
    system: System, world: World, standstill: Callable[[], None]
) -> None:
    """The row is deleted, the tasks of a deleted shot not yet."""
    writer = Writer(system.caller(world.admin), world)
    shot = writer.shot()
    writer.task(shot)
    standstill()
    response = writer.caller.delete(f"/data/shots/{shot}?force=true")
    assert response.status_code == 204
    assert "tasks" in response.headers[STALE_HEADER].split(",")
