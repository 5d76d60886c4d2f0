"""Entities in lists and details without tasks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.running import Caller, System
from tests.show import Show
from tests.system.callers import CALLERS, statuses

UNKNOWN = str(UUID(int=7))
ROW = {
    "id",
    "name",
    "code",
    "description",
    "shotgun_id",
    "canceled",
    "nb_frames",
    "nb_entities_out",
    "is_casting_standby",
    "is_shared",
    "status",
    "project_id",
    "entity_type_id",
    "parent_id",
    "source_id",
    "preview_file_id",
    "data",
    "ready_for",
    "created_by",
    "created_at",
    "updated_at",
    "type",
}
ALL = ("assets", "shots", "sequences", "episodes", "scenes", "edits", "concepts")


def names(caller: Caller, path: str) -> Any:
    """The names in a list, in its order; or the status of a refusal."""
    response = caller.get(path)
    return (
        [row["name"] for row in response.json()]
        if response.status_code == 200
        else response.status_code
    )


@pytest.mark.parametrize(
    ("plural", "want"),
    [
        ("assets", ["Boat", "Hero", "Tree"]),
        ("shots", ["P01", "P02", "SH1"]),
        ("sequences", ["S01", "SQ1"]),
        ("episodes", ["E01", "E02"]),
        ("scenes", ["SC01"]),
        ("edits", []),
        ("concepts", ["Mood"]),
    ],
)
def test_a_production_lists_its_entities_by_name(
    show: Show, admin: Caller, plural: str, want: list[str]
) -> None:
    """As plain rows; concepts with what they are linked to. Assets have no order."""
    path = f"/data/projects/{show.project}/{plural}"
    result = names(admin, path)
    assert (sorted(result) if plural == "assets" else result) == want
    extra = {"entity_concept_links"} if plural == "concepts" else set()
    for row in admin.get(path).json():
        assert set(row) == ROW | extra
        assert row["type"] == plural[:-1].capitalize()


@pytest.mark.parametrize("plural", ALL)
def test_lists_of_a_production_are_for_its_team(system: System, show: Show, plural: str) -> None:
    """Concepts are closed to clients and vendors; an unknown production isn't found."""
    codes = statuses(system, show, "GET", f"/data/projects/{show.project}/{plural}")
    closed = 403 if plural == "concepts" else 200
    assert codes == [200, 200, 200, 200, closed, closed, 403]
    nowhere = statuses(system, show, "GET", f"/data/projects/{UNKNOWN}/{plural}")
    assert nowhere == [200 if plural == "assets" else 404] + [404] * 6


def test_a_vendor_lists_what_they_work_on(system: System, show: Show) -> None:
    """Shots and assets assigned to them, and what holds these."""
    show.assign("vendor", show.shots[0])
    show.entity("Mine", "Props", source_id=show.next_episode)
    show.assign("vendor", show.tables["entity"][-1]["id"])
    system.load(show.tables)
    vendor = system.caller(show.people["vendor"])
    base = f"/data/projects/{show.project}"
    assert names(vendor, f"{base}/shots") == ["P01"]
    assert names(vendor, f"{base}/assets") == ["Mine"]
    assert names(vendor, f"{base}/sequences") == ["S01"]
    assert names(vendor, f"{base}/episodes") == ["E01", "E02"]
    assert names(vendor, f"{base}/scenes") == []
    assert names(vendor, f"/data/shots?project_id={show.project}") == ["P01"]
    assert names(vendor, "/data/assets") == ["Mine"]


@pytest.mark.parametrize(
    ("path", "extra"),
    [
        ("/data/shots", {"project_name", "sequence_name"}),
        ("/data/shots/all", {"project_name", "sequence_name"}),
        ("/data/scenes/all", {"project_name", "sequence_name"}),
        ("/data/edits", {"project_name"}),
        ("/data/edits/all", {"project_name"}),
        ("/data/concepts", {"project_name", "entity_concept_links"}),
        ("/data/sequences", set()),
        ("/data/episodes", set()),
    ],
)
def test_lists_of_the_studio_name_a_production_unless_asked_by_an_administrator(
    system: System, show: Show, path: str, extra: set[str]
) -> None:
    """And they add the names of what holds the entity."""
    show.entity("Cut", "Edit", parent_id=show.episode)
    system.load(show.tables)
    assert statuses(system, show, "GET", path) == [200] + [403] * 6
    rows = system.caller(show.people["manager"]).get(f"{path}?project_id={show.project}").json()
    assert rows
    assert {frozenset(row) for row in rows} == {frozenset(ROW | extra)}
    assert system.caller(show.admin).get(f"{path}?project_id=nope").json() == {
        "error": True,
        "message": "Invalid UUID value: nope",
        "data": None,
    }


def test_lists_are_filtered_by_columns_and_parents(
    system: System, show: Show, admin: Caller
) -> None:
    """A sequence or episode in the query stands for its production, too."""
    artist = system.caller(show.people["artist"])
    assert names(artist, f"/data/shots?sequence_id={show.opening}") == ["P01", "P02"]
    assert names(artist, f"/data/shots?sequence_id={show.opening}&name=p02") == ["P02"]
    assert names(artist, f"/data/sequences?episode_id={show.episode}") == ["S01"]
    assert names(artist, f"/data/shots?sequence_id={UNKNOWN}") == 404
    assert names(admin, "/data/shots?name=p01&anything=1") == ["P01"]
    assert names(admin, f"/data/episodes?id={show.episode}") == ["E01"]


def test_assets_of_an_episode_come_before_those_cast_in_it(
    system: System, show: Show, admin: Caller
) -> None:
    """Whatever their names."""
    show.cast(show.episode, show.boat)
    show.entity("Zebra", "Props", source_id=show.episode)
    system.load(show.tables)
    assert names(admin, f"/data/assets?episode_id={show.episode}") == ["Zebra", "Boat"]
    path = f"/data/projects/{show.project}/assets?episode_id={show.episode}"
    assert names(admin, path) == ["Zebra", "Boat"]


def test_details_tell_what_holds_the_entity(system: System, show: Show, admin: Caller) -> None:
    """A sequence without episode has no keys for one; a scene without sequence isn't found."""
    loose = show.entity("Loose", "Scene")
    system.load(show.tables)
    sequence = admin.get(f"/data/sequences/{show.opening}").json()
    assert set(sequence) == ROW | {"project_name", "episode_id", "episode_name"}
    assert (sequence["project_name"], sequence["episode_name"]) == ("Film", "E01")
    assert set(admin.get(f"/data/sequences/{show.sequence}").json()) == ROW | {"project_name"}
    assert set(admin.get(f"/data/episodes/{show.episode}").json()) == ROW | {"project_name"}
    scene = admin.get(f"/data/scenes/{show.scene}").json()
    assert (scene["sequence_id"], scene["episode_id"]) == (show.opening, show.episode)
    for path in (f"scenes/{loose}", f"sequences/{show.episode}", "episodes/nonsense"):
        assert admin.get(f"/data/{path}").status_code == 404


@pytest.mark.parametrize("plural", ["sequences", "episodes", "scenes"])
def test_details_are_for_the_team(system: System, show: Show, plural: str) -> None:
    """A vendor needs a task on the very entity."""
    ident = {"sequences": show.opening, "episodes": show.episode, "scenes": show.scene}[plural]
    codes = statuses(system, show, "GET", f"/data/{plural}/{ident}")
    assert dict(zip(CALLERS, codes, strict=True)) == {
        "admin": 200,
        "manager": 200,
        "supervisor": 200,
        "artist": 200,
        "client": 200,
        "vendor": 403,
        "stranger": 403,
    }


def test_asset_types_are_the_types_without_a_meaning_of_their_own(
    show: Show, admin: Caller
) -> None:
    """With their workflow."""
    assert names(admin, "/data/asset-types") == ["Character", "Props"]
    assert names(admin, "/data/asset-types?name=props") == ["Props"]
    body = admin.get(f"/data/asset-types/{show.types['Props']}").json()
    assert (body["type"], body["task_types"]) == ("AssetType", [])
    for ident in (show.types["Shot"], UNKNOWN, "nonsense"):
        assert admin.get(f"/data/asset-types/{ident}").status_code == 404
    used = f"/data/projects/{show.project}/asset-types"
    assert names(admin, used) == ["Character", "Props"]
    assert names(admin, f"{used}/{show.types['Props']}/assets") == ["Boat", "Tree"]
    assert names(admin, f"/data/projects/{show.past}/asset-types") == ["Character"]


def test_shared_assets_of_others_are_listed_where_they_are_cast(
    system: System, show: Show, admin: Caller
) -> None:
    """Each once, and for an episode those of its shots."""
    common = show.entity("Common", "Props", project_id=show.other_project, is_shared=True)
    for shot in show.shots:
        show.cast(shot, common, show.foreign, show.prop)
    system.load(show.tables)
    base = f"/data/projects/{show.project}"
    assert names(admin, f"{base}/assets/shared-used") == ["Common"]
    for episode, want in (
        (show.episode, ["Common"]),
        (show.next_episode, []),
        ("all", ["Common"]),
        ("main", ["Common"]),
        ("nonsense", 404),
    ):
        assert names(admin, f"{base}/episodes/{episode}/assets/shared-used") == want
    codes = statuses(system, show, "GET", f"{base}/episodes/all/assets/shared-used")
    assert codes == [200, 200, 200, 200, 200, 200, 403]
    assert names(admin, f"/data/projects/{UNKNOWN}/assets/shared-used") == []


def test_what_an_entity_holds_is_listed(show: Show, admin: Caller) -> None:
    """By name."""
    assert names(admin, f"/data/sequences/{show.opening}/shots") == ["P01", "P02"]
    assert names(admin, f"/data/sequences/{show.opening}/scenes") == ["SC01"]
    assert names(admin, f"/data/episodes/{show.episode}/sequences") == ["S01"]
    assert names(admin, f"/data/episodes/{show.episode}/shots") == ["P01", "P02"]
    assert names(admin, f"/data/shots/{show.shot}/assets") == ["Hero"]
    assert names(admin, f"/data/shots/{show.shot}/asset-types") == ["Character"]


def test_casting_links_are_paged_or_followed_by_a_cursor(
    system: System, show: Show, admin: Caller
) -> None:
    """With times exact enough to go on from."""
    show.cast(show.shots[0], show.prop, show.boat)
    system.load(show.tables)
    path = f"/data/projects/{show.project}/entity-links"
    assert statuses(system, show, "GET", path) == [200, 200, 403, 403, 403, 403, 403]
    assert len(admin.get(path).json()) == 3
    page = admin.get(f"{path}?page=2&limit=2").json()
    assert (page["total"], page["nb_pages"], page["offset"], len(page["data"])) == (3, 2, 2, 1)
    assert page["data"][0]["created_at"] == "2026-01-05T10:00:00.123456"
    rest = admin.get(f"{path}?cursor_created_at=2026-01-05T10:00:00.123455&limit=2").json()
    assert (set(rest), len(rest["data"])) == ({"data", "total", "limit"}, 2)
    assert admin.get(f"{path}?cursor_created_at=2026-01-05T10:00:00.123456").json()["data"] == []
    assert admin.get(f"{path}?cursor_created_at=never").status_code == 400
