"""Milestones and versions of the schedule, as far as each may read them."""

from __future__ import annotations

import pytest

from tests.service.conftest import MakeService
from tests.service.one_service import FORBIDDEN, OK, OneService
from tests.world import World


@pytest.fixture
def crud(make_service: MakeService, world: World) -> OneService:
    """The service, filled with the studio's productions."""
    service = make_service("crud")
    service.fill(world)
    return service


def test_milestones_are_listed_without_times(crud: OneService, world: World) -> None:
    """When they were made matters to nobody; one by itself says it."""
    values = {"name": "Screening", "date": "2026-05-01", "project_id": world.project}
    stone = world.add("milestone", "screening", **values)
    crud.fill(world)
    (row,) = crud.call("artist", "list_plans", project_id=world.project, kind="milestones")
    assert row == {"id": stone, "task_type_id": None, "type": "Milestone", **values}
    whole = crud.call("artist", "read_row", path="milestones", ident=stone)
    assert {"created_at", "updated_at"} <= whole.keys()


def test_versions_of_the_schedule_are_read_by_managers(crud: OneService, world: World) -> None:
    """The team sees that there are some."""
    values = {"name": "Plan B", "project_id": world.project, "locked": False, "canceled": False}
    version = world.add("production_schedule_version", "b", **values)
    crud.fill(world)
    arguments = {"path": "production-schedule-versions", "ident": version}
    people = ("admin", "manager", "supervisor", "artist", "client", "vendor", "stranger")
    outcomes = crud.outcomes(people, "read_row", **arguments)
    assert [outcomes[who] for who in people] == [OK, OK, *[FORBIDDEN] * 5]


def test_a_status_link_gets_the_default_roles(crud: OneService, world: World) -> None:
    """Made or changed with none; those it has stay."""
    known = {"task_status": [world.status]}
    crud.fakes.replies["tasks.find_existing_rows"] = known
    usual = ["user", "admin", "supervisor", "manager", "vendor"]
    place = {"project_id": world.project, "task_status_id": world.status}
    for roles, want in (([], usual), (["user"], ["user"]), ([], ["user"]), (None, ["user"])):
        data = {**place, "roles_for_board": roles}
        link = crud.call("manager", "link_task_status", data=data)
        assert link["roles_for_board"] == want


def test_a_working_file_is_commented_with_a_text(crud: OneService, world: World) -> None:
    """Anything else changes nothing."""
    (row,) = world.tables["working_file"]
    standing = {"read": True, "act": True}
    crud.fakes.replies["tasks.read_rights_on_task"] = standing
    arguments = {"ident": row["id"]}
    reply = crud.call("artist", "comment_working_file", **arguments, data={"comment": "Cleaned up"})
    assert reply["comment"] == "Cleaned up"
    for data in ({}, {"comment": None}, {"comment": ["x"]}):
        outcomes = crud.outcomes(["artist"], "comment_working_file", **arguments, data=data)
        assert outcomes == {"artist": "invalid-input"}, data
