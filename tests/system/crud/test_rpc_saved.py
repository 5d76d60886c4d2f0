"""Saved searches and their groups."""

from __future__ import annotations

from typing import Any

import pytest

from tests.running import Caller, System
from tests.system.callers import logged_payloads
from tests.world import World

FILTERS, GROUPS = "/data/user/filters", "/data/user/filter-groups"


@pytest.fixture
def people(system: System, world: World) -> dict[str, Caller]:
    """A client per role."""
    return {name: system.caller(person) for name, person in world.people.items()}


def search(**more: Any) -> dict[str, Any]:
    """The body of a search."""
    return {"list_type": "asset", "name": "Mine", "query": "props", **more}


def names(caller: Caller, path: str = FILTERS) -> dict[str, dict[str, list[str]]]:
    """The names of visible searches, in the form of the list."""
    return {
        kind: {where: [row["name"] for row in rows] for where, rows in found.items()}
        for kind, found in caller.get(path).json().items()
    }


def test_a_search_is_visible_to_its_owner(people: dict[str, Caller], world: World) -> None:
    """By list, then by production; also in the context."""
    artist = people["artist"]
    response = artist.post(FILTERS, search(project_id=world.project))
    assert response.status_code == 201
    assert (response.json()["search_query"], response.json()["person_id"]) == (
        "props",
        world.people["artist"],
    )
    artist.post(FILTERS, search(list_type="todo", name="Everywhere"))
    expected = {"asset": {world.project: ["Mine"]}, "todo": {"all": ["Everywhere"]}}
    assert names(artist) == expected
    assert artist.get("/data/user/context").json()["search_filters"] == artist.get(FILTERS).json()
    assert names(people["manager"]) == {}
    one = f"{FILTERS}/{response.json()['id']}"
    assert artist.get(one).json() == response.json()
    for other in ("manager", "supervisor"):
        assert people[other].get(one).status_code == 404
        assert people[other].put(one, {"name": "Stolen"}).status_code == 404
        assert people[other].delete(one).status_code == 404
    assert people["admin"].put(one, {"name": "Tidied"}).json()["name"] == "Tidied"
    assert artist.delete(one).status_code == 204
    assert artist.delete(one).status_code == 404
    logged_payloads(people["admin"], "search-filter:delete")


def test_only_managers_share(people: dict[str, Caller], world: World) -> None:
    """With the production's team."""
    response = people["artist"].post(FILTERS, search(project_id=world.project, is_shared=True))
    assert response.json()["is_shared"] is False
    shared = people["manager"].post(
        FILTERS, search(name="Ours", project_id=world.project, is_shared=True)
    )
    assert shared.json()["is_shared"] is True
    assert names(people["client"]) == {"asset": {world.project: ["Ours"]}}
    assert names(people["stranger"]) == {}
    one = f"{FILTERS}/{shared.json()['id']}"
    assert people["client"].put(one, {"name": "Stolen"}).status_code == 404
    assert people["manager"].put(one, {"is_shared": False}).json()["is_shared"] is False
    assert names(people["client"]) == {}


def test_a_department_s_search_is_visible_to_its_members(
    people: dict[str, Caller], world: World
) -> None:
    """And to managers; the artist is a member, the supervisor isn't."""
    body = search(project_id=world.project, is_shared=True, department_id=world.department)
    assert people["admin"].post(FILTERS, body).status_code == 201
    seen = {name: bool(names(caller)) for name, caller in people.items()}
    assert [name for name, sees in seen.items() if sees] == ["admin", "manager", "artist"]


def test_searches_of_closed_productions_are_left_out(
    people: dict[str, Caller], world: World
) -> None:
    """And none can be saved for productions of others."""
    assert people["artist"].post(FILTERS, search(project_id=world.past)).status_code == 201
    assert names(people["artist"]) == {}
    refused = people["stranger"].post(FILTERS, search(project_id=world.project))
    assert refused.status_code == 403


def test_deleting_a_group_deletes_its_searches(people: dict[str, Caller], world: World) -> None:
    """Other searches stay; generic CRUD refuses while it has some."""
    artist = people["artist"]
    group = {"list_type": "asset", "name": "Mine", "color": "#fff"}
    response = artist.post(GROUPS, group)
    assert response.status_code == 201
    artist.post(GROUPS, {**group, "name": "Newer"})
    assert names(artist, GROUPS) == {"asset": {"all": ["Newer", "Mine"]}}
    ident = response.json()["id"]
    assert artist.post(FILTERS, search(search_filter_group_id=ident)).status_code == 201
    artist.post(FILTERS, search(name="Loose"))
    assert people["admin"].delete(f"/data/search-filter-groups/{ident}").status_code == 400
    assert people["manager"].delete(f"{GROUPS}/{ident}").status_code == 404
    assert artist.delete(f"{GROUPS}/{ident}").status_code == 204
    assert names(artist) == {"asset": {"all": ["Loose"]}}
    logged_payloads(people["admin"], "search-filter-group:delete")


def test_a_search_is_shared_with_its_group(people: dict[str, Caller], world: World) -> None:
    """It follows a change of the group."""
    manager = people["manager"]
    group = {"list_type": "asset", "name": "G", "project_id": world.project, "is_shared": True}
    ident = manager.post(GROUPS, group).json()["id"]
    inside = search(project_id=world.project, search_filter_group_id=ident)
    refused = manager.post(FILTERS, inside)
    assert refused.status_code == 400
    assert "is_shared" in refused.json()["message"]
    assert manager.post(FILTERS, {**inside, "is_shared": True}).status_code == 201
    assert names(people["client"]) == {"asset": {world.project: ["Mine"]}}
    assert manager.put(f"{GROUPS}/{ident}", {"is_shared": False}).status_code == 200
    assert names(people["client"]) == names(people["client"], GROUPS) == {}


@pytest.mark.parametrize("missing", ["list_type", "name"])
@pytest.mark.parametrize("path", [FILTERS, GROUPS])
def test_list_and_name_of_a_search_are_required(
    people: dict[str, Caller], path: str, missing: str
) -> None:
    """The error names the field."""
    body = search()
    del body[missing]
    response = people["artist"].post(path, body)
    assert response.status_code == 400
    assert response.json()["data"]["errors"] == [{"field": missing, "message": "Field required"}]


@pytest.mark.parametrize(
    "more",
    [
        {"search_filter_group_id": "00000000-0000-4000-8000-000000000000"},
        {"department_id": "00000000-0000-4000-8000-000000000000"},
        {"name": "x" * 201},
    ],
)
def test_an_invalid_search_is_rejected(people: dict[str, Caller], more: dict[str, Any]) -> None:
    """Unknown groups and departments, texts that are too long."""
    assert people["artist"].post(FILTERS, search(**more)).status_code == 400
    assert names(people["artist"]) == {}
