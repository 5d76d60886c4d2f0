"""Entities created and removed by the routes of their kind."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID

import pytest

from tests.running import Caller, System, until
from tests.show import Show
from tests.system.asking import statuses, told

UNKNOWN = str(UUID(int=7))
REPEATABLE = ("episodes", "sequences", "shots", "scenes", "edits", "concepts")


def new_asset(show: Show) -> str:
    """Where props are created."""
    return f"/data/projects/{show.project}/asset-types/{show.types['Props']}/assets/new"


def test_a_new_asset_has_what_it_was_given(show: Show, admin: Caller) -> None:
    """Its main episode is stored as its source; two may share a name."""
    body = {"name": "Lamp", "episode_id": show.episode, "is_shared": True, "data": {"a": 1}}
    answer = admin.post(new_asset(show), {**body, "unknown": 1})
    assert answer.status_code == 201
    made = answer.json()
    assert (made["type"], made["description"], made["status"]) == ("Asset", "", "running")
    assert (made["source_id"], made["created_by"]) == (show.episode, show.admin)
    assert (made["is_shared"], made["data"], made["canceled"]) == (True, {"a": 1}, False)
    assert admin.post(new_asset(show), body).json()["id"] != made["id"]
    assert told(admin, "asset:new", 2)[0] == {
        "asset_id": made["id"],
        "asset_type": show.types["Props"],
        "project_id": show.project,
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": 3}, "name"),
        ({"name": "x" * 161}, "name"),
        ({"name": "A", "data": []}, "data"),
        ({"name": "A", "is_shared": "yes"}, "is_shared"),
        ({"name": "A", "episode_id": "nonsense"}, "episode_id"),
    ],
)
def test_a_wrong_field_is_named(
    show: Show, admin: Caller, body: dict[str, Any], field: str
) -> None:
    """And nothing is created."""
    answer = admin.post(new_asset(show), body)
    assert answer.status_code == 400
    assert answer.json()["message"] == "Validation error."
    assert [error["field"] for error in answer.json()["data"]["errors"]] == [field]


def test_assets_are_created_of_types_of_assets(show: Show, admin: Caller) -> None:
    """In productions that exist."""
    for kind in (show.types["Shot"], UNKNOWN, "nonsense"):
        path = f"/data/projects/{show.project}/asset-types/{kind}/assets/new"
        assert admin.post(path, {"name": "A"}).status_code == 404
    path = f"/data/projects/{UNKNOWN}/asset-types/{show.types['Props']}/assets/new"
    assert admin.post(path, {"name": "A"}).status_code == 404


@pytest.mark.parametrize("plural", REPEATABLE)
def test_creating_twice_answers_the_same_row(show: Show, admin: Caller, plural: str) -> None:
    """The second time nothing is told."""
    path = f"/data/projects/{show.project}/{plural}"
    first = admin.post(path, {"name": "New", "description": "first"})
    again = admin.post(path, {"name": "New", "description": "again"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert first.json()["type"] == plural[:-1].capitalize()
    assert first.json()["data"] == {}
    admin.post(path, {"name": "Other"})
    events = told(admin, f"{plural[:-1]}:new", 2)
    assert len(events) == 2
    assert events[0]["project_id"] == show.project


def test_two_who_create_the_same_at_once_are_answered_the_same(system: System, show: Show) -> None:
    """Though nothing in the tables forbids two entities without parent and of one name."""
    found: list[str] = []

    def create() -> None:
        caller = system.caller(show.admin)
        answer = caller.post(f"/data/projects/{show.project}/episodes", {"name": "E99"})
        found.append(answer.json()["id"])

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(found))) == (8, 1)


def test_shots_are_created_in_sequences_of_the_production(show: Show, admin: Caller) -> None:
    """The event tells the episode; what is no sequence isn't found."""
    path = f"/data/projects/{show.project}/shots"
    made = admin.post(path, {"name": "P03", "sequence_id": show.opening, "nb_frames": 24}).json()
    assert (made["parent_id"], made["nb_frames"], made["description"]) == (show.opening, 24, None)
    assert told(admin, "shot:new") == [
        {"shot_id": made["id"], "episode_id": show.episode, "project_id": show.project}
    ]
    for parent, status in ((show.episode, 404), (UNKNOWN, 404), ("nonsense", 400)):
        assert admin.post(path, {"name": "P04", "sequence_id": parent}).status_code == status
    foreign = f"/data/projects/{show.other_project}/shots"
    assert admin.post(foreign, {"name": "P", "sequence_id": show.opening}).status_code == 404


def test_an_episode_of_an_unknown_status_runs(show: Show, admin: Caller) -> None:
    """A known one is kept."""
    path = f"/data/projects/{show.project}/episodes"
    assert admin.post(path, {"name": "A", "status": "done"}).json()["status"] == "running"
    assert admin.post(path, {"name": "B", "status": "standby"}).json()["status"] == "standby"


def test_an_edit_of_an_unknown_episode_is_refused(show: Show, admin: Caller) -> None:
    """By the database, in words of ours."""
    path = f"/data/projects/{show.project}/edits"
    answer = admin.post(path, {"name": "Cut", "episode_id": UNKNOWN})
    message = "The change conflicts with records referencing this one."
    assert (answer.status_code, answer.json()) == (400, {"message": message})
    made = admin.post(path, {"name": "Cut", "episode_id": show.episode}).json()
    assert told(admin, "edit:new")[0]["parent_id"] == made["parent_id"] == show.episode


def test_a_concept_is_linked_to_what_it_is_drawn_for(show: Show, admin: Caller) -> None:
    """Links are objects; those that point nowhere are dropped."""
    path = f"/data/projects/{show.project}/concepts"
    body = {"name": "Sky", "entity_concept_links": [{"id": show.prop}, {"id": UNKNOWN}]}
    assert admin.post(path, body).json()["entity_concept_links"] == [show.prop]
    assert admin.post(path, {**body, "entity_concept_links": [show.prop]}).status_code == 400


@pytest.mark.parametrize("plural", REPEATABLE)
def test_entities_are_created_by_managers(system: System, show: Show, plural: str) -> None:
    """Concepts by the team but clients and vendors; an unknown production is nobody's."""
    found = statuses(
        system, show, "POST", f"/data/projects/{show.project}/{plural}", {"name": "New"}
    )
    others = 201 if plural == "concepts" else 403
    assert found == [201, 201, others, others, 403, 403, 403]
    nowhere = statuses(system, show, "POST", f"/data/projects/{UNKNOWN}/{plural}", {"name": "A"})
    assert nowhere == [404] * 7


def test_a_shot_is_changed_by_its_own_route(show: Show, admin: Caller) -> None:
    """Its metadata are replaced whole; what is no shot isn't found."""
    path = f"/data/shots/{show.shots[0]}"
    assert admin.put(path, {"data": {"fps": 25}, "nb_frames": 12}).status_code == 200
    answer = admin.put(path, {"data": {"grade": "warm"}, "unknown": 1})
    assert answer.status_code == 200
    changed = answer.json()
    assert (changed["data"], changed["nb_frames"]) == ({"grade": "warm"}, 12)
    assert told(admin, "shot:update", 2)[0] == {
        "shot_id": show.shots[0],
        "project_id": show.project,
    }
    for ident in (show.prop, UNKNOWN, "nonsense"):
        assert admin.put(f"/data/shots/{ident}", {"nb_frames": 1}).status_code == 404


def test_shots_are_changed_by_managers(system: System, show: Show) -> None:
    """Not by those who may change an entity they created."""
    path = f"/data/shots/{show.shots[0]}"
    found = statuses(system, show, "PUT", path, {"nb_frames": 1})
    assert found == [200, 200, 403, 403, 403, 403, 403]


# --- removal --------------------------------------------------------------------------------------


def test_what_was_worked_on_is_cancelled_unless_forced(
    system: System, show: Show, admin: Caller
) -> None:
    """Forced, its tasks go with it."""
    show.assign("artist", show.shots[0])
    system.load(show.tables)
    path = f"/data/shots/{show.shots[0]}"
    assert admin.delete(path).status_code == 204
    assert admin.get(f"/data/entities/{show.shots[0]}").json()["canceled"] is True
    assert told(admin, "shot:update")[0]["shot_id"] == show.shots[0]
    assert admin.delete(f"{path}?force=true").status_code == 204
    assert admin.get(f"/data/entities/{show.shots[0]}").status_code == 404
    assert told(admin, "shot:delete")[0]["shot_id"] == show.shots[0]
    tasks = f"/data/tasks?entity_id={show.shots[0]}"
    until(lambda: admin.get(tasks).json() == [], what="the end of the tasks")


def test_what_nobody_worked_on_goes_with_its_castings(show: Show, admin: Caller) -> None:
    """In either direction."""
    admin.put(
        f"/data/projects/{show.project}/entities/{show.shots[0]}/casting",
        [{"asset_id": show.prop, "nb_occurences": 1}],
    )
    assert admin.delete(f"/data/assets/{show.prop}").status_code == 204
    assert admin.get(f"/data/entity-links?entity_out_id={show.prop}").json() == []
    assert told(admin, "asset:delete")[0] == {
        "asset_id": show.prop,
        "project_id": show.project,
    }


@pytest.mark.parametrize("plural", ["sequences", "episodes"])
def test_what_holds_others_goes_only_by_force(show: Show, admin: Caller, plural: str) -> None:
    """And then with all of them."""
    path = f"/data/{plural}/{show.opening if plural == 'sequences' else show.episode}"
    refused = admin.delete(path)
    assert refused.status_code == 400
    assert refused.json()["message"].startswith("Some data are still linked")
    assert admin.delete(f"{path}?force=true").status_code == 204
    assert admin.get(f"/data/entities/{show.shots[0]}").status_code == 404


@pytest.mark.parametrize(
    ("plural", "name", "want"),
    [("assets", "asset", 204), ("concepts", "concept", 204), ("shots", "shot", 403)],
)
def test_entities_are_removed_by_managers_and_their_creators(
    system: System, show: Show, plural: str, name: str, want: int
) -> None:
    """An artist created the asset and the concept; who is neither is refused."""
    ident = getattr(show, name)
    found = []
    for role in ("stranger", "vendor", "client", "supervisor", "artist"):
        caller = system.caller(show.people[role])
        found.append(caller.delete(f"/data/{plural}/{ident}").status_code)
    assert found == [403, 403, 403, 403, want]
    manager = system.caller(show.people["manager"])
    assert manager.delete(f"/data/{plural}/{show.opening}").status_code == 404
    assert manager.delete(f"/data/{plural}/nonsense").status_code == 404
