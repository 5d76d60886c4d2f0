"""Working and output files that tools announce: what is filled in, and how they are numbered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.service.conftest import MakeService
from tests.service.one_service import OneService
from tests.world import World, ident

INSTANCE = ident("instance of hero")


@pytest.fixture
def crud(make_service: MakeService, world: World) -> OneService:
    """The service; everybody works on everything, and Hero has an instance in the shot."""
    service = make_service("crud")
    plain = {
        world.asset: {"id": world.asset, "project_id": world.project},
        world.shot: {"id": world.shot, "project_id": world.project},
        INSTANCE: {"id": INSTANCE, "asset_id": world.asset},
    }
    standing = {"read": True, "act": True}
    service.fakes.replies |= {
        "assets.read_plain": lambda ident, **_: plain[ident],
        "tasks.read_plain": {
            "id": world.task,
            "entity_id": world.asset,
            "project_id": world.project,
        },
        "assets.list_projects_of_entities": lambda ids: dict.fromkeys(ids, world.project),
        "tasks.list_projects_of_tasks": lambda ids: dict.fromkeys(ids, world.project),
        "tasks.read_rights_on_task": standing,
        "tasks.read_rights_on_entity": standing,
        **{
            f"{name}.find_existing_rows": lambda tables: tables
            for name in ("auth", "assets", "tasks")
        },
    }
    for table in ("file_status", "software"):
        world.tables[table].clear()
    service.fill(world)
    return service


def kinds(world: World, **values: Any) -> dict[str, Any]:
    """What an output is of."""
    (cache,) = (row["id"] for row in world.tables["output_type"])
    return {"output_type_id": cache, "task_type_id": world.task_type, **values}


def test_a_working_file_gets_a_default_software(crud: OneService, world: World) -> None:
    """Blender, which is made with the first of them, unless another is named."""
    first, second = (
        crud.call("artist", "new_working_file", task_id=world.task, data={"name": "anim"})
        for _ in range(2)
    )
    assert (first["revision"], second["revision"]) == (1, 2)
    assert (first["comment"], first["description"], first["path"]) == ("", None, None)
    (blender,) = crud.rows("software", short_name="blender")
    assert {first["software_id"], second["software_id"]} == {str(blender["id"])}
    told = {"software_id": str(blender["id"])}
    assert [payload for name, payload in crud.emitted() if name == "software:new"] == [told]


def test_an_output_gets_default_values(crud: OneService, world: World) -> None:
    """Texts are empty, the status is To review."""
    arguments = {"ident": world.asset, "data": kinds(world)}
    reply = crud.call("artist", "new_output_file", **arguments)
    filled = ("name", "comment", "extension", "representation", "nb_elements", "revision")
    assert [reply[name] for name in filled] == ["main", "", "", "", 1, 1]
    (status,) = crud.rows("file_status")
    assert (status["name"], status["color"]) == ("To review", "#FFFFFF")
    assert reply["file_status_id"] == str(status["id"])
    named = kinds(world, extension=".abc", representation="abc")
    shown = crud.call("artist", "new_output_file", ident=world.asset, data=named)
    assert (shown["extension"], shown["representation"], shown["revision"]) == (".abc", "abc", 2)


def test_an_output_of_an_instance_belongs_to_its_asset(crud: OneService, world: World) -> None:
    """Numbered by itself, and none of the asset's own."""
    crud.call("artist", "new_output_file", ident=world.asset, data=kinds(world, revision=7))
    arguments = {"ident": INSTANCE, "temporal_id": world.shot, "data": kinds(world)}
    for want in (1, 2):
        assert crud.call("artist", "read_next_output_revision", **arguments) == {
            "next_revision": want
        }
        reply = crud.call("artist", "new_output_file", **arguments)
        assert reply["revision"] == want
    assert (reply["entity_id"], reply["asset_instance_id"]) == (world.asset, INSTANCE)
    assert reply["temporal_entity_id"] == world.shot
    own = crud.call("artist", "list_output_files_of", ident=world.asset)
    assert [row["revision"] for row in own] == [7]
    of_instance = crud.call("artist", "list_output_files_of", ident=INSTANCE, of="instance")
    assert [row["revision"] for row in of_instance] == [2, 1]
