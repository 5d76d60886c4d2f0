"""Prepared statements, some of whose text clients choose."""

from __future__ import annotations

from itertools import combinations

import pytest
import sqlalchemy as sa

from services.common.database import prepared
from tests.service.conftest import MakeService
from tests.service.one_service import OneService
from tests.world import World

#: Enough columns for more different pages than statements are kept.
NAMES = ("name", "priority", "difficulty", "duration", "estimation", "retake_count", "sort_order")
WISHES = [",".join(some) for size in range(1, 8) for some in combinations(NAMES, size)]
#: Columns that nobody else asks for, so that their page isn't prepared yet.
OTHER = "name,due_date"
KEPT = sa.text("SELECT name, statement FROM pg_prepared_statements ORDER BY prepare_time")


def page(tasks: OneService, world: World, **query: str) -> None:
    """Ask for a page of a production's tasks, which is a prepared statement."""
    asked = {"page": "1", "project_id": world.project, **query}
    tasks.call("admin", "list_rows", path="tasks", query=asked)


def kept(tasks: OneService) -> list[str]:
    """The statements that the connection has, oldest first."""
    with tasks.database.read() as connection:
        return [statement for _, statement in connection.execute(KEPT)]


def test_prepared_statements_are_evicted_by_least_recent_use(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement that gives way is freed on its connection, and the next one is prepared."""
    tasks, world = make_service("tasks"), World()
    tasks.fill(world)
    assert len(WISHES) == 127
    monkeypatch.setattr(prepared, "MAX_PREPARED", 40)
    page(tasks, world, fields=OTHER)
    used = kept(tasks)[-1]
    for wish in WISHES:
        page(tasks, world, fields=wish)
        page(tasks, world, fields=OTHER)
    statements = kept(tasks)
    assert len(statements) <= 40
    assert used in statements
    assert all(name in statements[-1] for name in NAMES)
