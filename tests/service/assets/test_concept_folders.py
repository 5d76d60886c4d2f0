"""Folders of concepts."""

from __future__ import annotations

from typing import Any, Final

import pytest

from services.common.errors import Integrity, InvalidInput, NotFound
from tests.service.one_service import FORBIDDEN, OneService
from tests.show import Show
from tests.world import ident

NOWHERE: Final = "00000000-0000-4000-8000-000000000000"
EVERYBODY: Final = ("admin", "manager", "supervisor", "artist", "client", "vendor", "stranger")
STUDIO: Final = {"admin", "manager", "supervisor", "artist"}
SUPERVISORS: Final = {"admin", "manager", "supervisor"}


@pytest.fixture
def show() -> Show:
    """The series with two folders of concepts; ``Mood`` lies in the first."""
    show = Show()
    show.types["ConceptFolder"] = show.add("entity_type", "ConceptFolder", name="ConceptFolder")
    for name in ("Sea", "Land"):
        show.entity(name, "ConceptFolder", data=None)
    show.entity("Foreign", "ConceptFolder", project_id=show.other_project)
    (mood,) = (row for row in show.tables["entity"] if row["id"] == show.concept)
    mood["parent_id"] = SEA
    return show


SEA, LAND, FOREIGN = (ident(f"entity {name}") for name in ("Sea", "Land", "Foreign"))


def folder_of(assets: OneService, concept: str) -> str | None:
    """Where a concept lies."""
    (row,) = assets.rows("entity", id=concept)
    return str(row["parent_id"]) if row["parent_id"] else None


def test_folders_are_listed_by_name(assets: OneService, show: Show) -> None:
    """For the studio; nobody else sees them, not by generic CRUD either."""
    arguments = {"project_id": show.project}
    rows = assets.call("artist", "list_concept_folders", **arguments)
    assert [row["name"] for row in rows] == ["Land", "Sea"]
    assert {(row["type"], row["data"], row["description"]) for row in rows} == {
        ("ConceptFolder", None, None)
    }
    assert len(rows[0]) == 22
    outcomes = assets.outcomes(EVERYBODY, "list_concept_folders", **arguments)
    assert {who for who, outcome in outcomes.items() if outcome != FORBIDDEN} == STUDIO
    for who, seen in (("artist", True), ("client", False), ("vendor", False)):
        listed = assets.call(who, "list_rows", path="entities", query=arguments)
        assert (SEA in {row["id"] for row in listed}) is seen
    kinds = assets.call("artist", "list_asset_types")
    assert "ConceptFolder" not in {row["name"] for row in kinds}
    with pytest.raises(NotFound):
        assets.call("admin", "list_concept_folders", project_id=NOWHERE)


def test_a_folder_is_created_once(assets: OneService, show: Show) -> None:
    """The second call returns it, silently."""
    arguments: dict[str, Any] = {"project_id": show.project, "data": {"name": "Sky"}}
    row = assets.call("supervisor", "create_concept_folder", **arguments)
    assert (row["name"], row["type"], row["parent_id"]) == ("Sky", "ConceptFolder", None)
    assert (row["data"], row["description"], len(row)) == (None, None, 22)
    assert assets.call("manager", "create_concept_folder", **arguments) == row
    told = {"concept_folder_id": row["id"], "project_id": show.project}
    assert assets.emitted() == [("concept-folder:new", told)]
    outcomes = assets.outcomes(EVERYBODY, "create_concept_folder", **arguments)
    assert {who for who, outcome in outcomes.items() if outcome != FORBIDDEN} == SUPERVISORS
    for name in ("", "x" * 161, None):
        with pytest.raises(InvalidInput) as refused:
            arguments["data"] = {"name": name}
            assets.call("manager", "create_concept_folder", **arguments)
        assert refused.value.data is not None
        assert [error["field"] for error in refused.value.data["errors"]] == ["name"]


def test_a_folder_is_renamed(assets: OneService, show: Show) -> None:
    """But not to the name of another."""
    row = assets.call("supervisor", "rename_concept_folder", ident=SEA, data={"name": "Ocean"})
    assert (row["id"], row["name"]) == (SEA, "Ocean")
    told = {"concept_folder_id": SEA, "project_id": show.project}
    assert assets.emitted() == [("concept-folder:update", told)]
    with pytest.raises(InvalidInput, match="A concept folder with this name already exists"):
        assets.call("supervisor", "rename_concept_folder", ident=SEA, data={"name": "Land"})
    for unknown in (NOWHERE, "x", show.concept):
        with pytest.raises(NotFound):
            assets.call("admin", "rename_concept_folder", ident=unknown, data={"name": "y"})
    arguments: dict[str, Any] = {"ident": SEA, "data": {"name": "Ocean"}}
    outcomes = assets.outcomes(EVERYBODY, "rename_concept_folder", **arguments)
    assert {who for who, outcome in outcomes.items() if outcome != FORBIDDEN} == SUPERVISORS


def test_a_removed_folder_leaves_its_concepts(assets: OneService, show: Show) -> None:
    """Outside of any."""
    outcomes = assets.outcomes(("artist", "client", "vendor"), "remove_concept_folder", ident=SEA)
    assert set(outcomes.values()) == {FORBIDDEN}
    assets.answer("supervisor", "remove_concept_folder", ident=SEA)
    assert folder_of(assets, show.concept) is None
    assert assets.rows("entity", id=SEA) == []
    named = [event for event in assets.emitted() if event[0].startswith("concept")]
    common = {"project_id": show.project}
    assert named == [
        ("concept:update", {"concept_id": show.concept, **common}),
        ("concept-folder:delete", {"concept_folder_id": SEA, **common}),
    ]
    with pytest.raises(NotFound):
        assets.call("supervisor", "remove_concept_folder", ident=SEA)


def test_concepts_move(assets: OneService, show: Show) -> None:
    """What isn't a concept of the production is left out."""
    data: dict[str, Any] = {
        "concept_ids": [show.prop, show.concept, NOWHERE, SEA, show.concept],
        "concept_folder_id": LAND,
    }
    arguments: dict[str, Any] = {"project_id": show.project, "data": data}
    assert assets.call("supervisor", "move_concepts", **arguments) == [show.concept]
    assert folder_of(assets, show.concept) == LAND
    told = {"concept_id": show.concept, "project_id": show.project}
    assert assets.emitted() == [("concept:update", told)]
    data["concept_folder_id"] = None
    assert assets.call("supervisor", "move_concepts", **arguments) == [show.concept]
    assert folder_of(assets, show.concept) is None
    assert assets.call("admin", "move_concepts", project_id=show.project, data=empty()) == []
    outcomes = assets.outcomes(EVERYBODY, "move_concepts", **arguments)
    assert {who for who, outcome in outcomes.items() if outcome != FORBIDDEN} == SUPERVISORS


def empty() -> dict[str, Any]:
    """Nothing to move."""
    return {"concept_ids": []}


@pytest.mark.parametrize("folder", [FOREIGN, NOWHERE, ident("entity Tree")])
def test_concepts_move_to_a_folder_of_theirs(assets: OneService, show: Show, folder: str) -> None:
    """Another production's isn't one."""
    data = {"concept_ids": [show.concept], "concept_folder_id": folder}
    with pytest.raises(NotFound):
        assets.call("manager", "move_concepts", project_id=show.project, data=data)
    with pytest.raises(NotFound):
        body = {"name": "New", "parent_id": folder}
        arguments: dict[str, Any] = {"project_id": show.project, "data": body}
        assets.call("manager", "create_entity", kind="concept", **arguments)


def test_wrong_ids_are_told_by_their_place(assets: OneService, show: Show) -> None:
    """Of any number, and nothing moves."""
    many = [show.concept] * 9_999
    for data, field in (
        ({"concept_ids": [*many, "x"]}, "concept_ids.9999"),
        ({"concept_ids": [], "concept_folder_id": "x"}, "concept_folder_id"),
    ):
        with pytest.raises(InvalidInput) as refused:
            assets.call("manager", "move_concepts", project_id=show.project, data=data)
        assert refused.value.data == {
            "errors": [{"field": field, "message": "Value error, must be a valid UUID"}]
        }
    assert folder_of(assets, show.concept) == SEA


def test_a_folder_holds_one_concept_of_a_name(assets: OneService, show: Show) -> None:
    """Another lies elsewhere, and can't come in."""
    arguments: dict[str, Any] = {"project_id": show.project, "kind": "concept"}
    twin = assets.call("manager", "create_entity", data={"name": "Mood"}, **arguments)
    assert (twin["id"] != show.concept, twin["parent_id"]) == (True, None)
    again = {"name": "Mood", "parent_id": SEA}
    same = assets.call("manager", "create_entity", data=again, **arguments)
    assert (same["id"], same["parent_id"]) == (show.concept, SEA)
    for ids, folder in (([twin["id"]], SEA), ([twin["id"], show.concept], LAND)):
        data = {"concept_ids": ids, "concept_folder_id": folder}
        with pytest.raises(Integrity, match="same unique values"):
            assets.call("manager", "move_concepts", project_id=show.project, data=data)
    assert folder_of(assets, show.concept) == SEA


def test_concepts_lie_in_folders_of_their_production_and_nothing_else_does(
    assets: OneService, show: Show
) -> None:
    """Generic CRUD refuses what the routes of folders can't make."""
    assets.fakes.replies["crud.find_existing_rows"] = {"project": [show.project]}
    shot, other = show.shots[0], {"project_id": show.project}
    expected = "Expected a concept folder"
    wrong = [
        (show.concept, FOREIGN),
        (show.concept, shot),
        (show.concept, show.concept),
        (SEA, LAND),
        (SEA, shot),
        (shot, LAND),
    ]
    with pytest.raises(Integrity, match=expected):
        assets.call("admin", "update_shot", ident=shot, data={"parent_id": LAND})
    for ident_, parent in wrong:
        change = {"ident": ident_, "data": {"parent_id": parent}}
        with pytest.raises(Integrity, match=f"'parent_id': '{parent}'. {expected}"):
            assets.call("admin", "update_row", path="entities", **change)
    for kind, parent in (("Concept", shot), ("ConceptFolder", SEA), ("Shot", SEA)):
        data = {"name": "New", "entity_type_id": show.types[kind], "parent_id": parent, **other}
        with pytest.raises(Integrity, match=expected):
            assets.call("admin", "create_row", path="entities", data=data)
    moved = {"path": "entities", "ident": show.concept}
    for parent in (LAND, None, SEA):
        assets.call("manager", "update_row", **moved, data={"parent_id": parent})
        assert folder_of(assets, show.concept) == parent
