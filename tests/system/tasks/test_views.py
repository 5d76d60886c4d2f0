"""Entities with their tasks, the views of a production."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from tests.desk import EVERYBODY, Desk
from tests.running import Caller, System
from tests.system.tasks.actions import codes_of, tasks_in
from tests.system.tasks.conftest import As
from tests.world import ident

COMMON = [
    "id",
    "due_date",
    "duration",
    "entity_id",
    "estimation",
    "end_date",
    "is_subscribed",
    "last_comment_date",
    "priority",
    "real_start_date",
    "retake_count",
    "start_date",
    "task_status_id",
    "task_type_id",
    "assignees",
    "data",
]
PART = {
    "id",
    "name",
    "status",
    "episode_id",
    "description",
    "frame_in",
    "frame_out",
    "fps",
    "preview_file_id",
    "canceled",
    "data",
    "tasks",
}
PART_TASK = {*COMMON, "done_date", "last_preview_file_id", "difficulty"}
SHOT = [
    "canceled",
    "data",
    "description",
    "entity_type_id",
    "episode_id",
    "episode_name",
    "fps",
    "frame_in",
    "frame_out",
    "id",
    "name",
    "nb_frames",
    "parent_id",
    "preview_file_id",
    "project_id",
    "project_name",
    "sequence_id",
    "sequence_name",
    "source_id",
    "nb_entities_out",
    "is_casting_standby",
    "type",
    "tasks",
]
SHOT_TASK = [
    "id",
    "duration",
    "due_date",
    "end_date",
    "done_date",
    "entity_id",
    "estimation",
    "is_subscribed",
    "last_comment_date",
    "last_preview_file_id",
    "nb_assets_ready",
    "priority",
    "real_start_date",
    "retake_count",
    "start_date",
    "difficulty",
    "nb_drawings",
    "task_status_id",
    "task_type_id",
    "assignees",
    "data",
]
ASSET = [
    "id",
    "name",
    "preview_file_id",
    "description",
    "asset_type_name",
    "asset_type_id",
    "canceled",
    "ready_for",
    "episode_id",
    "casting_episode_ids",
    "is_casting_standby",
    "is_shared",
    "data",
    "tasks",
]
ASSET_TASK = [
    "id",
    "due_date",
    "done_date",
    "duration",
    "entity_id",
    "estimation",
    "end_date",
    "is_subscribed",
    "last_comment_date",
    "last_preview_file_id",
    "priority",
    "real_start_date",
    "retake_count",
    "start_date",
    "difficulty",
    "task_status_id",
    "task_type_id",
    "assignees",
    "data",
]
EDIT = {
    "canceled",
    "data",
    "description",
    "entity_type_id",
    "episode_id",
    "episode_name",
    "id",
    "name",
    "parent_id",
    "preview_file_id",
    "project_id",
    "project_name",
    "source_id",
    "nb_entities_out",
    "tasks",
    "type",
}
EDIT_TASK = {*COMMON, "last_preview_file_id", "nb_assets_ready"}
CONCEPT = {
    "canceled",
    "data",
    "description",
    "entity_type_id",
    "fps",
    "frame_in",
    "frame_out",
    "id",
    "name",
    "nb_frames",
    "parent_id",
    "preview_file_id",
    "project_id",
    "project_name",
    "source_id",
    "nb_entities_out",
    "is_casting_standby",
    "tasks",
    "entity_concept_links",
    "type",
    "updated_at",
    "created_at",
    "created_by",
}
KEYS: Any = {
    "assets": (set(ASSET), set(ASSET_TASK)),
    "shots": (set(SHOT), set(SHOT_TASK)),
    "sequences": (PART, PART_TASK),
    "scenes": (PART, PART_TASK),
    "episodes": (PART, PART_TASK),
    "edits": (EDIT, EDIT_TASK),
    "concepts": (CONCEPT, EDIT_TASK - {"last_preview_file_id"}),
}


@pytest.fixture
def hired(system: System, stage: Desk) -> tuple[Desk, dict[str, str]]:
    """The same with what a vendor is to do, by name."""
    mine = {
        "rigging": stage.rigging,
        "shot": stage.task_on(stage.shots[0], "drawing", "hired", "artist"),
        "cut": stage.task_on(stage.cut, "drawing", "hired"),
    }
    system.load(stage.tables)
    return stage, mine


def view(caller: Caller, desk: Desk, kind: str, query: str = "") -> requests.Response:
    """All entities of a kind in the production."""
    return caller.get(f"/data/{kind}/with-tasks?project_id={desk.project}{query}")


@pytest.mark.parametrize("kind", KEYS)
def test_a_view_has_exactly_the_documented_keys(stage: Desk, who: As, kind: str) -> None:
    """A missing priority is 0."""
    answer = view(who("artist"), stage, kind)
    assert answer.status_code == 200, answer.text
    rows = answer.json()
    assert any(row["tasks"] for row in rows)
    entity, task = KEYS[kind]
    for row in rows:
        assert set(row) == entity
        for one in row["tasks"]:
            assert set(one) == task
            assert one["entity_id"] == row["id"]
            assert (one["priority"], one["duration"], one["estimation"]) == (0, 0.0, 0.0)
            assert isinstance(one["assignees"], list)


def test_each_entity_has_its_own_tasks(stage: Desk, who: As) -> None:
    """Entities without tasks are shown too."""
    rows = {row["name"]: row for row in view(who("artist"), stage, "assets").json()}
    assert list(rows) == ["Hero", "Boat", "Tree"]
    assert {task["id"] for task in rows["Hero"]["tasks"]} == {stage.task, stage.rigging}
    assert rows["Tree"]["tasks"] == []
    people = {task["id"]: task["assignees"] for task in rows["Hero"]["tasks"]}
    assert people == {stage.task: [stage.people["artist"]], stage.rigging: [stage.people["hired"]]}
    rows = {row["name"]: row for row in view(who("artist"), stage, "shots").json()}
    assert set(rows) == {"P01", "P02", "SH1"}
    assert len(rows["P01"]["tasks"]) == 3


@pytest.mark.parametrize(
    ("kind", "fields", "task_fields"),
    [("assets", ASSET, ASSET_TASK), ("shots", SHOT, SHOT_TASK)],
)
def test_compact_and_streamed_views_have_the_same_contents(
    stage: Desk, who: As, kind: str, fields: list[str], task_fields: list[str]
) -> None:
    """Arrays of values in a fixed order; NDJSON."""
    plain = {row["id"]: row for row in view(who("artist"), stage, kind).json()}

    def named(row: list[Any]) -> dict[str, Any]:
        result = dict(zip(fields, row, strict=True))
        result["tasks"] = [dict(zip(task_fields, one, strict=True)) for one in result["tasks"]]
        return result

    def same(rows: list[dict[str, Any]]) -> bool:
        for row in (*rows, *plain.values()):
            row["tasks"].sort(key=lambda task: task["id"])
        return {row["id"]: row for row in rows} == plain

    one = f"{kind[:-1]}_fields"
    compact = view(who("artist"), stage, kind, "&compact=true").json()
    assert list(compact) == ["compact", one, "task_fields", "rows"]
    assert (compact["compact"], compact[one], compact["task_fields"]) == (True, fields, task_fields)
    assert same([named(row) for row in compact["rows"]])
    answer = view(who("artist"), stage, kind, "&stream=true")
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    head, *lines = [json.loads(line) for line in answer.text.splitlines()]
    assert head == {"compact": False}
    assert same(lines)
    answer = view(who("artist"), stage, kind, "&stream=true&compact=true")
    head, *lines = [json.loads(line) for line in answer.text.splitlines()]
    assert head == {"compact": True, one: fields, "task_fields": task_fields}
    assert same([named(row) for row in lines])
    plainly = view(who("artist"), stage, kind, "&stream=True&compact=1")
    assert plainly.headers["Content-Type"].startswith("application/json")


@pytest.mark.parametrize("kind", ["sequences", "edits", "concepts"])
def test_other_kinds_ignore_the_requested_form(stage: Desk, who: As, kind: str) -> None:
    """They have one form only."""
    answer = view(who("artist"), stage, kind, "&stream=true&compact=true")
    assert isinstance(answer.json(), list)


def test_a_view_without_entities_is_empty(system: System, desk: Desk, who: As) -> None:
    """In every form."""
    assert view(who("artist"), desk, "edits").json() == []
    query = f"&id={ident('nothing')}"
    assert view(who("artist"), desk, "assets", query).json() == []
    assert view(who("artist"), desk, "assets", query + "&compact=true").json()["rows"] == []
    lines = view(who("artist"), desk, "assets", query + "&compact=true&stream=true").text
    assert len(lines.splitlines()) == 1


@pytest.mark.parametrize(
    ("kind", "refused"),
    [
        ("assets", {"stranger"}),
        ("shots", {"stranger"}),
        ("sequences", {"stranger"}),
        ("episodes", {"stranger"}),
        ("edits", {"stranger"}),
        ("scenes", {"stranger", "vendor"}),
        ("concepts", {"stranger", "vendor", "client"}),
    ],
)
def test_views_are_for_the_team(system: System, stage: Desk, kind: str, refused: set[str]) -> None:
    """Scenes not for vendors, concepts not for clients and vendors."""
    path = f"/data/{kind}/with-tasks?project_id={stage.project}"
    codes = codes_of(system, stage, EVERYBODY, "GET", path)
    assert {name for name, status in codes.items() if status == 403} == refused
    assert set(codes.values()) == {200, 403}


@pytest.mark.parametrize(
    ("kind", "entity", "tasks"),
    [
        ("assets", "Hero", {"rigging"}),
        ("shots", "P01", {"shot"}),
        ("edits", "Cut", {"cut"}),
        ("sequences", "S01", set()),
        ("episodes", "E01", set()),
    ],
)
def test_a_vendor_sees_their_entities_and_own_tasks(
    hired: tuple[Desk, dict[str, str]], who: As, kind: str, entity: str, tasks: set[str]
) -> None:
    """With all assignees."""
    stage, mine = hired
    rows = view(who("hired"), stage, kind).json()
    assert [row["name"] for row in rows] == [entity]
    assert set(tasks_in(rows)) == {mine[name] for name in tasks}
    if kind == "shots":
        assert len(tasks_in(rows)[mine["shot"]]["assignees"]) == 2
    assert view(who("vendor"), stage, kind).json() == []


def test_the_vendor_role_in_the_production_decides(system: System, stage: Desk, who: As) -> None:
    """Whatever the role elsewhere."""
    for link in stage.tables["project_person_link"]:
        if (link["project_id"], link["person_id"]) == (stage.project, stage.people["artist"]):
            link["role"] = "vendor"
    system.load(stage.tables)
    rows = view(who("artist"), stage, "assets").json()
    assert set(tasks_in(rows)) == {stage.task}
    rows = who("artist").get("/data/assets/with-tasks").json()
    assert set(tasks_in(rows)) == {stage.task}


def test_a_vendor_does_not_see_other_departments_metadata(
    system: System, stage: Desk, who: As
) -> None:
    """Nor in compact rows."""
    ident = stage.add(
        "metadata_descriptor",
        "cost",
        project_id=stage.project,
        entity_type="Asset",
        name="Mood",
        data_type="string",
        field_name="mood",
        choices=[],
        for_client=False,
    )
    stage.link(
        "department_metadata_descriptor_link",
        metadata_descriptor_id=ident,
        department_id=stage.animation,
    )
    system.load(stage.tables)
    (row,) = view(who("hired"), stage, "assets").json()
    assert row["data"] == {}
    (values,) = view(who("hired"), stage, "assets", "&compact=true").json()["rows"]
    assert values[ASSET.index("data")] == {}
    assert view(who("artist"), stage, "assets").json()[0]["data"] == {"mood": "calm"}


@pytest.mark.parametrize(
    ("query", "want", "message"),
    [
        ("", 403, ""),
        ("?project_id=x", 400, "Invalid UUID format for project_id: x"),
        ("?project_id=nothing", 404, ""),
        ("?project_id=other", 403, ""),
        ("?project_id=mine&id=x", 400, "Invalid UUID format for id: x"),
        ("?project_id=mine&episode_id=x", 400, "Invalid UUID format for episode_id: x"),
        ("?project_id=mine&page=3&whatever=1", 200, ""),
    ],
)
def test_a_view_requires_a_production_of_the_caller(
    stage: Desk, who: As, query: str, want: int, message: str
) -> None:
    """Administrators may leave it out."""
    ids = {"nothing": ident("nothing"), "other": stage.other_project, "mine": stage.project}
    for name, value in ids.items():
        query = query.replace(f"={name}", f"={value}")
    response = who("artist").get(f"/data/shots/with-tasks{query}")
    assert response.status_code == want
    assert message in response.text
    if want == 404:
        assert who("admin").get(f"/data/shots/with-tasks{query}").json() == []


def test_without_a_production_assets_are_of_own_teams(stage: Desk, who: As) -> None:
    """Administrators get all."""
    names = {row["name"] for row in who("artist").get("/data/assets/with-tasks").json()}
    assert "Hero" in names
    assert "Elsewhere" not in names
    all_of_them = {row["name"] for row in who("admin").get("/data/assets/with-tasks").json()}
    assert all_of_them >= {"Hero", "Elsewhere", "Old"}


@pytest.mark.parametrize("kind", KEYS)
def test_a_subscription_is_shown_to_its_owner(
    system: System, stage: Desk, who: As, kind: str
) -> None:
    """With a production only."""
    rows = view(who("artist"), stage, kind).json()
    task = next(iter(tasks_in(rows)))
    who("artist").post(f"/actions/user/tasks/{task}/subscribe", {})
    shown = tasks_in(view(who("artist"), stage, kind).json())
    assert {ident for ident, one in shown.items() if one["is_subscribed"]} == {task}
    shown = tasks_in(view(who("admin"), stage, kind).json())
    assert not any(one["is_subscribed"] for one in shown.values())
    if kind == "assets":
        shown = tasks_in(who("artist").get("/data/assets/with-tasks").json())
        assert not any(one["is_subscribed"] for one in shown.values())


# --- details ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["assets", "shots", "edits", "concepts"])
def test_a_detail_includes_its_tasks(stage: Desk, who: As, kind: str) -> None:
    """With the keys of the view."""
    entity = {
        "assets": stage.asset,
        "shots": stage.shots[0],
        "edits": stage.cut,
        "concepts": stage.concept,
    }[kind]
    row = who("artist").get(f"/data/{kind}/{entity}").json()
    shown = {r["id"]: r for r in view(who("artist"), stage, kind).json()}[entity]
    assert {task["id"] for task in row["tasks"]} == {task["id"] for task in shown["tasks"]}
    assert all(set(task) >= KEYS[kind][1] for task in row["tasks"])
    for wrong in ("nonsense", ident("nothing"), stage.sequence):
        assert who("artist").get(f"/data/{kind}/{wrong}").status_code == 404


def test_linked_concepts_include_their_tasks(system: System, stage: Desk, who: As) -> None:
    """For the entity's readers."""
    stage.add("entity_concept_link", "mood", entity_in_id=stage.concept, entity_out_id=stage.asset)
    system.load(stage.tables)
    path = f"/data/entities/{stage.asset}/entities-linked/with-tasks"
    (row,) = who("artist").get(path).json()
    assert set(row) == CONCEPT
    (task,) = row["tasks"]
    assert task["id"] == stage.concept_task
    assert len(task) == 16
    assert who("stranger").get(path).status_code == 403
    assert who("artist").get(path.replace(stage.asset, stage.prop)).json() == []
