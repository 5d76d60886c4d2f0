"""What the views of entities show, sent back; and rows that hold what was never checked."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.service.one_service import OneService
from tests.show import Show


def update(assets: OneService, ident: str, **data: Any) -> Any:
    """An entity after an update by generic CRUD."""
    return assets.call("admin", "update_row", path="entities", ident=ident, data=data)


def store(assets: OneService, table: str, ident: str, **values: Any) -> None:
    """Write what no client could."""
    known = assets.container.service_cls.metadata.tables[table]
    change = sa.update(known).where(known.c.id == ident).values(**values)
    with assets.database.read() as connection:
        connection.execute(change)


@pytest.mark.parametrize("kind", ["asset", "shot", "concept", "edit"])
def test_the_detail_of_an_entity_can_be_sent_back(
    assets: OneService, show: Show, kind: str
) -> None:
    """It shows some missing references as empty texts or ``None``, and names of other rows."""
    edit = show.entity("Cut", "Edit", parent_id=show.episode)
    assets.fill(show)
    ident = {"asset": show.prop, "shot": show.shots[0], "concept": show.concept, "edit": edit}[kind]
    shown = assets.call("admin", "read_entity_summary", kind=kind, ident=ident)["head"]
    (before,) = assets.rows("entity", id=ident)
    update(assets, ident, **shown, tasks=[])
    (after,) = assets.rows("entity", id=ident)
    new = {"updated_at": None, "data": after["data"] or {}}
    assert {**after, **new} == {**before, **new, "data": before["data"] or {}}


@pytest.mark.parametrize("stored", ["mood", 5, ["mood"], True])
def test_data_that_is_no_object_reads_as_empty(assets: OneService, show: Show, stored: Any) -> None:
    """Imports keep what was stored elsewhere: one such row fails neither itself nor its lists."""
    reply = assets.call(
        "admin", "create_descriptor", project_id=show.project, data={"name": "Mood"}
    )
    department = show.department
    link = {"metadata_descriptor_id": reply["id"], "department_id": department}
    show.link("department_metadata_descriptor_link", **link)
    store(assets, "entity", show.prop, data=stored)
    store(assets, "entity", show.boat, data={"mood": "calm"})
    assets.fakes.replies["tasks.list_assigned_entities"] = [show.prop, show.boat]
    query = {"project_id": show.project}
    assert assets.call("vendor", "list_entity_summaries", kind="asset", query=query)
    path = {"project_id": show.project, "ident": reply["id"]}
    assets.call("admin", "update_descriptor", **path, data={"name": "State of mind"})
    (moved,) = assets.rows("entity", id=show.boat)
    assert moved["data"] == {"state_of_mind": "calm"}
    assert update(assets, show.prop, data={"a": 1})["data"] == {"a": 1}
    assets.call("admin", "remove_descriptor", **path)


@pytest.mark.parametrize(
    ("names", "fields"),
    [
        (["难度", "速度"], ["nan_du", "su_du"]),
        (["难度 2", "速度 2"], ["nan_du_2", "su_du_2"]),
        (["Łódź", "Straße", "Сложность"], ["lodz", "strasse", "slozhnost"]),
        (["مرحبا", "Δυσκολία", "난이도"], None),
        (["Été", "Ete", "ete_2"], ["ete", "ete_2", "ete_2_2"]),
        (["字" * 120, "字" * 119 + "宇"], None),
    ],
)
def test_names_in_any_script_have_keys_of_their_own(
    assets: OneService, show: Show, names: list[str], fields: list[str] | None
) -> None:
    """Transliterated; two names never share one."""
    result = [
        assets.call("admin", "create_descriptor", project_id=show.project, data={"name": name})
        for name in names
    ]
    keys = [one["field_name"] for one in result]
    assert len(set(keys)) == len(names)
    assert all(key and key.isascii() and len(key) <= 120 for key in keys)
    assert keys == (fields or keys)


def test_an_instance_is_named_for_its_asset_in_any_script(assets: OneService, show: Show) -> None:
    """As its name transliterates."""
    tree = show.entity("大きな木", "Props")
    assets.fill(show)
    reply = assets.call("admin", "instantiate_in_scene", ident=show.scene, data={"asset_id": tree})
    assert reply["name"] == "Da_kinaMu_0001"


def test_an_instance_of_an_asset_without_letters_has_a_name(assets: OneService, show: Show) -> None:
    """Signs and pictures transliterate to nothing."""
    star = show.entity("★ !", "Props")
    assets.fill(show)
    reply = assets.call("admin", "instantiate_in_scene", ident=show.scene, data={"asset_id": star})
    assert reply["name"] == "Asset_0001"


@pytest.mark.parametrize("name", ["100%", "a_b", "back\\slash", "[old] Tree", "Łódź", "it's"])
def test_a_row_is_found_by_the_name_it_has(assets: OneService, show: Show, name: str) -> None:
    """A name is no pattern: scripts look for one before they make it."""
    ident = show.entity(name, "Props")
    other = show.entity("aXb 100 back old Tree", "Props")
    assets.fill(show)
    for asked in (name, name.upper()):
        reply = assets.call("admin", "list_rows", path="entities", query={"name": asked})
        assert [row["id"] for row in reply] == [ident]
    assert other != ident


def test_a_pattern_is_no_name(assets: OneService) -> None:
    """Nothing matches it but itself."""
    for asked in ("%", "_ree", "Tre%", "T\\ree"):
        assert assets.call("admin", "list_rows", path="entities", query={"name": asked}) == []
