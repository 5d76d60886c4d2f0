"""Schedule items made as they are looked at, and versions of schedules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from services.common.errors import InvalidInput, NotFound
from tests.service.conftest import MakeService
from tests.service.one_service import FORBIDDEN, NOT_FOUND, OK, OneService
from tests.service.plans import explained, nodes
from tests.world import World, ident

NOWHERE: Final = "00000000-0000-4000-8000-000000000000"
EVERYBODY: Final = ("admin", "manager", "supervisor", "artist", "client", "vendor", "stranger")
STUDIO: Final = {"admin", "manager", "supervisor", "artist"}
OBJECTS: Final = ("asset-types", "episodes", "sequences", "edits")
VERSION, OTHER = ident("production_schedule_version a"), ident("production_schedule_version b")
ELSEWHERE: Final = ident("production_schedule_version past")
FIRST, SECOND = ident("a task 1"), ident("a task 2")
DATES: Final = {"start_date": "2026-01-05T00:00:00", "due_date": None, "estimation": 480.0}


@pytest.fixture
def crud(make_service: MakeService, world: World) -> OneService:
    """The service, with a second version, and one of another production."""
    service = make_service("crud")
    world.add("production_schedule_version", "b", name="B", project_id=world.project)
    world.add("production_schedule_version", "past", name="P", project_id=world.past)

    def existing(tables: dict[str, list[str]]) -> dict[str, list[str]]:
        return {name: [one for one in ids if one != NOWHERE] for name, ids in tables.items()}

    replies: dict[str, Any] = {
        "tasks.find_existing_rows": existing,
        "tasks.list_task_types_worked_on": {
            world.task_type: "Shot",
            ident("concept type"): "Concept",
            ident("asset type"): "Asset",
        },
        "assets.list_schedule_objects": {ident("zeta"): "Zeta", ident("alpha"): "alpha"},
    }
    service.fakes.replies.update(replies)
    service.fill(world)
    return service


# --- items ----------------------------------------------------------------------------------------


def test_task_types_that_are_worked_on_are_scheduled(crud: OneService) -> None:
    """Today and tomorrow; those of the whole production stay, others aren't shown."""
    project = crud.world.project
    today = datetime.now(UTC).date()
    dates = {"start_date": today.isoformat(), "end_date": (today + timedelta(1)).isoformat()}
    crud.world.add("schedule_item", "whole", project_id=project, start_date="2020-01-01")
    unused = {"task_type_id": ident("nobody's"), "start_date": "2020-01-01"}
    crud.world.add("schedule_item", "unused", project_id=project, **unused)
    crud.fill(crud.world)
    first, second = (
        crud.call("artist", "list_scheduled_types", project_id=project) for _ in range(2)
    )
    assert first == second
    (whole, *made) = first
    assert (whole["id"], whole["task_type_id"]) == (ident("schedule_item whole"), None)
    assert {row["task_type_id"] for row in made} == {crud.world.task_type, ident("asset type")}
    for row in made:
        assert {name: row[name] for name in dates} == dates
        assert (row["man_days"], row["object_id"]) == (None, None)
    events = [
        ("schedule-item:new", {"schedule_item_id": row["id"], "project_id": project})
        for row in made
    ]
    assert sorted(crud.emitted(), key=str) == sorted(events, key=str)


def test_a_production_that_lists_its_task_types_schedules_only_these(crud: OneService) -> None:
    """Of those that are worked on."""
    world = crud.world
    for name, kind in (("used", world.task_type), ("idle", ident("idle type"))):
        world.add("project_task_type_link", name, project_id=world.project, task_type_id=kind)
    crud.fill(world)
    (row,) = crud.call("manager", "list_scheduled_types", project_id=world.project)
    assert row["task_type_id"] == world.task_type


@pytest.mark.parametrize("kind", OBJECTS)
def test_parts_of_a_production_are_scheduled_by_name(crud: OneService, kind: str) -> None:
    """Those of an episode, if it is named; an item is made once."""
    arguments: dict[str, Any] = {
        "project_id": crud.world.project,
        "task_type_id": crud.world.task_type,
        "kind": kind,
    }
    rows = crud.call("artist", "list_scheduled_objects", query={"episode_id": ""}, **arguments)
    assert [row["name"] for row in rows] == ["Zeta", "alpha"]
    assert [row["object_id"] for row in rows] == [ident("zeta"), ident("alpha")]
    episode = ident("episode")
    query = {"episode_id": episode}
    crud.fakes.replies["assets.list_schedule_objects"] = {ident("zeta"): "Zeta"}
    assert crud.call("artist", "list_scheduled_objects", query=query, **arguments) == rows[:1]
    asked = [given for name, given in crud.fakes.calls if name == "assets.list_schedule_objects"]
    assert [given["episode_id"] for given in asked] == [None, episode]
    assert len(crud.rows("schedule_item", project_id=crud.world.project)) == 2


def test_schedules_are_for_the_studio_and_of_what_there_is(crud: OneService) -> None:
    """An unknown task type is refused only if something is to be made.

    Malformed ids are unknown ones where task types are listed, and in other places a mistake; to
    those who may see but their own productions a malformed one is unknown everywhere.
    """
    place: dict[str, Any] = {"task_type_id": NOWHERE, "kind": "episodes"}
    for method, more in (("list_scheduled_types", {}), ("list_scheduled_objects", place)):
        outcomes = crud.outcomes(EVERYBODY, method, project_id=crud.world.project, **more)
        may = {who for who, outcome in outcomes.items() if outcome != FORBIDDEN}
        assert may == STUDIO
        outcomes = crud.outcomes(["admin"], method, project_id=NOWHERE, **more)
        assert outcomes == {"admin": NOT_FOUND}
        assert crud.outcomes(["artist"], method, project_id="x", **more) == {"artist": NOT_FOUND}
    with pytest.raises(NotFound):
        crud.call("admin", "list_scheduled_types", project_id="x")
    with pytest.raises(InvalidInput, match="Wrong UUID format"):
        crud.call("admin", "list_scheduled_objects", project_id="x", **place)
    arguments = {"project_id": crud.world.project, **place}
    with pytest.raises(NotFound):
        crud.call("admin", "list_scheduled_objects", **arguments)
    for wrong in ({"task_type_id": "x"}, {"query": {"episode_id": "x"}}):
        with pytest.raises(InvalidInput, match="Wrong UUID format"):
            crud.call("admin", "list_scheduled_objects", **{**arguments, **wrong})
    crud.fakes.replies["assets.list_schedule_objects"] = {}
    assert crud.call("admin", "list_scheduled_objects", **arguments) == []


# --- versions -------------------------------------------------------------------------------------


def fill_version(crud: OneService, tasks: list[dict[str, Any]], version: str = VERSION) -> Any:
    """Copy tasks, as the production has them, to a version."""
    crud.fakes.replies["tasks.list_schedule"] = tasks
    return crud.call("manager", "copy_tasks_to_version", version_id=version)


def tasks_of(crud: OneService, version: str = VERSION, **query: str) -> dict[str, Any]:
    """The links of a version by task, with their people."""
    asked = {"relations": "true", **query}
    rows = crud.call("artist", "list_version_tasks", version_id=version, query=asked)
    return {row["task_id"]: row for row in rows}


def test_a_version_takes_the_tasks_as_they_are_now(crud: OneService) -> None:
    """Overwriting what it has; people are replaced, and links of other tasks stay."""
    artist, manager = crud.world.people["artist"], crud.world.people["manager"]
    first = {"task_id": FIRST, **DATES, "assignees": [artist, manager]}
    second = {"task_id": SECOND, **DATES, "assignees": []}
    assert fill_version(crud, [first, second]) == {"success": True, "task_link_count": 2}
    before = tasks_of(crud)
    assert {name: before[FIRST][name] for name in DATES} == DATES
    assert set(before[FIRST]["assignees"]) == {artist, manager}
    changed = {**first, "estimation": None, "due_date": "2026-02-01T10:00:00"}
    assert fill_version(crud, [{**changed, "assignees": [manager]}])["task_link_count"] == 1
    after = tasks_of(crud)
    assert after[SECOND] == before[SECOND]
    new = {"due_date": "2026-02-01T10:00:00", "estimation": None, "assignees": [manager]}
    assert after[FIRST] == {**before[FIRST], **new}
    assert fill_version(crud, []) == {"success": True, "task_link_count": 0}
    assert crud.emitted() == []
    crud.fakes.replies["tasks.list_tasks_of_type"] = [SECOND]
    assert list(tasks_of(crud, task_type_id=crud.world.task_type)) == [SECOND]
    plain = crud.call("artist", "list_version_tasks", version_id=VERSION)
    assert "assignees" not in plain[0]
    with pytest.raises(InvalidInput, match="Invalid UUID value: x") as refused:
        tasks_of(crud, task_type_id="x")
    message = "Invalid value for 'task_type_id': 'x'. Expected a UUID."
    told = {"field": "task_type_id", "message": message}
    assert refused.value.data == {"errors": [told]}


def test_a_version_is_copied_from_another(crud: OneService) -> None:
    """It remembers from which."""
    artist = crud.world.people["artist"]
    fill_version(crud, [{"task_id": FIRST, **DATES, "assignees": [artist]}])
    fill_version(crud, [{"task_id": SECOND, **DATES, "assignees": []}], OTHER)
    data = {"production_schedule_version_id": VERSION.upper()}
    copied = crud.call("manager", "copy_version", version_id=OTHER, data=data)
    assert copied == {"success": True, "task_link_count": 1}
    found = tasks_of(crud, OTHER)
    assert (set(found), found[FIRST]["assignees"]) == ({FIRST, SECOND}, [artist])
    (row,) = crud.rows("production_schedule_version", id=OTHER)
    assert str(row["production_schedule_from"]) == VERSION
    ids = {"production_schedule_version_id": OTHER, "project_id": crud.world.project}
    assert crud.emitted() == [("production_schedule_version:update", ids)]


def test_a_version_that_was_just_filled_is_copied_in_linear_time(
    crud: OneService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Statistics don't know its rows yet: whatever is joined to them is found in an index."""
    of_project = {"project_id": crud.world.project}
    third = crud.world.add("production_schedule_version", "c", name="C", **of_project)
    crud.fill(crud.world)
    plan = {**DATES, "assignees": [crud.world.admin]}
    fill_version(crud, [{"task_id": ident(f"early {n}"), **plan} for n in range(2000)])
    with crud.database.raw.cursor() as cursor:
        cursor.execute("ANALYZE production_schedule_version_task_link")
        cursor.execute("ANALYZE production_schedule_version_task_link_person_link")
    fill_version(crud, [{"task_id": ident(f"late {n}"), **plan} for n in range(2000)], OTHER)
    data = {"production_schedule_version_id": OTHER}
    with explained(crud, monkeypatch) as plans:
        crud.call("manager", "copy_version", version_id=third, data=data)
    joins = [one for plan in plans for one, _ in nodes(plan) if one["Node Type"] == "Nested Loop"]
    inner = {one["Plans"][1]["Node Type"] for one in joins}
    assert inner == {"Index Scan", "Function Scan"}
    assert len(tasks_of(crud, third)) == 2000


@pytest.mark.parametrize(
    ("data", "error", "told"),
    [
        ({}, InvalidInput, "Validation error"),
        ({"production_schedule_version_id": "x"}, InvalidInput, "Validation error"),
        ({"production_schedule_version_id": NOWHERE}, NotFound, "^$"),
        ({"production_schedule_version_id": ELSEWHERE}, InvalidInput, "belong to the same project"),
        ({"production_schedule_version_id": VERSION.upper()}, InvalidInput, "onto itself"),
    ],
)
def test_a_version_is_copied_from_one_of_its_production(
    crud: OneService, data: Any, error: type[Exception], told: str
) -> None:
    """Which it isn't itself."""
    with pytest.raises(error, match=told):
        crud.call("admin", "copy_version", version_id=VERSION, data=data)
    assert crud.emitted() == []


def test_an_applied_version_is_locked_and_remembered(crud: OneService) -> None:
    """The event holds what the tasks get; without tasks there is nothing to tell them."""
    world = crud.world
    fill_version(crud, [{"task_id": FIRST, **DATES, "assignees": []}])
    applied = crud.call("manager", "apply_version", version_id=VERSION)
    assert applied == {"success": True, "task_count": 1}
    (version,) = crud.rows("production_schedule_version", id=VERSION)
    (project,) = crud.rows("project", id=world.project)
    assert version["locked"] is True
    assert str(project["from_schedule_version_id"]) == VERSION
    (name, payload), (updated, _), (told, _) = crud.emitted()
    assert (name, payload["project_id"]) == ("schedule:applied", world.project)
    assert payload["tasks"] == [[FIRST, "2026-01-05T00:00:00", None, 480]]
    assert (updated, told) == ("production_schedule_version:update", "project:update")
    assert crud.call("admin", "apply_version", version_id=OTHER)["task_count"] == 0
    assert len(crud.emitted()) == 5


def test_versions_are_changed_by_managers_and_read_by_the_studio(crud: OneService) -> None:
    """An unknown one is told before any right."""
    crud.fakes.replies["tasks.list_schedule"] = []
    data = {"data": {"production_schedule_version_id": OTHER}}
    may = {"admin", "manager"}
    calls: list[tuple[str, dict[str, Any], set[str]]] = [
        ("list_version_tasks", {}, STUDIO),
        ("copy_tasks_to_version", {}, may),
        ("copy_version", data, may),
        ("apply_version", {}, may),
    ]
    for method, more, allowed in calls:
        outcomes = crud.outcomes(EVERYBODY, method, version_id=VERSION, **more)
        assert {who for who, outcome in outcomes.items() if outcome == OK} == allowed, method
        assert set(outcomes.values()) == {OK, FORBIDDEN}
        for unknown in (NOWHERE, "rubbish"):
            outcomes = crud.outcomes(EVERYBODY, method, version_id=unknown, **more)
            assert set(outcomes.values()) == {NOT_FOUND}


def test_a_deleted_version_is_forgotten(crud: OneService) -> None:
    """With its tasks; by the production and by those that were made from it."""
    fill_version(crud, [{"task_id": FIRST, **DATES, "assignees": [crud.world.admin]}])
    data = {"production_schedule_version_id": VERSION}
    crud.call("admin", "copy_version", version_id=OTHER, data=data)
    crud.call("admin", "apply_version", version_id=VERSION)
    for name in ("assets", "auth", "chat", "tasks"):
        crud.fakes.replies[f"{name}.references_row"] = False
    path = "production-schedule-versions"
    crud.call("admin", "delete_row", path=path, ident=VERSION)
    (row,) = crud.rows("production_schedule_version", id=OTHER)
    (project,) = crud.rows("project", id=crud.world.project)
    assert (row["production_schedule_from"], project["from_schedule_version_id"]) == (None, None)
    assert len(crud.rows("production_schedule_version_task_link")) == 1
