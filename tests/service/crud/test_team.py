"""Production teams: memberships and project roles."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.errors import InvalidInput, NotFound
from tests.service.conftest import MakeService
from tests.service.one_service import FORBIDDEN, OK, OneService
from tests.world import World, ident


@pytest.fixture
def crud(make_service: MakeService, world: World) -> OneService:
    """The service with the studio's productions."""
    people = {row["id"] for row in world.tables["person"]}
    service = make_service("crud")
    service.fakes.replies["auth.list_full_persons"] = lambda ids: {
        one: {"id": one, "preview_project_id": None} for one in ids if one in people
    }
    service.fill(world)
    return service


ISOLATED = {"is_clients_isolated": True}


def seated(world: World, person: str) -> tuple[str, dict[str, Any]]:
    """The event of a change to one membership, which names who is concerned."""
    return "project:update", {"project_id": world.project, "@person_ids": [person]}


def join(crud: OneService, who: str, world: World, **data: Any) -> Any:
    """Add a person to the team."""
    return crud.call(who, "join_team", project_id=world.project, data=data)


def test_joining_twice_emits_one_event(crud: OneService, world: World) -> None:
    """Joining is idempotent; the production was changed by it."""
    stranger = world.people["stranger"]
    times = [join(crud, "manager", world, person_id=stranger)["updated_at"] for _ in range(2)]
    # The rows of the world are of the day before.
    assert times[0] > "2026-01-06"
    assert times[0] == times[1]
    assert crud.emitted() == [seated(world, stranger)]
    assert crud.call("admin", "list_team", project_id=world.project)[stranger] is None


def test_a_project_role_is_set_and_reset(crud: OneService, world: World) -> None:
    """Null resets it to the person's role in the studio."""
    artist = world.people["artist"]
    seat = {"project_id": world.project, "person_id": artist}
    for role in ("supervisor", None):
        assert crud.call("manager", "change_seat", **seat, data={"role": role})["role"] == role
        assert crud.call("admin", "list_team", project_id=world.project)[artist] == role
        memberships = crud.call("admin", "list_memberships", person_id=artist)
        assert memberships[world.project] == [role, True]
    assert memberships[world.past] == [None, False]


@pytest.mark.parametrize("data", [{}, {"person_id": "nonsense"}, {"person_id": ident("nobody")}])
def test_a_member_must_be_a_known_person(
    crud: OneService, world: World, data: dict[str, Any]
) -> None:
    """``auth`` must know the id in the body."""
    with pytest.raises(InvalidInput):
        join(crud, "manager", world, **data)
    assert crud.emitted() == []


def test_only_managers_change_teams(crud: OneService, world: World) -> None:
    """Of the production concerned."""
    names = ("admin", "manager", "supervisor", "artist", "client", "vendor", "stranger")
    data = {"person_id": world.people["stranger"]}
    outcomes = crud.outcomes(names, "join_team", project_id=world.project, data=data)
    assert list(outcomes.values()) == [OK, OK, *[FORBIDDEN] * 5]
    with pytest.raises(NotFound):
        crud.call("admin", "join_team", project_id=ident("nowhere"), data=data)


def test_leaving_ends_the_membership(crud: OneService, world: World) -> None:
    """So there is no role to change."""
    seat = {"project_id": world.project, "person_id": world.people["artist"]}
    crud.call("manager", "leave_team", **seat)
    assert world.people["artist"] not in crud.call("admin", "list_team", project_id=world.project)
    assert crud.emitted() == [seated(world, seat["person_id"])]
    with pytest.raises(InvalidInput, match=r"^Person is not a member of the project team$"):
        crud.call("manager", "change_seat", **seat, data={"role": "user"})


def test_seat_assignee_adds_a_member_once(crud: OneService, world: World) -> None:
    """``tasks`` has authorized the caller; the answer tells whether the member is new."""
    seat = {"project_id": world.project, "person_id": world.people["stranger"]}
    assert crud.call("supervisor", "seat_assignee", **seat) is True
    assert crud.call("supervisor", "seat_assignee", **seat) is False
    assert len(crud.emitted()) == 1


def test_an_assignment_adds_the_assignee_to_the_team(crud: OneService, world: World) -> None:
    """By the event handler, even if ``tasks`` crashed before its call."""
    stranger = world.people["stranger"]
    told = {"task_id": world.task, "person_id": stranger, "project_id": world.project}
    for _ in range(2):
        crud.deliver("task:assign", told)
    assert crud.call("admin", "list_team", project_id=world.project)[stranger] is None
    assert crud.emitted() == [seated(world, stranger)]


def test_the_first_assignees_of_a_task_join_the_team(crud: OneService, world: World) -> None:
    """Those whom it was created with; who is in the team already isn't announced."""
    stranger, artist = world.people["stranger"], world.people["artist"]
    told = {"task_id": world.task, "person_ids": [artist, stranger], "project_id": world.project}
    for _ in range(2):
        crud.deliver("task:staffed", told)
    crud.deliver("task:staffed", {**told, "project_id": None})
    assert crud.call("admin", "list_team", project_id=world.project)[stranger] is None
    assert crud.emitted() == [seated(world, stranger)]


def test_deleted_people_and_productions_get_no_membership(crud: OneService, world: World) -> None:
    """The event may arrive late."""
    told = {"task_id": world.task, "person_id": world.people["stranger"]}
    crud.deliver("task:assign", {**told, "project_id": ident("nowhere")})
    crud.deliver("task:assign", {**told, "project_id": None})
    gone = {"service": "auth", "table": "person", "ids": [told["person_id"]]}
    crud.deliver("rows:gone", gone)
    crud.deliver("task:assign", {**told, "project_id": world.project})
    assert told["person_id"] not in crud.call("admin", "list_team", project_id=world.project)


def test_a_change_of_a_production_concerns_its_team(crud: OneService, world: World) -> None:
    """Its status decides what the team's lists show; a thumbnail or a setting concerns nobody."""
    change = {"path": "projects", "ident": world.project}
    crud.call("admin", "update_row", **change, data={"project_status_id": world.closed})
    crud.call("admin", "delete_row", **change, query={"force": "true"})
    links = world.tables["project_person_link"]
    team = {row["person_id"] for row in links if row["project_id"] == world.project}
    events = [
        (name, set(found["@person_ids"]))
        for name, found in crud.emitted()
        if "@person_ids" in found
    ]
    assert events == [("project:update", team), ("project:delete", team)]


def test_clients_are_told_by_the_roles_of_memberships(crud: OneService, world: World) -> None:
    """Who has no role of their own in the production is in neither list."""
    artist, vendor = world.people["artist"], world.people["vendor"]
    for person, role in ((artist, "client"), (vendor, "supervisor")):
        seat = {"project_id": world.project, "person_id": person}
        crud.call("manager", "change_seat", **seat, data={"role": role})
    crud.call("admin", "update_row", path="projects", ident=world.past, data=ISOLATED)
    ids = [world.project, world.past, ident("no production")]
    assert crud.call("admin", "list_client_roles", project_ids=ids) == {
        world.project: {"clients": [artist], "others": [vendor], "isolated": False},
        world.past: {"clients": [], "others": [], "isolated": True},
    }


def test_roles_of_people_in_productions(crud: OneService, world: World) -> None:
    """Those who are in none of the teams are left out."""
    artist, stranger = world.people["artist"], world.people["stranger"]
    seat = {"project_id": world.project, "person_id": artist}
    crud.call("manager", "change_seat", **seat, data={"role": "vendor"})
    asked = {"project_ids": [world.project, world.past], "person_ids": [artist, stranger]}
    assert crud.call("admin", "list_roles", **asked) == {
        world.project: {artist: "vendor"},
        world.past: {artist: None},
    }


def test_figures_are_told_what_they_need_of_a_production(crud: OneService, world: World) -> None:
    """Its frame rate, and whether clients see statistics; an unknown one is refused."""
    world.tables["project"][0] |= {"fps": "24", "is_client_stats_visible": False}
    crud.fill(world)
    told = crud.call("artist", "read_counting_facts", project_id=world.project)
    assert told == {"fps": "24", "is_client_stats_visible": False}
    with pytest.raises(NotFound):
        crud.call("artist", "read_counting_facts", project_id=world.studio)
