"""Answers that few other tests get, each held to its declared type (``tests.answers``)."""

from __future__ import annotations

import pytest

from tests.service.conftest import MakeService
from tests.service.one_service import OneService
from tests.world import World


@pytest.fixture
def crud(make_service: MakeService, world: World) -> OneService:
    """The service; what others own exists."""
    service = make_service("crud")
    for name in ("auth", "tasks"):
        service.fakes.replies[f"{name}.find_existing_rows"] = lambda tables: tables
    service.fakes.replies["auth.list_full_persons"] = lambda ids: {one: {"id": one} for one in ids}
    world.add(
        "day_off",
        "holidays",
        date="2026-07-06",
        end_date="2026-07-10",
        person_id=world.people["artist"],
    )
    service.fill(world)
    return service


def test_own_absences_are_of_their_type(crud: OneService, world: World) -> None:
    """A row, or nothing."""
    assert crud.call("artist", "read_own_absence", day="2026-07-07")["end_date"] == "2026-07-10"
    assert crud.call("artist", "read_own_absence", day="2026-08-07") == {}
    asked = {"person_id": world.people["artist"], "year": "2026", "week": "28"}
    assert len(crud.call("artist", "list_absences", **asked)) == 1


@pytest.mark.parametrize(
    ("method", "name", "more"),
    [
        ("link_task_type", "task_type_id", set()),
        ("link_task_status", "task_status_id", {"roles_for_board"}),
    ],
)
def test_links_of_productions_are_of_their_type(
    crud: OneService, world: World, method: str, name: str, more: set[str]
) -> None:
    """With what each has."""
    there = {"task_type_id": world.task_type, "task_status_id": world.status}[name]
    data = {"project_id": world.project, name: there, "priority": 2}
    made = crud.call("manager", method, data=data)
    assert (made["priority"], more <= made.keys()) == (2, True)


def test_seats_are_of_their_type(crud: OneService, world: World) -> None:
    """With the role, or without one."""
    seat = {"project_id": world.project, "person_id": world.people["artist"]}
    for role in ("supervisor", None):
        changed = crud.call("manager", "change_seat", **seat, data={"role": role})
        assert changed == {**seat, "role": role}
