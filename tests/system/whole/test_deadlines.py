"""An exceeded deadline doesn't affect later requests."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg2
import pytest

from tests.running import Caller, System
from tests.system.auth.test_defences import restarted
from tests.world import World

READERS = 3


@pytest.fixture(scope="module")
def impatient(system: System) -> Iterator[System]:
    """A system with a deadline of one second."""
    with restarted(system, "gateway", RPC_DEADLINE="1"):
        yield system


@contextmanager
def unreadable(system: System) -> Iterator[None]:
    """Lock the departments against reads for the block."""
    connection = psycopg2.connect(system.parts.urls["auth"])
    try:
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE department IN ACCESS EXCLUSIVE MODE")
            yield
            connection.rollback()
    finally:
        connection.close()


def test_a_timed_out_read_leaves_no_broken_connection(impatient: System, world: World) -> None:
    """Later reads are answered at once, each time."""
    path = f"/data/departments/{world.department}"
    callers: list[Caller] = [impatient.caller(world.admin) for _ in range(READERS)]
    for caller in callers:
        assert caller.get(path).status_code == 200
    with ThreadPoolExecutor(READERS) as pool:
        for _ in range(2):
            with unreadable(impatient):
                result = list(pool.map(lambda caller: caller.get(path).status_code, callers))
            assert result == [502] * READERS
            after = [caller.get(path).status_code for caller in callers * 4]
            assert after == [200] * len(after)
