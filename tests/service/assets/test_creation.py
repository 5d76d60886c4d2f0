"""Creating and changing entities by the routes of their kind."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import pytest

from services.common.errors import Integrity, InvalidInput, NotFound
from tests.service.one_service import FORBIDDEN, NOT_FOUND, OK, OneService
from tests.show import Show

UNKNOWN = str(UUID(int=7))
REPEATABLE = ("episode", "sequence", "shot", "scene", "edit", "concept")
CALLERS = ("admin", "manager", "supervisor", "artist", "client", "vendor", "stranger")


def new_asset(assets: OneService, show: Show, data: Any, **more: str) -> Any:
    """Create a prop."""
    where = {"project_id": show.project, "asset_type_id": show.types["Props"], **more}
    return assets.call("admin", "create_asset", **where, data=data)


def create(assets: OneService, show: Show, kind: str, **data: Any) -> Any:
    """Create an entity of another kind in the series."""
    return assets.call("admin", "create_entity", kind=kind, project_id=show.project, data=data)


def payloads_of(assets: OneService, name: str) -> list[Any]:
    """The payloads of the emitted events of that name."""
    return [payload for known, payload in assets.emitted() if known == name]


def test_a_new_asset_stores_the_fields_of_its_body(assets: OneService, show: Show) -> None:
    """The main episode is stored as ``source_id``; names need not be unique."""
    body = {"name": "Lamp", "episode_id": show.episode, "is_shared": True, "data": {"a": 1}}
    created = new_asset(assets, show, {**body, "unknown": 1})
    assert (created["type"], created["description"], created["status"]) == ("Asset", "", "running")
    assert (created["source_id"], created["created_by"]) == (show.episode, show.admin)
    assert (created["is_shared"], created["data"], created["canceled"]) == (True, {"a": 1}, False)
    assert new_asset(assets, show, body)["id"] != created["id"]
    assert payloads_of(assets, "asset:new")[0] == {
        "asset_id": created["id"],
        "asset_type": show.types["Props"],
        "project_id": show.project,
    }


@pytest.mark.parametrize("count", [100, "100", 100.0, "100.0"])
def test_a_number_may_come_as_text_or_as_a_float(
    assets: OneService, show: Show, count: object
) -> None:
    """So spreadsheets and pandas have it; an update reads it alike."""
    created = create(assets, show, "shot", name="P10", sequence_id=show.opening, nb_frames=count)
    assert created["nb_frames"] == 100
    data = {"nb_frames": count, "is_casting_standby": "true", "code": 12.0}
    path = {"path": "entities", "ident": created["id"]}
    changed = assets.call("admin", "update_row", **path, data=data)
    assert (changed["nb_frames"], changed["is_casting_standby"]) == (100, True)
    assert changed["code"] == "12"
    assert new_asset(assets, show, {"name": "Lamp", "is_shared": "true"})["is_shared"] is True


def test_a_refused_number_is_named_with_what_came_and_what_is_expected(
    assets: OneService, show: Show
) -> None:
    """All of them at once."""
    with pytest.raises(InvalidInput) as refusal:
        create(assets, show, "shot", name=" ", sequence_id=[1], nb_frames="many")
    assert refusal.value.data == {
        "errors": [
            {
                "field": "name",
                "message": "Invalid value for 'name': ' '. Expected a text that is not blank.",
            },
            {
                "field": "sequence_id",
                "message": "Invalid value for 'sequence_id': [1]. Expected a UUID.",
            },
            {
                "field": "nb_frames",
                "message": "Invalid value for 'nb_frames': 'many'. Expected a whole number.",
            },
        ]
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": ["A"]}, "name"),
        ({"name": "x" * 161}, "name"),
        ({"name": "A", "data": []}, "data"),
        ({"name": "A", "is_shared": "perhaps"}, "is_shared"),
        ({"name": "A", "episode_id": "nonsense"}, "episode_id"),
    ],
)
def test_an_invalid_field_is_named(
    assets: OneService, show: Show, body: dict[str, Any], field: str
) -> None:
    """And nothing is created."""
    before = len(assets.rows("entity"))
    with pytest.raises(InvalidInput, match=r"^Validation error\.$") as refusal:
        new_asset(assets, show, body)
    assert refusal.value.data is not None
    assert [error["field"] for error in refusal.value.data["errors"]] == [field]
    assert len(assets.rows("entity")) == before


@pytest.mark.parametrize("depth", [3_000, 100_000])
def test_a_deeply_nested_body_is_refused(assets: OneService, show: Show, depth: int) -> None:
    """On every Python version, and nothing is created."""
    before = len(assets.rows("entity"))
    data = b'{"name":"A","data":{"a":' + b"[" * depth + b"]" * depth + b"}}"
    with pytest.raises(InvalidInput):
        new_asset(assets, show, msgspec.Raw(data))
    assert len(assets.rows("entity")) == before


def test_assets_need_an_asset_type_and_a_production(assets: OneService, show: Show) -> None:
    """Both must exist."""
    for kind in (show.types["Shot"], UNKNOWN, "nonsense"):
        with pytest.raises(NotFound):
            new_asset(assets, show, {"name": "A"}, asset_type_id=kind)
    with pytest.raises(NotFound):
        new_asset(assets, show, {"name": "A"}, project_id=UNKNOWN)


@pytest.mark.parametrize("kind", REPEATABLE)
def test_creating_twice_returns_the_same_row(assets: OneService, show: Show, kind: str) -> None:
    """The second request emits no event."""
    first = create(assets, show, kind, name="New", description="first")
    assert create(assets, show, kind, name="New", description="again") == first
    assert first["type"] == kind.capitalize()
    assert first["data"] == {}
    create(assets, show, kind, name="Other")
    events = payloads_of(assets, f"{kind}:new")
    assert len(events) == 2
    assert events[0]["project_id"] == show.project


def test_shots_need_a_sequence_of_the_production(assets: OneService, show: Show) -> None:
    """The event has the episode; an id that is no sequence is not found."""
    created = create(assets, show, "shot", name="P03", sequence_id=show.opening, nb_frames=24)
    assert (created["parent_id"], created["nb_frames"], created["description"]) == (
        show.opening,
        24,
        None,
    )
    assert payloads_of(assets, "shot:new") == [
        {"shot_id": created["id"], "episode_id": show.episode, "project_id": show.project}
    ]
    for parent in (show.episode, UNKNOWN):
        with pytest.raises(NotFound):
            create(assets, show, "shot", name="P04", sequence_id=parent)
    with pytest.raises(InvalidInput):
        create(assets, show, "shot", name="P04", sequence_id="nonsense")
    data = {"name": "P", "sequence_id": show.opening}
    with pytest.raises(NotFound):
        assets.call("admin", "create_entity", kind="shot", project_id=show.other_project, data=data)


def test_an_unknown_episode_status_becomes_running(assets: OneService, show: Show) -> None:
    """A known one is stored."""
    assert create(assets, show, "episode", name="A", status="done")["status"] == "running"
    assert create(assets, show, "episode", name="B", status="standby")["status"] == "standby"


def test_an_edit_of_an_unknown_episode_is_refused(assets: OneService, show: Show) -> None:
    """By a foreign key, with a message of the service."""
    words = r"^The change conflicts with records referencing this one\.$"
    with pytest.raises(Integrity, match=words):
        create(assets, show, "edit", name="Cut", episode_id=UNKNOWN)
    created = create(assets, show, "edit", name="Cut", episode_id=show.episode)
    assert payloads_of(assets, "edit:new")[0]["parent_id"] == created["parent_id"] == show.episode


def test_concept_links_are_stored_as_objects(assets: OneService, show: Show) -> None:
    """Links to unknown entities are dropped."""
    body = {"name": "Sky", "entity_concept_links": [{"id": show.prop}, {"id": UNKNOWN}]}
    assert create(assets, show, "concept", **body)["entity_concept_links"] == [show.prop]
    with pytest.raises(InvalidInput):
        create(assets, show, "concept", **{**body, "entity_concept_links": [show.prop]})


@pytest.mark.parametrize("kind", REPEATABLE)
def test_only_managers_create_entities(assets: OneService, show: Show, kind: str) -> None:
    """Concepts may be created by the team except clients and vendors."""
    arguments = {"kind": kind, "data": {"name": "New"}}
    outcomes = assets.outcomes(CALLERS, "create_entity", project_id=show.project, **arguments)
    others = OK if kind == "concept" else FORBIDDEN
    assert list(outcomes.values()) == [OK, OK, others, others, FORBIDDEN, FORBIDDEN, FORBIDDEN]
    nowhere = assets.outcomes(CALLERS, "create_entity", project_id=UNKNOWN, **arguments)
    assert nowhere == dict.fromkeys(CALLERS, NOT_FOUND)


def test_a_shot_is_changed_by_its_own_route(assets: OneService, show: Show) -> None:
    """Its metadata is replaced; an id that is no shot is not found."""
    shot = show.shots[0]
    assets.call("admin", "update_shot", ident=shot, data={"data": {"fps": 25}, "nb_frames": 12})
    changed = assets.call(
        "admin", "update_shot", ident=shot, data={"data": {"grade": "warm"}, "unknown": 1}
    )
    assert (changed["data"], changed["nb_frames"]) == ({"grade": "warm"}, 12)
    assert payloads_of(assets, "shot:update") == [{"shot_id": shot, "project_id": show.project}] * 2
    for ident in (show.prop, UNKNOWN, "nonsense"):
        with pytest.raises(NotFound):
            assets.call("admin", "update_shot", ident=ident, data={"nb_frames": 1})


def test_only_managers_change_shots(assets: OneService, show: Show) -> None:
    """Not even the entity's creator."""
    outcomes = assets.outcomes(CALLERS, "update_shot", ident=show.shots[0], data={"nb_frames": 1})
    assert list(outcomes.values()) == [OK, OK, *[FORBIDDEN] * 5]


def test_an_entity_lies_in_nothing_that_lies_in_itself(assets: OneService, show: Show) -> None:
    """Nor in itself; elsewhere it may."""
    shot = create(assets, show, "shot", name="P20", sequence_id=show.opening)["id"]
    moved = {"path": "entities", "ident": show.opening}
    for parent in (show.opening, shot):
        with pytest.raises(Integrity, match=f"'parent_id': '{parent}'. Expected an entity that"):
            assets.call("admin", "update_row", **moved, data={"parent_id": parent})
    for place in (None, show.episode):
        row = assets.call("admin", "update_row", **moved, data={"parent_id": place})
        assert row["parent_id"] == place


@pytest.mark.parametrize("name", ["ConceptFolder", "conceptfolder", "Edit"])
def test_the_names_of_other_kinds_are_taken(assets: OneService, name: str) -> None:
    """By types that the system makes when it first needs them: an asset's type is none of them."""
    with pytest.raises(InvalidInput, match="already exists"):
        assets.call("admin", "create_row", path="entity-types", data={"name": name})
    kind = assets.call("admin", "create_row", path="entity-types", data={"name": "Vehicle"})
    change = {"path": "entity-types", "ident": kind["id"]}
    with pytest.raises(InvalidInput, match="already exists"):
        assets.call("admin", "update_row", **change, data={"name": name})
    assert (
        assets.call("admin", "update_row", **change, data={"name": "vehicle"})["name"] == "vehicle"
    )
