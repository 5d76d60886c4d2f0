"""Who is in a production's team, and with which role."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.errors import InvalidInput, NotFound
from tests.service.conftest import Alone
from tests.service.one_service import FORBIDDEN, OK, OneService
from tests.world import World, ident


@pytest.fixture
def world() -> World:
    """A small studio."""
    return World()


@pytest.fixture
def crud(alone: Alone, world: World) -> OneService:
    """The service, filled with the studio's productions."""
    known = {row["id"] for row in world.tables["person"]}
    found = alone("crud")
    found.neighbours.answers["auth.existing_rows"] = lambda tables: {
        "person": [one for one in tables["person"] if one in known]
    }
    found.fill(world)
    return found


def join(crud: OneService, who: str, world: World, **data: Any) -> Any:
    """Take somebody into the team."""
    return crud.call(who, "join_team", project_id=world.project, data=data)


def test_a_new_member_is_told_of_once(crud: OneService, world: World) -> None:
    """A second seat of the same person is no news."""
    stranger = world.people["stranger"]
    for _ in range(2):
        join(crud, "manager", world, person_id=stranger)
    assert crud.emitted() == [("project:update", {"project_id": world.project})]
    assert crud.call("admin", "team_of", project_id=world.project)[stranger] is None


def test_a_role_in_the_production_is_given_and_taken_back(crud: OneService, world: World) -> None:
    """With null it is their own again."""
    artist = world.people["artist"]
    seat = {"project_id": world.project, "person_id": artist}
    for role in ("supervisor", None):
        assert crud.call("manager", "change_seat", **seat, data={"role": role})["role"] == role
        assert crud.call("admin", "team_of", project_id=world.project)[artist] == role
        memberships = crud.call("admin", "memberships", person_id=artist)
        assert memberships[world.project] == [role, True]
    assert memberships[world.past] == [None, False]


@pytest.mark.parametrize("data", [{}, {"person_id": "nonsense"}, {"person_id": ident("nobody")}])
def test_a_member_must_be_a_person(crud: OneService, world: World, data: dict[str, Any]) -> None:
    """Whom the request names and ``auth`` knows."""
    with pytest.raises(InvalidInput):
        join(crud, "manager", world, **data)
    assert crud.emitted() == []


def test_teams_are_managers_to_change(crud: OneService, world: World) -> None:
    """Of the production they manage."""
    names = ("admin", "manager", "supervisor", "artist", "client", "vendor", "stranger")
    data = {"person_id": world.people["stranger"]}
    found = crud.outcomes(names, "join_team", project_id=world.project, data=data)
    assert list(found.values()) == [OK, OK, *[FORBIDDEN] * 5]
    with pytest.raises(NotFound):
        crud.call("admin", "join_team", project_id=ident("nowhere"), data=data)


def test_who_leaves_is_no_member(crud: OneService, world: World) -> None:
    """And has no role to be changed."""
    seat = {"project_id": world.project, "person_id": world.people["artist"]}
    crud.call("manager", "leave_team", **seat)
    assert world.people["artist"] not in crud.call("admin", "team_of", project_id=world.project)
    assert crud.emitted() == [("project:update", {"project_id": world.project})]
    with pytest.raises(InvalidInput, match=r"^Person is not a member of the project team$"):
        crud.call("manager", "change_seat", **seat, data={"role": "user"})


def test_an_assignee_is_seated_by_whoever_assigns(crud: OneService, world: World) -> None:
    """``tasks`` has decided that they may; the answer says whether the seat is new."""
    seat = {"project_id": world.project, "person_id": world.people["stranger"]}
    assert crud.call("supervisor", "seat_assignee", **seat) is True
    assert crud.call("supervisor", "seat_assignee", **seat) is False
    assert len(crud.emitted()) == 1


def test_an_assignment_is_a_seat(crud: OneService, world: World) -> None:
    """However it came about, and though whoever assigned died before asking for the seat."""
    stranger = world.people["stranger"]
    told = {"task_id": world.task, "person_id": stranger, "project_id": world.project}
    for _ in range(2):
        crud.deliver("task:assign", told)
    assert crud.call("admin", "team_of", project_id=world.project)[stranger] is None
    assert crud.emitted() == [("project:update", {"project_id": world.project})]


def test_who_or_what_is_gone_has_no_seat(crud: OneService, world: World) -> None:
    """The event may come long after."""
    told = {"task_id": world.task, "person_id": world.people["stranger"]}
    crud.deliver("task:assign", {**told, "project_id": ident("nowhere")})
    crud.deliver("task:assign", {**told, "project_id": None})
    gone = {"service": "auth", "table": "person", "ids": [told["person_id"]]}
    crud.deliver("rows:gone", gone)
    crud.deliver("task:assign", {**told, "project_id": world.project})
    assert told["person_id"] not in crud.call("admin", "team_of", project_id=world.project)
