"""What each role sees of entities and descriptors, and may make of them."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec
import pytest

from services.common.errors import Forbidden, InvalidInput
from tests.service.one_service import FORBIDDEN, OK, OneService
from tests.show import Show

SECRET: Final = "of modeling only"


def seat(show: Show, who: str, role: str) -> None:
    """Give somebody a role of their own in the production."""
    (row,) = (
        row
        for row in show.tables["project_person_link"]
        if (row["project_id"], row["person_id"]) == (show.project, show.people[who])
    )
    row["role"] = role


def describe(show: Show, kind: str, name: str, *departments: str, **more: Any) -> str:
    """A descriptor of the production."""
    made = show.add(
        "metadata_descriptor",
        f"{name} of {kind}",
        name=name,
        field_name=name,
        entity_type=kind,
        project_id=show.project,
        **more,
    )
    for department in departments:
        show.link(
            "department_metadata_descriptor_link",
            metadata_descriptor_id=made,
            department_id=department,
        )
    return made


@pytest.fixture
def bound(show: Show) -> Show:
    """Every entity has metadata that belongs to a department, to which the vendor doesn't."""
    for kind in ("Asset", "Shot", "Sequence", "Episode"):
        describe(show, kind, "secret", show.department)
    for row in show.tables["entity"]:
        row["data"] = {"secret": SECRET, "mood": "calm"}
    show.cast(show.shots[0], show.prop)
    show.add(
        "entity_version",
        "first",
        name="P01",
        entity_id=show.shots[0],
        data={"secret": SECRET, "mood": "calm"},
    )
    return show


def working(assets: OneService, show: Show, *entities: str) -> None:
    """Fill the service; the caller has work on these entities."""
    assets.fakes.replies |= {
        "crud.read_change_version": 1,
        "tasks.list_assigned_entities": list(entities),
        "tasks.is_assigned_to_entity": lambda ident: ident in entities,
    }
    assets.fill(show)


def showing_metadata(show: Show) -> dict[str, dict[str, Any]]:
    """Every call that shows metadata, by method."""
    shot, project = show.shots[0], show.project
    return {
        "list_rows": {"path": "entities"},
        "read_row": {"path": "entities", "ident": shot},
        "list_entities": {"kind": "shot", "query": {"project_id": project}},
        "list_project_entities": {"kind": "sequence", "project_id": project},
        "list_children": {"kind": "shot", "of": "sequence", "ident": show.opening},
        "list_own_in_project": {"kind": "episode", "project_id": project},
        "list_entity_summaries": {"kind": "shot", "query": {"project_id": project}},
        "read_entity_summary": {"kind": "shot", "ident": shot},
        "list_linked_summaries": {"ident": shot},
        "read_part": {"kind": "sequence", "ident": show.opening},
        "list_cast_assets": {"kind": "shot", "ident": shot},
        "list_versions": {"ident": shot},
        "describe_entities": {"ids": [shot]},
        "read_entity_with_ancestors": {"ident": shot},
    }


def test_metadata_of_other_departments_is_kept_from_vendors_everywhere(
    assets: OneService, bound: Show
) -> None:
    """In lists, details, castings, earlier versions, and what tasks are shown with."""
    shot, prop = bound.shots[0], bound.prop
    bound.link_concept(prop, shot)
    working(assets, bound, shot, prop, bound.opening)
    for method, asked in showing_metadata(bound).items():
        shown = assets.answer("vendor", method, **asked).plain().decode()
        assert "calm" in shown, method
        assert SECRET not in shown, method
        assert SECRET in assets.answer("artist", method, **asked).plain().decode(), method


def test_metadata_of_a_vendors_department_is_theirs(assets: OneService, bound: Show) -> None:
    """As is what no department has."""
    bound.link("department_link", person_id=bound.people["vendor"], department_id=bound.department)
    working(assets, bound, bound.shots[0])
    row = assets.call("vendor", "read_row", path="entities", ident=bound.shots[0])
    assert row["data"] == {"secret": SECRET, "mood": "calm"}


def test_metadata_is_masked_by_the_role_in_its_production(assets: OneService, bound: Show) -> None:
    """Who manages another production sees all of that one's."""
    seat(bound, "manager", "vendor")
    working(assets, bound, bound.shots[0])
    rows = assets.call("manager", "list_rows", path="entities")
    shown = {row["id"]: row["data"].get("secret") for row in rows}
    assert shown == {bound.shots[0]: None, bound.foreign: SECRET}


@pytest.mark.parametrize(
    ("method", "asked"),
    [("list_rows", {"path": "entities"}), ("list_entities", {"kind": "shot"})],
)
def test_a_vendor_does_not_find_out_metadata_by_filtering(
    assets: OneService, bound: Show, method: str, asked: dict[str, Any]
) -> None:
    """Others may."""
    working(assets, bound, bound.shots[0])
    data = msgspec.json.encode({"secret": SECRET, "mood": "calm"}).decode()
    query = {"project_id": bound.project, "data": data}
    with pytest.raises(InvalidInput, match="Filtering on data is not allowed"):
        assets.call("vendor", method, **asked, query=query)
    assert bound.shots[0] in {
        row["id"] for row in assets.call("artist", method, **asked, query=query)
    }


def test_concepts_are_kept_from_clients_everywhere(assets: OneService, show: Show) -> None:
    """In lists, by id, and among what is linked to an entity; vendors see what they work on."""
    show.link_concept(show.concept, show.prop)
    working(assets, show)
    for who, sees in (("artist", True), ("client", False), ("vendor", False)):
        rows = assets.call(who, "list_rows", path="entities")
        assert (show.concept in {row["id"] for row in rows}) is sees
    linked = {"ident": show.prop}
    assert assets.call("artist", "list_linked_summaries", **linked)
    assert assets.call("client", "list_linked_summaries", **linked) == []
    people = ("artist", "supervisor", "client", "vendor")
    want = {"artist": OK, "supervisor": OK, "client": FORBIDDEN, "vendor": FORBIDDEN}
    for method, asked in (
        ("read_row", {"path": "entities", "ident": show.concept}),
        ("read_entity_summary", {"kind": "concept", "ident": show.concept}),
        ("list_linked_summaries", {"ident": show.concept}),
        ("list_project_entities", {"kind": "concept", "project_id": show.project}),
    ):
        assert assets.outcomes(people, method, **asked) == want, method


def test_a_page_for_clients_counts_no_concepts(assets: OneService, show: Show) -> None:
    """Though their production is shown to them as a whole otherwise."""
    assets.fill(show)
    query = {"page": "1"}
    totals = [
        assets.call(who, "list_rows", path="entities", query=query)["total"]
        for who in ("artist", "client")
    ]
    assert totals[0] == totals[1] + 1


def test_descriptors_are_shown_by_role(assets: OneService, show: Show) -> None:
    """In the production's list and by id there, in the studio's list, and in the context."""
    hidden = describe(show, "Shot", "hidden", show.department)
    shared = describe(show, "Shot", "shared", for_client=True)
    working(assets, show)
    project = {"project_id": show.project}
    lists = (
        lambda who: assets.call(who, "list_descriptors", **project),
        lambda who: assets.call(who, "list_rows", path="metadata-descriptors"),
        lambda who: assets.call(who, "list_rows", path="metadata-descriptors", query={"page": "1"})[
            "data"
        ],
        lambda who: assets.call(who, "read_project_extras", projects=[show.project], shows=[])[
            "descriptors"
        ][show.project],
    )
    for listed in lists:
        found = {who: {row["id"] for row in listed(who)} for who in ("artist", "client", "vendor")}
        assert found == {"artist": {hidden, shared}, "client": {shared}, "vendor": {shared}}
    people = ("artist", "client", "vendor")
    read = assets.outcomes(people, "read_descriptor", **project, ident=hidden)
    assert read == {"artist": OK, "client": "not-found", "vendor": "not-found"}


def test_a_supervisor_of_departments_opens_no_descriptor_to_all(
    assets: OneService, show: Show
) -> None:
    """They couldn't create such a one."""
    show.link("department_link", person_id=show.people["supervisor"], department_id=show.department)
    ident = describe(show, "Shot", "mine", show.department)
    assets.fill(show)
    assets.fakes.replies["auth.find_existing_rows"] = lambda tables: tables
    change = {"project_id": show.project, "ident": ident}
    assets.call("supervisor", "update_descriptor", **change, data={"name": "Ours"})
    with pytest.raises(Forbidden):
        assets.call("supervisor", "update_descriptor", **change, data={"departments": []})
    assert assets.rows("department_metadata_descriptor_link")
    assets.call("manager", "update_descriptor", **change, data={"departments": []})
    assert not assets.rows("department_metadata_descriptor_link")


def test_a_concept_does_not_become_what_its_creator_may_not_create(
    assets: OneService, show: Show
) -> None:
    """An asset, a shot of a sequence, a shared one; the row as they got it may come back."""
    assets.fill(show)
    change = {"path": "entities", "ident": show.concept}
    row = assets.call("artist", "read_row", **change)
    for data in (
        {"entity_type_id": show.types["Props"]},
        {"entity_type_id": show.types["Shot"], "parent_id": show.opening},
        {"parent_id": show.opening},
        {"source_id": show.episode},
        {"is_shared": True},
    ):
        with pytest.raises(Forbidden, match="to manage the production"):
            assets.call("artist", "update_row", **change, data=data)
        assert assets.call("artist", "read_row", **change) == row
    changed = assets.call("artist", "update_row", **change, data={**row, "description": "Dusk"})
    assert (changed["description"], changed["type"]) == ("Dusk", "Concept")
    made = {"entity_type_id": show.types["Props"], "is_shared": True}
    assert assets.call("manager", "update_row", **change, data=made)["type"] == "Asset"


@pytest.mark.parametrize("role", ["client", "vendor"])
def test_who_created_a_concept_and_is_a_client_or_vendor_now_keeps_no_right_to_it(
    assets: OneService, show: Show, role: str
) -> None:
    """The answer would show it to them."""
    seat(show, "artist", role)
    assets.fill(show)
    change = {"path": "entities", "ident": show.concept}
    for method, asked in (
        ("update_row", {**change, "data": {}}),
        ("delete_row", change),
        ("remove_entity", {"kind": "concept", "ident": show.concept}),
    ):
        assert assets.outcomes(["artist"], method, **asked) == {"artist": FORBIDDEN}


def test_nobody_says_who_created_an_entity(assets: OneService, show: Show) -> None:
    """Neither a manager, by any route."""
    assets.fill(show)
    data = {"created_by": show.people["artist"], "name": "P99"}
    shot = show.shots[0]
    assets.call("manager", "update_shot", ident=shot, data=data)
    assets.call("manager", "update_row", path="entities", ident=shot, data=data)
    (row,) = assets.rows("entity", id=UUID(shot))
    assert (row["name"], row["created_by"]) == ("P99", None)


def test_vendors_learn_no_types_of_what_they_do_not_see(assets: OneService, show: Show) -> None:
    """Those of assets that they work on are listed."""
    project = {"project_id": show.project}
    for entities, want in ((), set()), ((show.prop,), {"Props"}):
        working(assets, show, *entities)
        rows = assets.call("vendor", "list_asset_types_of_project", **project)
        assert {row["name"] for row in rows} == want
    rows = assets.call("artist", "list_asset_types_of_project", **project)
    assert {row["name"] for row in rows} == {"Character", "Props"}


def test_vendors_learn_no_shared_assets_of_others_shots(assets: OneService, show: Show) -> None:
    """Those cast in shots on which they work are listed."""
    next(row for row in show.tables["entity"] if row["id"] == show.foreign)["is_shared"] = True
    show.cast(show.shots[0], show.foreign)
    for entities, want in ((), []), ((show.shots[0],), [show.foreign]):
        working(assets, show, *entities)
        rows = assets.call("vendor", "list_shared_used", project_id=show.project)
        assert [row["id"] for row in rows] == want


def test_instances_are_for_vendors_on_what_they_work_on(assets: OneService, show: Show) -> None:
    """To read and to make."""
    working(assets, show, show.boat)
    for method in ("list_shots_of_instances", "list_scenes_of_instances"):
        for entity, want in ((show.boat, OK), (show.prop, FORBIDDEN)):
            assert assets.outcomes(["vendor"], method, ident=entity) == {"vendor": want}
    data = {"asset_id": show.boat}
    made = assets.outcomes(["vendor"], "instantiate_in_scene", ident=show.scene, data=data)
    assert made == {"vendor": FORBIDDEN}
