"""Several replicas share the work, and each may stop at any time."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import psutil
import psycopg2
import pytest
import requests

from tests.running import SERVICES, Caller, System, until
from tests.subscribing import Subscriber
from tests.traffic import Traffic
from tests.world import World


@pytest.fixture(autouse=True)
def restored(system: System) -> Iterator[None]:
    """One process of each again."""
    yield
    system.restore()


@contextmanager
def locked_row(system: System, department: str) -> Iterator[None]:
    """Lock the department's row, so that changes to it wait."""
    connection = psycopg2.connect(system.parts.urls["auth"])
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM department WHERE id = %s FOR UPDATE", (department,))
            yield
            connection.rollback()
    finally:
        connection.close()


def waiting_for_a_lock(system: System) -> int:
    """The number of waiting statements of the service."""
    connection = psycopg2.connect(system.parts.urls["auth"])
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE wait_event_type = 'Lock' AND query LIKE 'EXECUTE callboard_%'"
            )
            return int(cursor.fetchone()[0])
    finally:
        connection.close()


@contextmanager
def changes_that_wait(
    system: System, admin: Caller, world: World, count: int
) -> Iterator[list[Future[requests.Response]]]:
    """Requests that the service has accepted and can't finish before the block ends."""

    def change(number: int) -> requests.Response:
        caller = system.caller(world.admin)
        return caller.put(f"/data/departments/{world.department}", {"color": f"#{number}"})

    with ThreadPoolExecutor(count) as pool:
        with locked_row(system, world.department):
            result = [pool.submit(change, number) for number in range(count)]
            until(lambda: waiting_for_a_lock(system) == count, what="changes under way")
            yield result
        assert [future.result().status_code for future in result] == [200] * count


def test_each_replica_answers_its_share(system: System, world: World, admin: Caller) -> None:
    """While one is blocked, the other's requests are answered, whichever it is."""
    system.start_seconds("tasks")
    path = f"/data/task-types/{world.task_type}"
    admin.get(path)
    for frozen in ("tasks", "tasks.2"):
        system.kill(frozen, signal.SIGSTOP)
        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(system.caller(world.admin).get, path) for _ in range(8)]
            until(lambda a=asked: sum(f.done() for f in a) >= 3, what="the other's share")
            assert any(not future.done() for future in asked)
            system.kill(frozen, signal.SIGCONT)
            assert [future.result().status_code for future in asked] == [200] * 8


def test_a_drained_replica_finishes_its_requests_only(
    system: System, world: World, admin: Caller
) -> None:
    """New requests are answered by the other one."""
    with changes_that_wait(system, admin, world, 4):
        system.start_seconds("auth")
        system.processes["auth"].terminate()
        until(lambda: system.consumers("auth") == 1, what="the end of its consuming")
        with ThreadPoolExecutor(8) as pool:
            read = [
                pool.submit(system.caller(world.admin).get, "/data/departments") for _ in range(16)
            ]
            assert [future.result().status_code for future in read] == [200] * 16
        assert system.processes["auth"].poll() is None
    assert system.processes["auth"].wait(10) == 0


def test_a_drained_replica_fails_no_request_under_load(
    system: System, world: World, admin: Caller
) -> None:
    """Each service in turn is replaced, new before old, as in a rolling upgrade."""
    system.start_seconds(*SERVICES)
    with Traffic(system, world) as traffic:
        for name in SERVICES:
            traffic.until_some(3)
            system.kill(name, signal.SIGTERM)
        traffic.until_some(3)
    assert not traffic.failures()


def test_a_killed_replica_fails_no_read_and_a_write_at_most_once(
    system: System, world: World, admin: Caller
) -> None:
    """Reads are retried on the other one; a failed write succeeds when it is sent again."""
    subscriber = Subscriber(system.parts.amqp_uri)
    system.start_seconds("auth", "tasks")
    with Traffic(system, world) as traffic:
        for name in ("auth", "tasks"):
            traffic.until_some(5)
            system.kill(name, signal.SIGKILL)
            traffic.until_some(5)
    refused = {(method, status) for method, status, _ in traffic.failures()}
    assert refused <= {("POST", 502)}, traffic.failures()
    traffic.check(subscriber)


def workers(system: System) -> list[psutil.Process]:
    """The gateway's worker processes."""
    return psutil.Process(system.processes["gateway"].pid).children()


@pytest.mark.parametrize("way", ["one worker ends", "all are replaced"])
def test_gateway_workers_stop_without_a_failed_request(
    system: System, world: World, admin: Caller, way: str
) -> None:
    """Requests are finished, and kept-alive connections get ``Connection: close``."""
    before = workers(system)
    with Traffic(system, world) as traffic, changes_that_wait(system, admin, world, 2):
        traffic.until_some(3)
        assert admin.get("/data/departments").headers.get("Connection") != "close"
        if way == "one worker ends":
            before[0].send_signal(signal.SIGTERM)
        else:
            system.processes["gateway"].send_signal(signal.SIGHUP)
            until(
                lambda: not {w.pid for w in workers(system)} <= {w.pid for w in before},
                15,
                "new workers",
            )
        until(
            lambda: admin.get("/data/departments").headers.get("Connection") == "close",
            10,
            "word that the connection ends",
        )
    until(lambda: not any(worker.is_running() for worker in before), 15, "the old worker's end")
    with Traffic(system, world) as after:
        after.until_some(2)
    assert not traffic.failures()
    assert not after.failures()


def test_a_second_relay_takes_over(system: System, world: World, admin: Caller) -> None:
    """The standby notices that the active one is gone; nothing is published twice."""
    subscriber = Subscriber(system.parts.amqp_uri)
    system.start("relay.2")
    with Traffic(system, world) as traffic:
        traffic.until_some(3)
        system.kill("relay", signal.SIGKILL)
        traffic.until_some(3)
    assert not traffic.failures()
    traffic.check(subscriber)
