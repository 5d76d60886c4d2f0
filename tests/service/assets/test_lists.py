"""Entities and their types in lists, with what clients read of them."""

from __future__ import annotations

from uuid import UUID

import pytest

from services.assets.models import Entity
from services.common.database.tables import table_of
from services.common.errors import InvalidInput
from tests.bulk import insert_many
from tests.service.one_service import OneService
from tests.show import Show


def test_types_in_use_come_without_their_workflow(assets: OneService, show: Show) -> None:
    """Of a production, of a shot, of one's own work; the list of all types has it."""
    show.cast(show.shots[0], show.prop)
    show.link(
        "task_type_asset_type_link", asset_type_id=show.types["Props"], task_type_id=show.task_type
    )
    assets.fill(show)
    assets.fakes.replies["tasks.list_assigned_entities"] = [show.prop]
    every = {row["name"]: row for row in assets.call("artist", "list_asset_types")}
    assert every["Props"]["task_types"] == [show.task_type]
    props = {name: value for name, value in every["Props"].items() if name != "task_types"}
    for method, asked in (
        ("list_asset_types_of_project", {"project_id": show.project}),
        ("list_asset_types_of_shot", {"ident": show.shots[0]}),
        ("list_own_asset_types", {"project_id": show.project}),
    ):
        assert props in assets.call("artist", method, **asked), method


@pytest.mark.parametrize(("kind", "want"), [("sequence", "Sequence"), ("episode", "Episode")])
def test_vendors_see_parents_of_their_shots_as_plain_entities(
    assets: OneService, show: Show, kind: str, want: str
) -> None:
    """In the lists of a production and of the studio; to others it is what it is."""
    assets.fakes.replies |= {
        "crud.read_change_version": 1,
        "tasks.list_assigned_entities": [show.shots[0]],
    }
    for method, asked in (
        ("list_project_entities", {"project_id": show.project}),
        ("list_entities", {"query": {"project_id": show.project}}),
    ):
        for who, shown in (("artist", want), ("vendor", "Entity")):
            rows = assets.call(who, method, kind=kind, **asked)
            assert {row["type"] for row in rows} == {shown}, (method, who)


def test_a_shot_with_a_new_instance_is_shown_as_an_entity(assets: OneService, show: Show) -> None:
    """As clients read it."""
    made = {"asset_id": show.prop}
    instance = assets.call("artist", "instantiate_in_scene", ident=show.scene, data=made)["id"]
    added = {"asset_instance_id": instance}
    shot = assets.call("artist", "add_instance_to_shot", ident=show.shots[0], data=added)
    assert (shot["id"], shot["type"]) == (show.shots[0], "Entity")


def test_times_of_casting_links_are_those_of_a_cursor(assets: OneService, show: Show) -> None:
    """A plain list has none."""
    show.cast(show.shots[0], show.prop)
    assets.fill(show)
    arguments = {"project_id": show.project}
    plain, *_ = assets.call("manager", "list_entity_links", **arguments)
    assert not {"created_at", "updated_at"} & plain.keys()
    for query in ({"page": "1"}, {"cursor_created_at": "2000-01-01"}):
        link, *_ = assets.call("manager", "list_entity_links", **arguments, query=query)["data"]
        stamps = {name: link[name] for name in ("created_at", "updated_at")}
        assert link == {**plain, **stamps}


def test_the_total_of_a_type_follows_whatever_happens_to_its_entities(
    assets: OneService, show: Show
) -> None:
    """Added, of another type, moved or removed: it is always what a count finds."""
    kind, other = show.types["Props"], show.types["Shot"]
    cursor = assets.database.raw.cursor()

    def check() -> None:
        for value in (kind, other):
            for scope in ({}, {"project_id": show.project}):
                asked = {"entity_type_id": value, **scope}
                page = {"page": "1", "limit": "500"}
                found = assets.call("admin", "list_rows", path="entities", query={**asked, **page})
                rows = assets.rows("entity", **{name: UUID(one) for name, one in asked.items()})
                assert found["total"] == len(rows)
                assert {row["id"] for row in found["data"]} == {str(row["id"]) for row in rows}

    check()
    given = {"project_id": [show.project, show.other_project], "entity_type_id": [kind]}
    insert_many(cursor, table_of(Entity), 100, **given)
    check()
    some = "SELECT id FROM entity WHERE entity_type_id = %s AND project_id = %s ORDER BY id LIMIT 9"
    for change in (
        f"UPDATE entity SET entity_type_id = '{other}'",
        f"UPDATE entity SET project_id = '{show.other_project}'",
        "UPDATE entity SET name = 'changed ' || id",
        "DELETE FROM entity",
    ):
        where = f"name LIKE 'n%%' AND id IN ({some})"
        cursor.execute(f"{change} WHERE {where}", (kind, show.project))
        check()
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE entity CASCADE")
    check()


def test_lists_are_narrowed_by_ids(assets: OneService, show: Show) -> None:
    """A malformed one is no unknown one; the path's production counts, whatever the query's is."""
    assets.fill(show)
    assets.fakes.replies |= {"crud.read_change_version": 1, "crud.list_project_names": {}}

    def listed(kind: str, method: str = "list_entities", **asked: object) -> list[str]:
        rows = assets.call("admin", method, kind=kind, **asked)
        return [row["id"] for row in rows]

    every = listed("shot")
    assert listed("shot", query={"sequence_id": "", "project_id": ""}) == every != []
    for kind, query in (("shot", {"sequence_id": "x"}), ("sequence", {"episode_id": "x"})):
        with pytest.raises(InvalidInput, match="Invalid UUID value: x"):
            listed(kind, query=query)
    own = {"method": "list_project_entities", "project_id": show.project}
    other = {"project_id": "00000000-0000-4000-8000-000000000000"}
    assert listed("asset", **own, query=other) == listed("asset", **own) != []
