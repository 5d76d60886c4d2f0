"""Assets that are shared, lengths of shots, and single links of castings."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import pytest

from services.assets.entities.rpc_lengths import frame_rate, frames_of
from services.common.errors import Forbidden, InvalidInput, NotFound
from tests.service.conftest import MakeService
from tests.service.one_service import FORBIDDEN, OneService
from tests.show import Show
from tests.world import World, ident

NOWHERE: Final = "00000000-0000-4000-8000-000000000000"
EVERYBODY: Final = ("admin", "manager", "supervisor", "artist", "client", "vendor", "stranger")
MANAGERS: Final = {"admin", "manager"}


def allowed(assets: OneService, method: str, **arguments: Any) -> set[str]:
    """Who isn't refused."""
    outcomes = assets.outcomes(EVERYBODY, method, **arguments)
    return {who for who, outcome in outcomes.items() if outcome != FORBIDDEN}


def shared(assets: OneService) -> set[str]:
    """The names of shared assets."""
    return {row["name"] for row in assets.rows("entity", is_shared=True)}


# --- sharing --------------------------------------------------------------------------------------


def test_assets_are_shared_by_their_ids(assets: OneService, show: Show) -> None:
    """Of any production that the caller manages; without ids nothing is."""
    ids = [show.prop, show.foreign, show.prop]
    rows = assets.call("manager", "share_assets", data={"asset_ids": ids})
    assert {(row["id"], row["type"], row["is_shared"]) for row in rows} == {
        (one, "Asset", True) for one in ids
    }
    assert len(rows[0]) == 22
    assert shared(assets) == {"Tree", "Elsewhere"}
    assert assets.emitted() == []
    data = {"asset_ids": ids[:1], "is_shared": False}
    (row,) = assets.call("manager", "share_assets", data=data)
    assert (row["is_shared"], shared(assets)) == (False, {"Elsewhere"})
    for nothing in ({}, {"asset_ids": None}, {"asset_ids": []}):
        assert assets.call("artist", "share_assets", data=nothing) == []
    assert allowed(assets, "share_assets", data=data) == MANAGERS


@pytest.mark.parametrize("wrong", [NOWHERE, ident("entity P01")])
def test_all_assets_are_shared_or_none(assets: OneService, show: Show, wrong: str) -> None:
    """A shot is no asset; one of another team's is refused."""
    with pytest.raises(NotFound):
        assets.call("admin", "share_assets", data={"asset_ids": [show.prop, wrong]})
    with pytest.raises(Forbidden):
        assets.call("supervisor", "share_assets", data={"asset_ids": [show.prop]})
    assert shared(assets) == set()


def test_assets_of_a_production_are_shared(assets: OneService, show: Show) -> None:
    """All of them, canceled ones too, or those named that are its own."""
    show.entity("Gone", "Props", canceled=True)
    assets.fill(show)
    arguments = {"project_id": show.project}
    named = {"asset_ids": [show.boat, show.foreign, show.shots[0]]}
    (row,) = assets.call("manager", "share_assets_of_project", data=named, **arguments)
    assert (row["name"], shared(assets)) == ("Boat", {"Boat"})
    rows = assets.call("manager", "share_assets_of_project", **arguments)
    assert {row["name"] for row in rows} == shared(assets) >= {"Boat", "Tree", "Gone"}
    assert "Elsewhere" not in shared(assets)
    kind = show.types["Props"]
    data = {"is_shared": False, "asset_ids": [NOWHERE]}
    of_type: dict[str, Any] = {**arguments, "data": data}
    rows = assets.call("manager", "share_assets_of_project", asset_type_id=kind, **of_type)
    assert {row["name"] for row in rows} == {"Boat", "Tree", "Gone"}
    for none in (NOWHERE, "x", show.types["Shot"]):
        assert assets.call("admin", "share_assets_of_project", asset_type_id=none, **of_type) == []
    assert allowed(assets, "share_assets_of_project", data=named, **arguments) == MANAGERS
    assert allowed(assets, "share_assets_of_project", asset_type_id=kind, **of_type) == MANAGERS


@pytest.mark.parametrize(
    ("data", "field"),
    [({"is_shared": None}, "is_shared"), ({"asset_ids": ["x"]}, "asset_ids.0")],
)
def test_what_is_shared_is_well_formed(
    assets: OneService, show: Show, data: Any, field: str
) -> None:
    """The body is checked first; in the route of a type after the rights."""
    for who, method, more in (
        ("stranger", "share_assets", {}),
        ("stranger", "share_assets_of_project", {"project_id": show.project}),
        ("manager", "share_assets_of_project", {"project_id": show.project, "asset_type_id": "x"}),
    ):
        with pytest.raises(InvalidInput) as refused:
            assets.call(who, method, data=data, **more)
        assert refused.value.data is not None
        assert [error["field"] for error in refused.value.data["errors"]] == [field]
    with pytest.raises(Forbidden):
        arguments = {"project_id": show.project, "asset_type_id": show.types["Props"]}
        assets.call("artist", "share_assets_of_project", data=data, **arguments)


# --- lengths --------------------------------------------------------------------------------------


def test_shots_get_the_lengths_of_their_previews(assets: OneService, show: Show) -> None:
    """Those that have one, of an episode if it is named; other entities are left alone."""
    first, second = show.shots
    lone = show.entity("P99", "Shot")
    assets.fill(show)
    seconds = {first: 4.02, second: None, lone: 1.0, show.prop: 9.0, NOWHERE: 9.0}
    assets.fakes.replies |= {
        "crud.read_counting_facts": {"fps": "25", "is_client_stats_visible": True},
        "tasks.list_newest_durations": seconds,
    }
    arguments: dict[str, Any] = {"project_id": show.project, "task_type_id": show.task_type}
    rows = assets.call("manager", "set_shot_lengths", query={"episode_id": ""}, **arguments)
    assert rows == sorted(rows, key=lambda row: row["id"])
    assert {row["id"]: row["nb_frames"] for row in rows} == {first: 100, second: 0, lone: 25}
    (row,) = assets.rows("entity", id=first)
    assert row["nb_frames"] == 100
    assert assets.emitted() == []
    query = {"episode_id": show.episode}
    rows = assets.call("manager", "set_shot_lengths", query=query, **arguments)
    assert {row["id"] for row in rows} == {first, second}
    assert allowed(assets, "set_shot_lengths", **arguments) == MANAGERS


def test_wrong_places_of_shots_are_told(assets: OneService, show: Show) -> None:
    """Ids that aren't ones, after the rights."""
    good = {"project_id": show.project, "task_type_id": show.task_type}
    for who, wrong, message in (
        ("admin", {"project_id": "wrong-id"}, "Invalid project or task type id"),
        ("manager", {"task_type_id": "wrong-id"}, "Invalid project or task type id"),
        ("manager", {"query": {"episode_id": "wrong-id"}}, "Invalid episode id"),
    ):
        with pytest.raises(InvalidInput, match=message):
            assets.call(who, "set_shot_lengths", **{**good, **wrong})
    for who, project in (("manager", "wrong-id"), ("admin", NOWHERE)):
        with pytest.raises(NotFound):
            assets.call(who, "set_shot_lengths", **{**good, "project_id": project})


def test_durations_are_rounded_to_frames() -> None:
    """Halves to the even number; what is no rate is the usual one."""
    assert [frames_of(one, Decimal(25)) for one in (0.02, 0.06, 0.1, None)] == [0, 2, 2, 0]
    assert frames_of(1e300, Decimal(25)) == 2**31 - 1
    assert [frame_rate(one) for one in ("23.976", "", None, "x", "0", "nan", "-1")] == [
        Decimal("23.976"),
        *[Decimal(25)] * 6,
    ]


def test_the_newest_preview_tells_the_length(make_service: MakeService, world: World) -> None:
    """Of a task of the type in the production."""
    task = world.tables["task"][0]
    for name, made, seconds in (("a", 3, 3.0), ("b", 5, None), ("c", 4, 4.0)):
        stamp = f"2030-01-0{made}T00:00:00"
        world.add("preview_file", name, task_id=task["id"], duration=seconds)
        world.tables["preview_file"][-1]["created_at"] = stamp
    tasks = make_service("tasks")
    tasks.fill(world)
    question = {"project_id": world.project, "task_type_id": task["task_type_id"]}
    assert tasks.call("admin", "list_newest_durations", **question) == {task["entity_id"]: None}
    for name in question:
        elsewhere = {**question, name: NOWHERE}
        assert tasks.call("admin", "list_newest_durations", **elsewhere) == {}


# --- links ----------------------------------------------------------------------------------------


@pytest.fixture
def cast(assets: OneService, show: Show) -> OneService:
    """The tree in both shots and in their episode, the canceled boat in the first shot only."""
    (boat,) = (row for row in show.tables["entity"] if row["id"] == show.boat)
    boat["canceled"] = True
    show.cast(show.shots[0], show.prop, show.boat)
    show.cast(show.shots[1], show.prop)
    show.cast(show.episode, show.prop)
    assets.fill(show)
    return assets


def link_of(show: Show, entity: str, asset: str) -> str:
    """The id of a casting link."""
    del show
    return ident(f"entity_link {asset} in {entity}")


def remove(assets: OneService, show: Show, entity: str, who: str = "manager") -> Any:
    """Take the tree out of an entity's casting."""
    link = link_of(show, entity, show.prop)
    return assets.call(who, "remove_entity_link", project_id=show.project, ident=link)


def test_a_removed_link_is_counted_and_announced(cast: OneService, show: Show) -> None:
    """Canceled assets don't count; the episode keeps what another shot casts."""
    first, second = show.shots
    row = remove(cast, show, first)
    assert (row["entity_in_id"], row["entity_out_id"]) == (first, show.prop)
    assert (row["type"], row["nb_occurences"]) == ("EntityLink", 1)
    (shot,) = cast.rows("entity", id=first)
    assert shot["nb_entities_out"] == 0
    told = {
        "nb_entities_out": 0,
        "added_asset_ids": [],
        "removed_asset_ids": [show.prop],
        "project_id": show.project,
    }
    assert cast.emitted() == [("shot:casting-update", {"shot_id": first, **told})]
    with pytest.raises(NotFound):
        remove(cast, show, first)
    # The last shot of the episode that casts it.
    remove(cast, show, second)
    events = cast.emitted()[1:]
    assert [name for name, _ in events] == [
        "shot:casting-update",
        "episode:casting-update",
        "asset:update",
    ]
    assert events[1][1] == {"episode_id": show.episode, **told}
    assert cast.rows("entity_link", entity_out_id=show.prop) == []


def test_what_leaves_an_episode_stays_in_its_shots(cast: OneService, show: Show) -> None:
    """Unlike with a new casting of the episode."""
    remove(cast, show, show.episode)
    assert [name for name, _ in cast.emitted()] == ["episode:casting-update"]
    assert len(cast.rows("entity_link", entity_out_id=show.prop)) == 2


def test_links_are_removed_by_managers_of_their_production(cast: OneService, show: Show) -> None:
    """Through its own route."""
    link = link_of(show, show.shots[0], show.prop)
    arguments = {"project_id": show.other_project, "ident": link}
    with pytest.raises(Forbidden):
        cast.call("manager", "remove_entity_link", **arguments)
    for unknown in (NOWHERE, "x"):
        with pytest.raises(NotFound):
            cast.call("admin", "remove_entity_link", project_id=show.project, ident=unknown)
    arguments = {"project_id": show.project, "ident": link}
    assert allowed(cast, "remove_entity_link", **arguments) == MANAGERS
