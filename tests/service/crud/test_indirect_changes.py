"""Indirect changes emit events, too, so that no cached list stays stale."""

from __future__ import annotations

import pytest

from tests.service.conftest import MakeService
from tests.service.one_service import OneService
from tests.world import World


@pytest.fixture
def world() -> World:
    """A small studio, whose production uses a task type and plans it."""
    found = World()
    kind = {"project_id": found.project, "task_type_id": found.task_type}
    found.add("project_task_type_link", "film modeling", priority=1, **kind)
    found.add("schedule_item", "film modeling", **kind)
    return found


@pytest.fixture
def crud(make_service: MakeService, world: World) -> OneService:
    """The service, filled with the studio's productions."""
    service = make_service("crud")
    service.fakes.replies["auth.list_rows"] = world.tables["department"]
    service.fill(world)
    return service


def test_releasing_a_task_type_emits_an_event_per_production_and_schedule(
    crud: OneService, world: World
) -> None:
    """By productions and schedules, each of which says so, once."""
    for _ in range(2):
        crud.call("admin", "release_task_type", task_type_id=world.task_type)
    assert crud.rows("project_task_type_link") == crud.rows("schedule_item") == []
    item = world.tables["schedule_item"][0]["id"]
    assert crud.emitted() == [
        ("project:update", {"project_id": world.project, "@person_ids": []}),
        ("rows:gone", {"service": "crud", "table": "schedule_item", "ids": [item]}),
        ("schedule-item:delete", {"schedule_item_id": item, "project_id": world.project}),
    ]


def test_listing_the_salary_scale_fills_it_once(crud: OneService, world: World) -> None:
    """When it is listed: a row for each position and seniority of the department."""
    for _ in range(2):
        rows = crud.call("admin", "list_rows", path="salary-scales")
        assert {row["department_id"] for row in rows} == {world.department}
    made = [payload["salary_scale_id"] for name, payload in crud.emitted()]
    assert sorted(made) == sorted(row["id"] for row in rows)
    assert len(made) == 3 * 3
