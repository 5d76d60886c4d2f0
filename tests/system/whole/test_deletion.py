"""Deletes across services: refusals and cascades."""

from __future__ import annotations

from typing import Any

import psycopg2
import pytest

from tests.listening import Stream, poll, position
from tests.running import SERVICES, Caller, System, until
from tests.world import World


def rows_with(system: System, ident: str) -> dict[str, int]:
    """The number of columns' values with this id by table, in all tables except the logs."""
    result = {}
    for service in SERVICES:
        connection = psycopg2.connect(system.parts.urls[service])
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT table_name, column_name FROM information_schema.columns "
                "WHERE table_schema = current_schema() AND data_type = 'uuid' "
                "AND table_name NOT LIKE 'event_history%' AND table_name NOT IN ("
                "'api_event', 'inbox', 'outbox', 'gone_row', 'change_count', 'row_count', "
                "'row_change')"
            )
            for table, column in cursor.fetchall():
                cursor.execute(f'SELECT count(*) FROM "{table}" WHERE "{column}" = %s', (ident,))
                count = cursor.fetchone()[0]
                if count:
                    result[f"{service}.{table}.{column}"] = count
        connection.close()
    return result


def logged(caller: Caller, name: str) -> list[dict[str, Any]]:
    """The events of a name in the log."""
    found: list[dict[str, Any]] = caller.get("/data/events/last", params={"name": name}).json()
    return found


def test_the_tasks_of_a_deleted_asset_are_told(system: System, world: World, admin: Caller) -> None:
    """As if each had been deleted: in the log at once, and to those who could read them."""
    begin = position(admin)
    with Stream(system.caller(world.people["artist"])) as stream:
        assert admin.delete(f"/data/assets/{world.asset}?force=true").status_code == 204
        (entry,) = logged(admin, "task:delete")
        told = stream.wait_for("task:delete", task_id=world.task)
    payload = {
        "task_id": world.task,
        "entity_id": world.asset,
        "task_type_id": world.task_type,
        "project_id": world.project,
    }
    assert entry["data"] == told["data"] == payload
    assert entry["user_id"] == told["actor"]["id"] == world.admin
    assert told["about"]["task_type"]["name"] == "Modeling"
    assert told["about"]["entity"]["name"] == "Hero"
    assert told["changes"]["entity_id"] == {"before": world.asset, "after": None}
    stranger = system.caller(world.people["stranger"])
    assert poll(stranger, after=begin, name="task:delete")["events"] == []
    assert not logged(admin, "comment:delete")


def test_an_open_production_cannot_be_deleted(admin: Caller, world: World) -> None:
    """Not even with force."""
    for query in ("", "?force=true"):
        response = admin.delete(f"/data/projects/{world.project}{query}")
        assert response.status_code == 400, response.text
        assert admin.get(f"/data/projects/{world.project}").status_code == 200


def test_a_closed_production_with_work_requires_force(
    admin: Caller, world: World, system: System
) -> None:
    """The cascade covers every service, and leaves nothing."""
    admin.put(f"/data/projects/{world.project}", {"project_status_id": world.closed})
    path = f"/data/projects/{world.project}"
    assert admin.delete(path).status_code == 400
    assert admin.delete(f"{path}?force=true").status_code == 204
    ids = (
        world.project,
        world.asset,
        world.shot,
        world.task,
        world.comment,
        world.preview,
        world.chat,
    )
    for ident in ids:
        until(lambda ident=ident: rows_with(system, ident) == {}, 10, f"{ident} gone everywhere")
    told = {row["name"] for row in admin.get("/data/events/last").json()}
    assert {name for name in told if name.endswith(":delete")} == {"project:delete"}
    assert admin.get(f"/data/entities/{world.past_asset}").status_code == 200


def test_a_referenced_person_requires_force(admin: Caller, world: World, system: System) -> None:
    """Their comments are deleted, their authorship nulled; others' work stays."""
    artist = world.people["artist"]
    refused = admin.delete(f"/data/persons/{artist}")
    assert refused.status_code == 400
    assert refused.json()["message"] == "Some data are still linked to given person."
    assert admin.delete(f"/data/persons/{artist}?force=true").status_code == 204
    until(lambda: rows_with(system, artist) == {}, 10, "the person gone everywhere")
    assert admin.get(f"/data/tasks/{world.task}").json()["assignees"] == []
    assert admin.get(f"/data/entities/{world.asset}").json()["created_by"] is None


def test_nobody_deletes_themselves(admin: Caller, world: World) -> None:
    """403, also with force."""
    assert admin.delete(f"/data/persons/{world.admin}?force=true").status_code == 403


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("departments/{department}", "a task type of another service points at it"),
        ("entity-types/{character}", "entities are of it"),
        ("task-status/{status}", "tasks have it"),
        ("chats/{chat}", "it has messages"),
        ("entities/{sequence}", "a shot lies in it"),
        ("tasks/{task}", "comments and previews hang off it"),
    ],
)
def test_a_referenced_row_is_not_deleted(admin: Caller, world: World, path: str, what: str) -> None:
    """The same error for references here and in other services."""
    filled = path.format(
        department=world.department,
        character=world.types["Character"],
        status=world.status,
        chat=world.chat,
        sequence=world.sequence,
        task=world.task,
    )
    response = admin.delete(f"/data/{filled}")
    assert response.status_code == 400, what
    assert response.json() == {"message": "The change conflicts with records referencing this one."}


def test_a_deleted_preview_is_removed_from_all_references(
    admin: Caller, world: World, system: System
) -> None:
    """Comments, the entity's main preview, the task's last preview."""
    admin.put(f"/data/entities/{world.asset}", {"preview_file_id": world.preview})
    assert admin.delete(f"/data/preview-files/{world.preview}").status_code == 204
    until(lambda: rows_with(system, world.preview) == {}, what="no trace of the preview")


def test_a_task_type_of_a_production_requires_force(admin: Caller, world: World) -> None:
    """Tasks still prevent the delete."""
    kind = admin.post("/data/task-types", {"name": "FX"}).json()
    admin.put(f"/data/projects/{world.project}", {"task_types": [kind["id"]]})
    refused = admin.delete(f"/data/task-types/{kind['id']}")
    assert refused.status_code == 400
    assert "Film" in refused.json()["message"]
    assert admin.delete(f"/data/task-types/{kind['id']}?force=true").status_code == 204
    assert admin.get(f"/data/projects/{world.project}").json()["task_types"] == []
    assert admin.delete(f"/data/task-types/{world.task_type}?force=true").status_code == 400
