"""What playlists and schedule items hold ids of is forgotten when its service deletes it."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

import pytest

from services.common.errors import Integrity, NotFound
from tests.service.conftest import MakeService
from tests.service.one_service import Event, OneService
from tests.world import World

GONE, KEPT, OF_GONE, OF_KEPT = (str(uuid4()) for _ in range(4))
SHOTS: Final = [
    {"entity_id": GONE, "preview_file_id": OF_GONE},
    {"entity_id": KEPT, "preview_file_id": OF_KEPT},
    {"entity_id": KEPT},
]


@pytest.fixture
def crud(make_service: MakeService, world: World) -> OneService:
    """The service; two productions' playlists show the same."""
    service = make_service("crud")
    service.fakes.replies["assets.list_projects_of_entities"] = {GONE: world.project}
    service.fakes.replies["tasks.list_entity_previews"] = {}
    service.fakes.replies["assets.find_existing_rows"] = lambda tables: tables
    service.fakes.replies["tasks.list_entities_of_previews"] = {}
    service.fill(world)
    return service


def tell(crud: OneService, table: str, ident: str, **more: Any) -> None:
    """Another service has deleted a row."""
    service, name = table.split(".")
    ids = [str(uuid4()), ident]
    crud.deliver("rows:gone", {"service": service, "table": name, "ids": ids, **more})


def new_playlist(crud: OneService, shots: Any, name: str = "Dailies") -> str:
    """A playlist's id."""
    data = {"name": name, "project_id": crud.world.project, "shots": shots}
    row = crud.call("admin", "create_row", path="playlists", data=data)
    return str(row["id"])


def shown(crud: OneService, playlist: str) -> list[dict[str, Any]]:
    """What the playlist shows."""
    row = crud.call("admin", "read_row", path="playlists", ident=playlist)
    shots: list[dict[str, Any]] = row["shots"]
    return shots


def test_a_playlist_shows_no_deleted_entity(crud: OneService) -> None:
    """The other items stay, in their order."""
    playlist, other = new_playlist(crud, SHOTS), new_playlist(crud, SHOTS[1:], "Other")
    tell(crud, "assets.entity", GONE)
    left = [
        {"entity_id": KEPT, "preview_file_id": OF_KEPT},
        {"entity_id": KEPT, "preview_file_id": None},
    ]
    assert shown(crud, playlist) == shown(crud, other) == left


def test_an_item_whose_preview_is_deleted_has_none(crud: OneService) -> None:
    """It stays: the entity may get another preview."""
    playlist = new_playlist(crud, SHOTS[:2])
    tell(crud, "tasks.preview_file", OF_KEPT)
    assert shown(crud, playlist) == [SHOTS[0], {"entity_id": KEPT, "preview_file_id": None}]


def test_who_sends_a_playlist_back_brings_nothing_deleted_back(crud: OneService) -> None:
    """They read it before the delete; what they change beside that is stored."""
    playlist = new_playlist(crud, SHOTS[:2])
    tell(crud, "assets.entity", GONE)
    tell(crud, "tasks.preview_file", OF_KEPT)
    data = {"name": "Weeklies", "shots": SHOTS[:2]}
    crud.call("admin", "update_row", path="playlists", ident=playlist, data=data)
    assert shown(crud, playlist) == [{"entity_id": KEPT, "preview_file_id": None}]
    again = new_playlist(crud, SHOTS[:1], "Again")
    assert shown(crud, again) == []


def test_an_entity_deleted_meanwhile_is_not_added(crud: OneService) -> None:
    """Its owner still knew it when it was asked."""
    playlist = new_playlist(crud, [])
    tell(crud, "assets.entity", GONE)
    with pytest.raises(NotFound):
        crud.call("admin", "add_to_playlist", ident=playlist, data={"entity_id": GONE})
    assert shown(crud, playlist) == []


@pytest.mark.parametrize("table", ["assets.entity", "assets.entity_type"])
def test_a_schedule_item_is_deleted_with_its_object(crud: OneService, table: str) -> None:
    """A sequence, an episode or an asset type; none is made or moved to it any more."""
    common = {"project_id": crud.world.project, "task_type_id": None}
    items = [
        crud.call("admin", "create_row", path="schedule-items", data={**common, "object_id": thing})
        for thing in (GONE, KEPT)
    ]
    tell(crud, table, GONE)
    left = crud.rows("schedule_item", project_id=crud.world.project)
    assert GONE not in {str(row["object_id"]) for row in left}
    assert KEPT in {str(row["object_id"]) for row in left}
    moved = {"ident": items[1]["id"], "data": {"object_id": GONE}}
    with pytest.raises(Integrity, match="records referencing this one"):
        crud.call("admin", "update_row", path="schedule-items", **moved)
    with pytest.raises(Integrity, match="records referencing this one"):
        crud.call("admin", "create_row", path="schedule-items", data={**common, "object_id": GONE})


def test_a_schedule_item_is_about_what_exists(crud: OneService) -> None:
    """An unknown object is refused; one that an item has already may be sent back."""
    common = {"project_id": crud.world.project, "task_type_id": None}
    item = crud.call(
        "admin", "create_row", path="schedule-items", data={**common, "object_id": KEPT}
    )
    crud.fakes.replies["assets.find_existing_rows"] = lambda tables: {key: [] for key in tables}
    with pytest.raises(Integrity, match="records referencing this one"):
        crud.call("admin", "create_row", path="schedule-items", data={**common, "object_id": GONE})
    change = {"path": "schedule-items", "ident": item["id"]}
    with pytest.raises(Integrity, match="records referencing this one"):
        crud.call("admin", "update_row", **change, data={"object_id": GONE})
    data = {"object_id": KEPT, "man_days": 3}
    assert crud.call("admin", "update_row", **change, data=data)["man_days"] == 3


def told_since(crud: OneService, before: list[Event]) -> list[Event]:
    """What clients hear of since."""
    return crud.told()[len(before) :]


@pytest.mark.parametrize("table", ["assets.entity", "tasks.preview_file"])
def test_a_playlist_that_shows_less_is_told(crud: OneService, table: str) -> None:
    """The event of a preview's task says nothing of the playlists that showed it."""
    playlist, _ = new_playlist(crud, SHOTS), new_playlist(crud, SHOTS[2:], "Other")
    before = crud.told()
    for _ in range(2):
        tell(crud, table, {"assets.entity": GONE, "tasks.preview_file": OF_KEPT}[table])
    payload = {"playlist_id": playlist, "project_id": crud.world.project}
    assert told_since(crud, before) == [("playlist:update", payload)]


def test_a_schedule_item_that_goes_with_its_object_is_told(crud: OneService) -> None:
    """Once."""
    data = {"project_id": crud.world.project, "task_type_id": None, "object_id": GONE}
    item = crud.call("admin", "create_row", path="schedule-items", data=data)["id"]
    before = crud.told()
    for _ in range(2):
        tell(crud, "assets.entity", GONE)
    payload = {"schedule_item_id": item, "project_id": crud.world.project}
    assert told_since(crud, before) == [("schedule-item:delete", payload)]


def test_a_file_whose_instance_or_source_is_gone_is_told(crud: OneService) -> None:
    """Neither may have an event of its own: both may be part of something else."""
    world = crud.world
    status = world.add("file_status", "ok", name="ok", color="#000000")
    source = world.add("working_file", "source", name="source", revision=1, task_id=GONE)
    common = {"name": "out", "revision": 1, "representation": "", "file_status_id": status}
    taken, kept = (
        world.add("output_file", name, **common, nb_elements=1, **values)
        for name, values in (
            ("taken", {"asset_instance_id": OF_GONE}),
            ("kept", {"entity_id": KEPT, "source_file_id": source}),
        )
    )
    crud.fill(world)
    tell(crud, "assets.asset_instance", OF_GONE)
    tell(crud, "tasks.task", GONE)
    assert crud.told() == [
        ("output-file:delete", {"output_file_id": taken}),
        ("output-file:update", {"output_file_id": kept}),
    ]


@pytest.mark.parametrize("table", ["assets.entity", "tasks.preview_file"])
def test_what_a_deleted_production_held_is_not_told(crud: OneService, table: str) -> None:
    """Its event says it, or that it will soon."""
    playlist = new_playlist(crud, [{"entity_id": GONE, "preview_file_id": GONE}])
    data = {"project_id": crud.world.project, "task_type_id": None, "object_id": GONE}
    crud.call("admin", "create_row", path="schedule-items", data=data)
    before = crud.told()
    tell(crud, table, GONE, within=[crud.world.project])
    assert told_since(crud, before) == []
    assert GONE not in {shot["preview_file_id"] for shot in shown(crud, playlist)}


def test_what_a_deleted_department_took_along_is_told(crud: OneService) -> None:
    """The budget that an entry is part of stays, and so does whoever saved a search."""
    world, department = crud.world, str(uuid4())
    budget = world.add("budget", "b", name="Budget", revision=1, project_id=world.project)
    salary = {"start_date": "2026-01-01", "months_duration": 3, "daily_salary": 100}
    entry = world.add("budget_entry", "e", budget_id=budget, department_id=department, **salary)
    search = world.add(
        "search_filter",
        "s",
        list_type="asset",
        name="mine",
        search_query="x",
        is_shared=True,
        department_id=department,
        project_id=world.project,
        person_id=world.people["manager"],
    )
    crud.fill(world)
    tell(crud, "auth.department", department)
    payload = {"search_filter_id": search, "project_id": world.project}
    assert sorted(crud.told()) == [
        ("budget-entry:delete", {"budget_entry_id": entry}),
        ("search-filter:delete", payload),
    ]


def test_schedule_items_of_a_deleted_task_type_are_told(crud: OneService) -> None:
    """Its milestones stay, without it: they reference what is gone no more."""
    world, kind = crud.world, str(uuid4())
    item = world.add("schedule_item", "i", task_type_id=kind, project_id=world.project)
    world.add("milestone", "m", name="m", date="2026-01-01", task_type_id=kind)
    crud.fill(world)
    tell(crud, "tasks.task_type", kind)
    payload = {"schedule_item_id": item, "project_id": world.project}
    assert crud.told() == [("schedule-item:delete", payload)]
