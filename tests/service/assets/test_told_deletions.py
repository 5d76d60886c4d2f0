"""What is told of entities, and of what belongs to them, that are deleted with something else."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.service.one_service import Event, OneService
from tests.show import Show

FORCED = {"force": "true"}


def deleted(kind: str, ident: str, project: str) -> Event:
    """The event of an entity's deletion."""
    return (f"{kind}:delete", {f"{kind}_id": ident, "project_id": project})


def gone(service: str, table: str, *ids: str) -> dict[str, Any]:
    """The payload of ``rows:gone``."""
    return {"service": service, "table": table, "ids": [*ids]}


def test_what_lies_in_an_entity_is_told_before_it(assets: OneService, show: Show) -> None:
    """The shots of a sequence, the sequences of an episode: each in the order of their ids."""
    assets.call("admin", "remove_entity", kind="episode", ident=show.episode, query=FORCED)
    inside = [("shot", shot) for shot in show.shots] + [("scene", show.scene)]
    inside.sort(key=lambda one: one[1])
    told = [deleted(kind, ident, show.project) for kind, ident in inside]
    told.append(deleted("sequence", show.opening, show.project))
    assert assets.told() == [*told, deleted("episode", show.episode, show.project)]


@pytest.mark.parametrize("way", ["its own route", "generic CRUD"])
def test_castings_of_a_deleted_asset_are_told(assets: OneService, show: Show, way: str) -> None:
    """Of those that cast it; its own are part of it, and others stay."""
    show.cast(show.shots[0], show.boat, show.prop)
    show.cast(show.boat, show.prop)
    assets.fill(show)
    (link,) = (
        row["id"]
        for row in show.tables["entity_link"]
        if (row["entity_in_id"], row["entity_out_id"]) == (show.shots[0], show.boat)
    )
    if way == "generic CRUD":
        assets.call("admin", "delete_row", path="entities", ident=show.boat)
    else:
        assets.call("admin", "remove_entity", kind="asset", ident=show.boat, query=FORCED)
    asset = deleted("asset", show.boat, show.project)
    assert assets.told() == [("entity-link:delete", {"entity_link_id": link}), asset]
    # The production, for the log and for streams: the payload has never had it.
    (row,) = assets.rows("outbox", name="entity-link:delete")
    assert row["project_id"] == UUID(show.project)


def test_a_main_preview_that_is_gone_is_told(assets: OneService, show: Show) -> None:
    """No event may have told of the preview: it may have been part of a deleted task."""
    preview = show.add("preview_file", "main", name="main", revision=1, task_id=show.task)
    for row in show.tables["entity"]:
        if row["id"] in {show.shots[0], show.boat}:
            row["preview_file_id"] = preview
    assets.fill(show)
    assets.deliver("rows:gone", gone("tasks", "preview_file", preview), by="manager")
    told = [("shot", show.shots[0]), ("asset", show.boat)]
    assert assets.told() == [
        (f"{kind}:update", {f"{kind}_id": ident, "project_id": show.project})
        for kind, ident in sorted(told, key=lambda one: one[1])
    ]
    assert all(row["preview_file_id"] is None for row in assets.rows("entity"))


def test_a_production_tells_of_what_others_had_of_it(assets: OneService, show: Show) -> None:
    """The casting of its shared asset; none of its own entities and castings."""
    show.cast(show.shots[0], show.prop)
    show.cast(show.foreign, show.prop)
    assets.fill(show)
    (link,) = (
        row["id"] for row in show.tables["entity_link"] if row["entity_in_id"] == show.foreign
    )
    assets.deliver("rows:gone", gone("crud", "project", show.project))
    assert assets.rows("entity", project_id=UUID(show.project)) == []
    assert assets.told() == [("entity-link:delete", {"entity_link_id": link})]
    passed_on = [event for name, event in assets.emitted() if name == "rows:gone"]
    assert {tuple(event["within"]) for event in passed_on} == {(show.project,)}


def test_instances_of_a_deleted_asset_are_told(assets: OneService, show: Show) -> None:
    """Those of a deleted scene are part of the scene."""
    instance = {"asset_id": show.boat, "scene_id": show.scene, "number": 1, "active": True}
    ident = show.add("asset_instance", "boat", name="Boat_0001", **instance)
    assets.fill(show)
    assets.call("admin", "remove_entity", kind="asset", ident=show.boat, query=FORCED)
    asset = deleted("asset", show.boat, show.project)
    assert assets.told() == [("asset-instance:delete", {"asset_instance_id": ident}), asset]
    assets.fill(show)
    assets.call("admin", "remove_entity", kind="scene", ident=show.scene, query=FORCED)
    assert assets.told() == [deleted("scene", show.scene, show.project)]


def test_columns_of_a_deleted_task_type_are_told(assets: OneService, show: Show) -> None:
    """The production that they are part of stays."""
    kind = str(uuid4())
    column = show.add(
        "metadata_descriptor",
        "difficult",
        name="Difficult",
        field_name="difficult",
        data_type="boolean",
        entity_type="Task",
        project_id=show.project,
        task_type_id=kind,
    )
    assets.fill(show)
    assets.deliver("rows:gone", gone("tasks", "task_type", kind))
    payload = {"metadata_descriptor_id": column, "project_id": show.project}
    assert assets.told() == [("metadata-descriptor:delete", payload)]
