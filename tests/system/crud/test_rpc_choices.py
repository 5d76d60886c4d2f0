"""What a production uses: types, statuses, automations, backgrounds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.running import Caller, System
from tests.system.callers import logged_payloads, statuses
from tests.world import World, ident

NOWHERE = "00000000-0000-4000-8000-000000000000"
KINDS = {
    "task-types": ("task_type_id", "TaskType"),
    "task-status": ("task_status_id", "TaskStatus"),
    "asset-types": ("asset_type_id", "EntityType"),
    "status-automations": ("status_automation_id", "StatusAutomation"),
    "preview-background-files": ("preview_background_file_id", "PreviewBackgroundFile"),
}


@pytest.fixture
def choices(system: System, world: World) -> dict[str, str]:
    """One thing of each kind."""
    automation = world.add("status_automation", "a", entity_type="asset", out_field_type="status")
    system.load(world.tables)
    return {
        "task-types": world.task_type,
        "task-status": world.status,
        "asset-types": world.types["Character"],
        "status-automations": automation,
        "preview-background-files": ident("preview_background_file sky"),
    }


def settings(world: World, kind: str) -> str:
    """Where a production's choices are."""
    return f"/data/projects/{world.project}/settings/{kind}"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_chosen_is_listed_and_can_be_dropped(
    world: World, choices: dict[str, str], admin: Caller, kind: str
) -> None:
    """The answer is the production; dropping what isn't there is no fault."""
    key, _ = KINDS[kind]
    path = settings(world, kind)
    response = admin.post(path, {key: choices[kind]})
    assert (response.status_code, response.json()["name"]) == (201, "Film")
    assert "team" not in response.json()
    if kind != "asset-types":
        assert [row["id"] for row in admin.get(path).json()] == [choices[kind]]
    assert admin.delete(f"{path}/{choices[kind]}").status_code == 204
    if kind != "asset-types":
        assert admin.get(path).json() == []
    assert admin.delete(f"{path}/{choices[kind]}").status_code == 204
    nobody = {"project_id": world.project}
    assert logged_payloads(admin, "project:update", 3) == [nobody] * 3


@pytest.mark.parametrize("kind", KINDS)
def test_choosing_again_changes_nothing(
    world: World, choices: dict[str, str], admin: Caller, kind: str
) -> None:
    """Only for task types it is told."""
    key, _ = KINDS[kind]
    for place in (1, 2):
        body = {key: choices[kind], "priority": place}
        assert admin.post(settings(world, kind), body).status_code == 201
    [film] = admin.get("/data/projects/open").json()
    if kind == "task-types":
        assert film["task_types_priority"] == {choices[kind]: 1}
    admin.post("/data/departments", {"name": "Last", "color": "#000"})
    logged_payloads(admin, "department:new")
    assert len(logged_payloads(admin, "project:update")) == (2 if kind == "task-types" else 1)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_there_cannot_be_chosen(world: World, admin: Caller, kind: str) -> None:
    """The refusal says what was wrong."""
    key, name = KINDS[kind]
    path = settings(world, kind)
    unknown = admin.post(path, {key: NOWHERE})
    assert (unknown.status_code, unknown.json()["message"]) == (
        400,
        f"{name} with id {NOWHERE} not found",
    )
    malformed = admin.post(path, {key: "x"})
    expected = f"{name} with id x not found"
    if kind == "task-types":
        expected = "task_type_id is required and must be a valid UUID"
    assert (malformed.status_code, malformed.json()["message"]) == (400, expected)
    missing = admin.post(path, {})
    assert missing.json()["data"]["errors"] == [{"field": key, "message": "Field required"}]
    elsewhere = f"/data/projects/{NOWHERE}/settings/{kind}"
    assert admin.post(elsewhere, {key: NOWHERE}).status_code == 404
    assert admin.delete(f"{path}/x").status_code == 404


def test_managers_choose_and_the_team_reads(
    system: System, world: World, choices: dict[str, str]
) -> None:
    """In the order of callers: admin, manager, supervisor, artist, client, vendor, stranger."""
    for kind, (key, _) in KINDS.items():
        path, thing = settings(world, kind), choices[kind]
        posted = statuses(system, world, "POST", path, {key: thing})
        assert posted == [201, 201, 403, 403, 403, 403, 403]
        if kind != "asset-types":
            assert statuses(system, world, "GET", path) == [200] * 6 + [403]
        dropped = statuses(system, world, "DELETE", f"{path}/{thing}")
        assert dropped == [204, 204, 403, 403, 403, 403, 403]
    batch = statuses(system, world, "POST", settings(world, "batch"), {})
    assert batch == [200, 200, 403, 403, 403, 403, 403]


def test_a_batch_adds_places_and_replaces(world: World, admin: Caller) -> None:
    """What is unknown is skipped; one event tells of all."""
    other = admin.post("/data/task-types", {"name": "Rigging"}).json()["id"]
    path = settings(world, "batch")
    response = admin.post(
        path,
        {
            "task_types": [
                {"task_type_id": world.task_type, "priority": 3},
                {"task_type_id": NOWHERE},
            ],
            "task_status_ids": [world.status, NOWHERE],
            "asset_type_ids": [world.types["Character"], world.types["Character"]],
        },
    )
    assert (response.status_code, response.json()["name"]) == (200, "Film")

    def film() -> Any:
        return admin.get("/data/projects/open").json()[0]

    assert film()["task_types_priority"] == {world.task_type: 3}
    assert film()["task_statuses"] == [world.status]
    assert film()["asset_types"] == [world.types["Character"]]
    admin.post(path, {"task_types": [{"task_type_id": world.task_type}]})
    assert film()["task_types_priority"] == {world.task_type: 3}
    chosen = [{"task_type_id": other, "priority": 1}]
    admin.post(path, {"task_types": chosen, "replace_task_types": True})
    assert film()["task_types_priority"] == {other: 1}
    assert film()["task_statuses"] == [world.status]
    assert len(logged_payloads(admin, "project:update", 3)) == 3


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"task_types": [{"priority": 1}]}, "task_types.0.task_type_id"),
        ({"task_types": 3}, "task_types"),
        ({"task_status_ids": ["x"]}, "task_status_ids.0"),
        ({"replace_task_types": "maybe"}, "replace_task_types"),
    ],
)
def test_a_batch_that_is_none_is_refused(
    world: World, admin: Caller, body: dict[str, Any], field: str
) -> None:
    """And names the field."""
    response = admin.post(settings(world, "batch"), body)
    assert (response.status_code, response.json()["message"]) == (400, "Validation error.")
    assert [fault["field"].replace("...", "0") for fault in response.json()["data"]["errors"]] == [
        field
    ]
