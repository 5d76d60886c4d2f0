"""Saved searches: who shares them, and what becomes of shared ones."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.common.errors import Forbidden, InvalidInput
from tests.service.conftest import MakeService
from tests.service.one_service import NOT_FOUND, OK, OneService
from tests.world import World

FILTERS, GROUPS = "filters", "filter-groups"


@pytest.fixture
def crud(make_service: MakeService, world: World) -> OneService:
    """The service; ``manager`` is an artist in another production, ``other``."""
    found = make_service("crud")
    found.fakes.replies |= {
        f"{name}.find_existing_rows": lambda tables: tables for name in ("auth", "tasks", "assets")
    }
    other = world.add("project", "other", name="Other", project_status_id=world.open)
    for who, role in (("manager", "user"), ("supervisor", "manager")):
        world.link("project_person_link", project_id=other, person_id=world.people[who], role=role)
    found.fill(world)
    return found


def other_of(world: World) -> str:
    """The other production."""
    return next(row["id"] for row in world.tables["project"] if row["name"] == "Other")


def save(crud: OneService, who: str, kind: str = FILTERS, **body: Any) -> Any:
    """Save a search or a group."""
    given = {"list_type": "asset", "name": "Props", "query": "props", **body}
    return crud.call(who, "save", kind=kind, data=given)


def change(crud: OneService, who: str, row: Any, kind: str = FILTERS, **data: Any) -> Any:
    """Change one."""
    return crud.call(who, "change_saved", kind=kind, ident=row["id"], data=data)


def downgrade(crud: OneService, who: str, role: str) -> None:
    """Give somebody another role in the production from now on."""
    for row in crud.world.tables["project_person_link"]:
        if row["person_id"] == crud.world.people[who]:
            row["role"] = role


def seen(crud: OneService, who: str, project: str) -> list[str]:
    """The names of the searches of a production that somebody sees."""
    lists = crud.call(who, "list_saved", kind=FILTERS)
    return [row["name"] for row in lists.get("asset", {}).get(project, [])]


@pytest.mark.parametrize("everywhere", [True, False])
def test_a_search_moves_without_being_shared_where_its_owner_may_not_share(
    crud: OneService, world: World, everywhere: bool
) -> None:
    """Into another production, and out of any: as a new one there would not be."""
    shared = save(crud, "artist", project_id=world.project)
    assert shared["is_shared"] is False
    shared = save(crud, "supervisor", project_id=other_of(world), is_shared=True)
    assert shared["is_shared"] is True
    to = None if everywhere else world.project
    moved = change(crud, "supervisor", shared, project_id=to)
    assert (moved["project_id"], moved["is_shared"]) == (to, False)


def test_a_search_moves_shared_where_its_owner_may_share(crud: OneService, world: World) -> None:
    """A manager of the studio shares with all what has no production."""
    shared = save(crud, "manager", project_id=world.project, is_shared=True)
    assert change(crud, "manager", shared, project_id=None)["is_shared"] is True


def test_who_shares_no_more_changes_nothing_that_all_see(crud: OneService, world: World) -> None:
    """They may take it back, and keep it for themselves; or delete it."""
    shared = save(crud, "manager", project_id=world.project, is_shared=True)
    downgrade(crud, "manager", "user")
    for data in ({"query": "all"}, {"name": "Mine"}, {"is_shared": True, "name": "Mine"}):
        with pytest.raises(Forbidden, match="to manage the production"):
            change(crud, "manager", shared, **data)
    assert seen(crud, "client", world.project) == ["Props"]
    own = change(crud, "manager", shared, name="Mine", is_shared=False)
    assert (own["name"], own["is_shared"]) == ("Mine", False)
    assert seen(crud, "client", world.project) == []
    assert change(crud, "manager", own, is_shared=True)["is_shared"] is False


@pytest.mark.parametrize("way", ["new", "moved"])
def test_no_search_goes_into_anothers_own_group(crud: OneService, world: World, way: str) -> None:
    """It would be shared with the group, by who may share it; the group is unknown to them."""
    group = save(crud, "supervisor", GROUPS, project_id=world.project)
    inside = {"search_filter_group_id": group["id"], "project_id": world.project}
    with pytest.raises(InvalidInput, match="not found"):
        if way == "new":
            save(crud, "artist", **inside)
        else:
            change(crud, "artist", save(crud, "artist", project_id=world.project), **inside)
    rows = crud.rows("search_filter", search_filter_group_id=UUID(group["id"]))
    assert rows == []


def test_a_search_is_of_its_groups_production(crud: OneService, world: World) -> None:
    """Who may share the group there need not be who may share the search here."""
    group = save(crud, "supervisor", GROUPS, project_id=other_of(world))
    inside = {"search_filter_group_id": group["id"]}
    with pytest.raises(InvalidInput, match="of the production of its"):
        save(crud, "supervisor", **inside, project_id=world.project)
    made = save(crud, "supervisor", **inside, project_id=other_of(world))
    with pytest.raises(InvalidInput, match="of the production of its"):
        change(crud, "supervisor", made, project_id=world.project)


def test_searches_move_with_their_group(crud: OneService, world: World) -> None:
    """And are shared no more where their owner may not; those of others leave it."""
    shared = {"project_id": other_of(world), "is_shared": True}
    group = save(crud, "supervisor", GROUPS, **shared)
    inside = {**shared, "search_filter_group_id": group["id"]}
    own = save(crud, "supervisor", **inside)
    others = save(crud, "admin", **inside)
    moved = change(crud, "supervisor", group, GROUPS, project_id=world.project)
    assert (moved["project_id"], moved["is_shared"]) == (world.project, False)
    (row,) = crud.rows("search_filter", id=UUID(own["id"]))
    assert (str(row["project_id"]), row["is_shared"]) == (world.project, False)
    assert str(row["search_filter_group_id"]) == group["id"]
    (row,) = crud.rows("search_filter", id=UUID(others["id"]))
    assert (str(row["project_id"]), row["is_shared"]) == (other_of(world), False)
    assert row["search_filter_group_id"] is None


def test_a_group_shares_no_search_of_another_production(crud: OneService, world: World) -> None:
    """One that an import brought; its owner may share the group where it is, and only there."""
    group = save(crud, "supervisor", GROUPS, project_id=other_of(world))
    foreign = world.add(
        "search_filter",
        "foreign",
        list_type="asset",
        name="Foreign",
        person_id=world.people["supervisor"],
        project_id=world.project,
        is_shared=False,
        search_filter_group_id=group["id"],
    )
    world.tables["search_filter_group"].append(
        {name: group[name] for name in ("id", "list_type", "name", "is_shared", "person_id")}
        | {"project_id": other_of(world), "color": "", "created_at": "2026-01-05T10:00:00"}
        | {"updated_at": "2026-01-05T10:00:00"}
    )
    crud.fill(world)
    change(crud, "supervisor", group, GROUPS, is_shared=True)
    (row,) = crud.rows("search_filter", id=UUID(foreign))
    assert (str(row["project_id"]), row["is_shared"]) == (world.project, False)
    assert row["search_filter_group_id"] is None


def test_searches_of_a_department_are_for_managers_of_their_production(
    crud: OneService, world: World
) -> None:
    """Who manages in the studio, and is something else there, sees those of no production."""
    body = {"is_shared": True, "department_id": world.department}
    save(crud, "admin", project_id=other_of(world), name="Of other", **body)
    save(crud, "admin", name="Of all", **body)
    assert seen(crud, "manager", other_of(world)) == []
    assert seen(crud, "supervisor", other_of(world)) == ["Of other"]
    assert seen(crud, "manager", "all") == ["Of all"]
    assert seen(crud, "supervisor", "all") == []


def test_a_group_is_read_by_its_owner(crud: OneService, world: World) -> None:
    """For others it does not exist, unless it is shared with them."""
    own = save(crud, "artist", GROUPS, color="#7986CB")
    shared = save(crud, "manager", GROUPS, project_id=world.project, is_shared=True)

    def outcomes(row: Any) -> dict[str, str]:
        people = ("artist", "supervisor", "stranger")
        return crud.outcomes(people, "read_saved", kind=GROUPS, ident=row["id"])

    shown = crud.call("artist", "read_saved", kind=GROUPS, ident=own["id"])
    assert (shown["name"], shown["color"], shown["type"]) == ("Props", "#7986CB", own["type"])
    assert outcomes(own) == {"artist": OK, "supervisor": NOT_FOUND, "stranger": NOT_FOUND}
    assert outcomes(shared) == {"artist": OK, "supervisor": OK, "stranger": NOT_FOUND}
