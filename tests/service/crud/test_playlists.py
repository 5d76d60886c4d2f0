"""What playlists show: entities, each with a preview of its own."""

from __future__ import annotations

from typing import Any, Final

import pytest

from services.common.errors import InvalidInput
from tests.service.conftest import MakeService
from tests.service.one_service import OneService
from tests.world import World, ident

SHOT, OTHER = ident("entity shot"), ident("entity other")
OF_SHOT, OF_OTHER = ident("preview_file of shot"), ident("preview_file of other")
#: What clients send, and what of it is kept.
SENT: Final[list[Any]] = [
    {"entity_id": SHOT, "preview_file_id": OF_SHOT},
    {"id": SHOT, "preview_file_id": OF_OTHER, "name": "SH01"},
    {"entity_id": OTHER},
    {"preview_file_id": OF_OTHER},
    "no object",
]
KEPT: Final = [
    {"entity_id": SHOT, "preview_file_id": OF_SHOT},
    {"entity_id": SHOT, "preview_file_id": None},
    {"entity_id": OTHER, "preview_file_id": None},
]


@pytest.fixture
def crud(make_service: MakeService, world: World) -> OneService:
    """The service; ``tasks`` knows whose the previews are."""
    service = make_service("crud")
    owners = {OF_SHOT: SHOT, OF_OTHER: OTHER}
    service.fakes.replies["tasks.list_entities_of_previews"] = owners
    service.fill(world)
    return service


def test_an_item_shows_a_preview_of_its_own_entity_or_none(crud: OneService) -> None:
    """Whether it is created or changed so; what names no entity is left out."""
    data = {"name": "Dailies", "project_id": crud.world.project}
    made = crud.call("admin", "create_row", path="playlists", data={**data, "shots": SENT})
    assert made["shots"] == KEPT
    bare = crud.call("admin", "create_row", path="playlists", data={**data, "name": "More"})
    changed = {"path": "playlists", "ident": bare["id"], "data": {"shots": SENT}}
    assert crud.call("admin", "update_row", **changed)["shots"] == KEPT


def test_a_preview_without_a_revision_is_older_than_others(crud: OneService) -> None:
    """The column may be null, as clients create the rows."""

    def preview(ident: str, revision: int | None) -> dict[str, Any]:
        return {"id": ident, "revision": revision, "created_at": "2026-01-05T10:00:00"}

    first = {**preview(OF_SHOT, 1), "previews": [preview(OF_OTHER, None)]}
    crud.fakes.replies["assets.list_projects_of_entities"] = {SHOT: crud.world.project}
    crud.fakes.replies["assets.find_existing_rows"] = lambda tables: tables
    crud.fakes.replies["tasks.list_entity_previews"] = {ident("task_type"): [first]}
    data = {"name": "Dailies", "project_id": crud.world.project}
    made = crud.call("admin", "create_row", path="playlists", data=data)
    added = {"ident": made["id"], "data": {"entity_id": SHOT}}
    shots = crud.call("admin", "add_to_playlist", **added)["shots"]
    assert shots == [{"entity_id": SHOT, "preview_file_id": OF_SHOT}]


@pytest.mark.parametrize("limit", ["0", "-1"])
def test_a_page_has_room_for_a_row(crud: OneService, limit: str) -> None:
    """A client that computes its size wrongly is told so."""
    query = {"page": "1", "limit": limit}
    with pytest.raises(InvalidInput, match="limit must be a positive integer"):
        crud.call("admin", "list_rows", path="projects", query=query)
