"""Files of the pipeline: whose lists they are in, and how their production is known."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from tests.service.conftest import MakeService
from tests.service.one_service import OneService
from tests.world import World, ident

NEW_STATUS = {"name": "to check", "color": "#FFAA00"}


@pytest.fixture
def crud(make_service: MakeService, world: World) -> OneService:
    """The service; the services beside know the world's tasks and entities."""
    service = make_service("crud")
    projects = {
        table: {row["id"]: row["project_id"] for row in world.tables[table]}
        for table in ("task", "entity")
    }
    service.fakes.replies |= {
        "tasks.list_projects_of_tasks": lambda ids: projects_of(projects["task"], ids),
        "assets.list_projects_of_entities": lambda ids: projects_of(projects["entity"], ids),
        "tasks.find_existing_rows": lambda tables: tables,
        "assets.find_existing_rows": lambda tables: tables,
        "auth.find_existing_rows": lambda tables: tables,
    }
    service.fill(world)
    return service


def projects_of(projects: dict[str, str], ids: list[str]) -> dict[str, str]:
    """The productions of those that are known."""
    return {ident: projects[ident] for ident in ids if ident in projects}


def listed(crud: OneService, who: str, **query: str) -> list[str]:
    """The names of the working files that somebody sees."""
    reply = crud.call(who, "list_rows", path="working-files", query=query)
    return sorted(row["name"] for row in (reply if isinstance(reply, list) else reply["data"]))


def working_file(crud: OneService, name: str, task: str | None) -> Any:
    """A working file as an administrator makes it."""
    body = {"name": name, "task_id": task, "revision": 1}
    return crud.call("admin", "create_row", path="working-files", data=body)


def test_a_new_file_is_listed_for_its_team_only(crud: OneService, world: World) -> None:
    """The list asks nobody; strangers see none of it, by the page neither."""
    crud.tick("fill_productions")
    made = working_file(crud, "w2", world.task)
    crud.fakes.calls.clear()
    for query in ({}, {"page": "1"}, {"task_id": world.task}):
        assert listed(crud, "artist", **query) == ["w1", "w2"]
        assert listed(crud, "stranger", **query) == []
    assert crud.fakes.calls == []
    assert "production_id" not in made


def test_a_file_moved_to_another_task_follows_its_production(
    crud: OneService, world: World
) -> None:
    """To a task that nobody knows, it is in no team's list."""
    crud.tick("fill_productions")
    (row,) = crud.rows("working_file")
    change = {"path": "working-files", "ident": str(row["id"])}
    crud.call("admin", "update_row", **change, data={"task_id": ident("elsewhere")})
    assert listed(crud, "artist") == []
    crud.call("admin", "update_row", **change, data={"task_id": world.task, "name": "back"})
    assert listed(crud, "artist") == ["back"]


def test_productions_of_files_are_filled_in_with_one_call_per_owner(
    crud: OneService, world: World
) -> None:
    """Imported ones have none; who is unknown is asked about again after the next import."""
    table = crud.container.service_cls.metadata.tables["working_file"]
    rows = [
        {"name": f"i{n}", "task_id": UUID(task) if task else None, "revision": 1}
        for n, task in enumerate([world.task, world.task, ident("lost"), None])
    ]
    with crud.database.read() as connection:
        connection.execute(sa.insert(table), [{"id": UUID(ident(str(row)))} | row for row in rows])
    assert listed(crud, "artist") == []
    for asked in (1, 0):
        crud.fakes.calls.clear()
        crud.tick("fill_productions")
        questions = [name for name, _ in crud.fakes.calls]
        assert questions.count("tasks.list_projects_of_tasks") == asked
        assert listed(crud, "artist") == ["i0", "i1", "w1"]
    assert listed(crud, "admin") == ["i0", "i1", "i2", "i3", "w1"]


def test_a_change_of_an_output_file_tells_its_production(crud: OneService, world: World) -> None:
    """That of its entity; a working file's doesn't."""
    status = crud.call("admin", "create_row", path="file-status", data=NEW_STATUS)
    body = {"name": "main", "entity_id": world.asset, "file_status_id": status["id"], "revision": 1}
    output = crud.call("admin", "create_row", path="output-files", data=body)["id"]
    working = working_file(crud, "w2", world.task)["id"]
    for path, file in (("output-files", output), ("working-files", working)):
        crud.call("admin", "update_row", path=path, ident=file, data={"comment": "thicker"})
    assert crud.emitted()[-2:] == [
        ("output-file:update", {"output_file_id": output, "project_id": world.project}),
        ("working-file:update", {"working_file_id": working}),
    ]
