"""Metadata descriptors of many productions, their order, and the values that follow them."""

from __future__ import annotations

from typing import Any, Final

import pytest
import sqlalchemy as sa

from services.common.errors import Forbidden, InvalidInput, NotFound
from tests.service.conftest import MakeService
from tests.service.one_service import FORBIDDEN, NOT_FOUND, OneService
from tests.show import Show
from tests.world import World, ident

NOWHERE: Final = "00000000-0000-4000-8000-000000000000"
EVERYBODY: Final = ("admin", "manager", "supervisor", "artist", "client", "vendor", "stranger")


@pytest.fixture
def assets(assets: OneService, show: Show) -> OneService:
    """The service; both open productions are known, and whatever department is asked for."""

    def existing(tables: dict[str, list[str]]) -> dict[str, list[str]]:
        return {name: [one for one in ids if one != NOWHERE] for name, ids in tables.items()}

    assets.fakes.replies |= {
        "crud.list_open_project_ids": [show.project, show.other_project],
        "auth.find_existing_rows": existing,
        "tasks.find_existing_rows": existing,
    }
    return assets


def describe(show: Show, project: str, name: str, **values: Any) -> str:
    """One more descriptor."""
    row = {"entity_type": "Asset", "data_type": "string", "choices": [], "for_client": False}
    row |= {"field_name": name.lower(), "name": name, "project_id": project, **values}
    return show.add("metadata_descriptor", f"{row['entity_type']} {name} {project}", **row)


def told(assets: OneService, verb: str) -> list[tuple[str, str]]:
    """The descriptors and productions of the events of that kind."""
    return [
        (payload["metadata_descriptor_id"], payload["project_id"])
        for name, payload in assets.emitted()
        if name == f"metadata-descriptor:{verb}"
    ]


# --- in all productions ---------------------------------------------------------------------------


def test_a_descriptor_is_added_where_it_lacks(assets: OneService, show: Show) -> None:
    """Production after production, by their names; those that have its key are skipped."""
    data = {"name": "Weather", "choices": ["sun"], "departments": [show.department, NOWHERE]}
    rows = assets.call("admin", "share_descriptor", data=data)
    assert [row["project_id"] for row in rows] == [show.project, show.other_project]
    for row in rows:
        assert (row["name"], row["field_name"], row["entity_type"]) == (
            "Weather",
            "weather",
            "Asset",
        )
        assert (row["data_type"], row["choices"], row["position"]) == ("string", ["sun"], None)
        assert row["departments"] == [show.department]
    assert told(assets, "new") == [(row["id"], row["project_id"]) for row in rows]
    assert assets.call("admin", "share_descriptor", data=data) == []
    (shot, _) = assets.call("admin", "share_descriptor", data={**data, "entity_type": "Shot"})
    assert shot["entity_type"] == "Shot"


def test_a_manager_shares_with_what_they_manage(assets: OneService, show: Show) -> None:
    """By their role in each; who manages nothing changes nothing."""
    manager = show.people["manager"]
    (seat,) = (
        row
        for row in show.tables["project_person_link"]
        if row["project_id"] == show.project and row["person_id"] == manager
    )
    seat["role"] = "user"
    assets.fill(show)
    (row,) = assets.call("manager", "share_descriptor", data={"name": "Weather"})
    assert row["project_id"] == show.other_project
    assert "crud.list_open_project_ids" not in [name for name, _ in assets.fakes.calls]


@pytest.mark.parametrize(
    ("method", "more"),
    [
        ("share_descriptor", {}),
        ("change_shared_descriptor", {"field_name": "x"}),
        ("remove_shared_descriptor", {"field_name": "x"}),
        ("reorder_shared_descriptors", {}),
    ],
)
def test_only_managers_of_the_studio_share(
    assets: OneService, method: str, more: dict[str, Any]
) -> None:
    """Which is checked before what they send."""
    outcomes = assets.outcomes(EVERYBODY, method, **more)
    assert {who for who, outcome in outcomes.items() if outcome != FORBIDDEN} == {
        "admin",
        "manager",
    }


def test_a_descriptor_is_changed_everywhere(assets: OneService, show: Show) -> None:
    """What isn't sent becomes the default; values move to the key of a new name."""
    first = describe(show, show.project, "Weather", position=2, for_client=True)
    second = describe(show, show.other_project, "Weather", choices=["sun"])
    link = {"metadata_descriptor_id": first, "department_id": show.department}
    show.link("department_metadata_descriptor_link", **link)
    held: dict[str, Any] = {"weather": "sun", "mood": "dark"}
    for name, value in (("with", held), ("without", {"mood": 1}), ("null", {"weather": None})):
        show.entity(name, "Props", data=value)
    show.entity("shot with", "Shot", data=held)
    assets.fill(show)
    data = {"entity_type": "Asset", "name": "Sky color"}
    rows = assets.call("admin", "change_shared_descriptor", field_name="weather", data=data)
    assert {row["id"] for row in rows} == {first, second}
    for row in rows:
        assert (row["name"], row["field_name"]) == ("Sky color", "sky_color")
        assert (row["choices"], row["for_client"], row["departments"]) == ([], False, [])
    assert {row["position"] for row in rows} == {2, None}
    assert sorted(told(assets, "update")) == sorted(
        [(first, show.project), (second, show.other_project)]
    )
    by_name = {row["name"]: row["data"] for row in assets.rows("entity", project_id=show.project)}
    assert by_name["with"] == {"sky_color": "sun", "mood": "dark"}
    assert (by_name["without"], by_name["null"]) == ({"mood": 1}, {"weather": None})
    assert by_name["shot with"] == held
    # Without a new name the key stays.
    again = {"entity_type": "Asset", "name": "", "data_type": "list"}
    rows = assets.call("admin", "change_shared_descriptor", field_name="sky_color", data=again)
    assert {(row["field_name"], row["data_type"]) for row in rows} == {("sky_color", "list")}
    assert assets.call("admin", "change_shared_descriptor", field_name="weather", data=data) == []


def test_a_name_stays_one_descriptors(assets: OneService, show: Show) -> None:
    """In one of the productions is enough; then nothing is changed anywhere."""
    describe(show, show.project, "Weather")
    describe(show, show.other_project, "Weather")
    describe(show, show.other_project, "Mood", field_name="mood_2")
    assets.fill(show)
    before = assets.rows("metadata_descriptor")
    for method, more in (
        ("share_descriptor", {}),
        ("change_shared_descriptor", {"field_name": "weather"}),
    ):
        data = {"entity_type": "Asset", "name": "mood"}
        with pytest.raises(InvalidInput, match="already exists"):
            assets.call("admin", method, data=data, **more)
        for name, message in (("x" * 121, "too long"), ("?!", "letter or a digit")):
            with pytest.raises(InvalidInput, match=message):
                assets.call("admin", method, data={**data, "name": name}, **more)
    assert assets.rows("metadata_descriptor") == before


def test_a_descriptor_is_removed_everywhere(assets: OneService, show: Show) -> None:
    """With the values under its key, of its kind."""
    ids = {describe(show, project, "Weather") for project in (show.project, show.other_project)}
    kept = describe(show, show.project, "Weather", entity_type="Shot")
    show.entity("with", "Props", data={"weather": "sun", "mood": "dark"})
    show.entity("shot with", "Shot", data={"weather": "sun"})
    assets.fill(show)
    query = {"entity_type": "Asset"}
    arguments: dict[str, Any] = {"field_name": "weather", "query": query}
    removed = assets.call("admin", "remove_shared_descriptor", **arguments)
    assert set(removed) == ids
    assert {ident for ident, _ in told(assets, "delete")} == ids
    assert [str(row["id"]) for row in assets.rows("metadata_descriptor")] == [kept]
    by_name = {row["name"]: row["data"] for row in assets.rows("entity", project_id=show.project)}
    assert (by_name["with"], by_name["shot with"]) == ({"mood": "dark"}, {"weather": "sun"})
    assert assets.call("admin", "remove_shared_descriptor", **arguments) == []
    for wrong in ({}, {"entity_type": "Task"}):
        with pytest.raises(InvalidInput, match="Asset, Shot, Sequence, Episode, Edit, or Project"):
            assets.call("admin", "remove_shared_descriptor", field_name="x", query=wrong)


def test_descriptors_are_put_in_order_everywhere(assets: OneService, show: Show) -> None:
    """By their keys; others follow by name, productions without any of them are left alone."""
    for name in ("b", "a", "B", "c"):
        describe(show, show.project, name, field_name=f"key_{ord(name)}")
    alone = describe(show, show.other_project, "z", position=7)
    assets.fill(show)
    data = {"entity_type": "Asset", "field_order": ["none", "key_99", "key_97", "key_99"]}
    rows = assets.call("admin", "reorder_shared_descriptors", data=data)
    assert [row["name"] for row in rows] == ["c", "a", "B", "b"]
    assert [row["position"] for row in rows] == [1, 2, 3, 4]
    assert rows[0]["departments"] == []
    assert assets.emitted() == []
    (other,) = assets.rows("metadata_descriptor", id=alone)
    assert other["position"] == 7


@pytest.mark.parametrize(
    ("method", "data", "told"),
    [
        ("share_descriptor", {"name": ""}, "name"),
        ("share_descriptor", {"name": "x", "choices": [{}]}, "choices.0"),
        ("reorder_shared_descriptors", {"entity_type": "Asset", "field_order": []}, "field_order"),
        ("reorder_shared_descriptors", {"entity_type": "Asset"}, "field_order"),
    ],
)
def test_a_wrong_body_is_told_by_its_field(
    assets: OneService, method: str, data: Any, told: str
) -> None:
    """As everywhere."""
    with pytest.raises(InvalidInput) as refused:
        assets.call("admin", method, data=data)
    assert refused.value.data is not None
    assert [error["field"] for error in refused.value.data["errors"]] == [told]


def test_what_it_describes_is_of_a_kind(assets: OneService) -> None:
    """Tasks' descriptors belong to one production; a malformed department isn't found."""
    for data, message in (
        ({"name": "x", "entity_type": "Task"}, "Please select Asset, Shot"),
        ({"name": "x", "data_type": "poem"}, "Invalid data_type"),
    ):
        with pytest.raises(InvalidInput, match=message):
            assets.call("admin", "share_descriptor", data=data)
    with pytest.raises(NotFound):
        assets.call("admin", "share_descriptor", data={"name": "x", "departments": ["y"]})


# --- in one production ----------------------------------------------------------------------------


def test_a_production_orders_its_descriptors(assets: OneService, show: Show) -> None:
    """Those that aren't named follow by name; ids may be in upper case."""
    ids = {name: describe(show, show.project, name) for name in ("b", "a", "C", "d")}
    describe(show, show.project, "shot", entity_type="Shot")
    assets.fill(show)
    data = {"entity_type": "Asset", "descriptor_ids": [ids["d"].upper(), ids["b"]]}
    arguments: dict[str, Any] = {"project_id": show.project, "data": data}
    rows = assets.call("manager", "reorder_descriptors", **arguments)
    assert [row["name"] for row in rows] == ["d", "b", "C", "a"]
    assert [row["position"] for row in rows] == [1, 2, 3, 4]
    assert assets.emitted() == []
    outcomes = assets.outcomes(EVERYBODY, "reorder_descriptors", **arguments)
    assert {who for who, outcome in outcomes.items() if outcome != FORBIDDEN} == {
        "admin",
        "manager",
    }
    for elsewhere in (NOWHERE, "x"):
        of = {"project_id": elsewhere, "data": data}
        assert assets.outcomes(["admin"], "reorder_descriptors", **of) == {"admin": NOT_FOUND}


@pytest.mark.parametrize("unknown", ["x", NOWHERE, ident("metadata_descriptor Shot shot")])
def test_only_its_own_descriptors_are_ordered(assets: OneService, show: Show, unknown: str) -> None:
    """One that is unknown, or of another kind, changes nothing."""
    known = describe(show, show.project, "a")
    assets.fill(show)
    data = {"entity_type": "Asset", "descriptor_ids": [known, unknown]}
    told = f"Descriptor {unknown} not found for project {show.project} and entity type Asset"
    with pytest.raises(InvalidInput, match=told):
        assets.call("manager", "reorder_descriptors", project_id=show.project, data=data)
    assert [row["position"] for row in assets.rows("metadata_descriptor")] == [None]
    with pytest.raises(InvalidInput, match="Project, or Task"):
        wrong = {**data, "entity_type": "Scene"}
        assets.call("manager", "reorder_descriptors", project_id=show.project, data=wrong)
    with pytest.raises(Forbidden):
        assets.call("artist", "reorder_descriptors", project_id=show.project, data=data)


# --- values elsewhere -----------------------------------------------------------------------------


def test_values_of_productions_follow(make_service: MakeService, world: World) -> None:
    """As ``assets`` announces it; only in the productions named, and where the key is."""
    (film,) = (row for row in world.tables["project"] if row["id"] == world.project)
    (past,) = (row for row in world.tables["project"] if row["id"] == world.past)
    film["data"] = past["data"] = {"weather": "sun", "mood": 1}
    crud = make_service("crud")
    crud.fill(world)
    moved = {
        "project_ids": [world.project],
        "entity_type": "Project",
        "task_type_id": None,
        "key": "weather",
        "new_key": "sky",
    }

    def data_of(project: str) -> Any:
        (row,) = crud.rows("project", id=project)
        return row["data"]

    crud.deliver("metadata-descriptor:key-changed", {**moved, "entity_type": "Task"})
    assert data_of(world.project) == {"weather": "sun", "mood": 1}
    crud.deliver("metadata-descriptor:key-changed", moved)
    assert data_of(world.project) == {"sky": "sun", "mood": 1}
    assert data_of(world.past) == {"weather": "sun", "mood": 1}
    crud.deliver("metadata-descriptor:key-changed", {**moved, "key": "sky", "new_key": None})
    assert data_of(world.project) == {"mood": 1}


def test_values_of_tasks_follow(make_service: MakeService, world: World) -> None:
    """Those of the descriptor's task type."""
    task = world.tables["task"][0]
    task["data"] = {"weather": "sun"}
    tasks = make_service("tasks")
    tasks.fill(world)
    moved = {
        "project_ids": [world.project],
        "entity_type": "Task",
        "task_type_id": NOWHERE,
        "key": "weather",
        "new_key": "sky",
    }

    def data() -> Any:
        (row,) = tasks.rows("task", id=task["id"])
        return row["data"]

    tasks.deliver("metadata-descriptor:key-changed", moved)
    assert data() == {"weather": "sun"}
    of_it = {**moved, "task_type_id": task["task_type_id"]}
    tasks.deliver("metadata-descriptor:key-changed", of_it)
    assert data() == {"sky": "sun"}
    tasks.deliver("metadata-descriptor:key-changed", {**of_it, "key": "sky", "new_key": None})
    assert data() == {}


@pytest.mark.parametrize("kind", ["Project", "Task"])
def test_their_owners_are_told_of_a_key(assets: OneService, show: Show, kind: str) -> None:
    """Which a rename or a removal of the production's own route changes as well."""
    task_type = show.task_type if kind == "Task" else None
    one = describe(show, show.project, "Weather", entity_type=kind, task_type_id=task_type)
    assets.fill(show)
    place: dict[str, Any] = {"project_id": show.project, "ident": one}
    assets.call("manager", "update_descriptor", data={"name": "Sky"}, **place)
    assets.call("manager", "remove_descriptor", **place)
    moves = [
        (payload["key"], payload["new_key"], payload["task_type_id"], payload["project_ids"])
        for name, payload in assets.emitted()
        if name == "metadata-descriptor:key-changed"
    ]
    assert moves == [
        ("weather", "sky", task_type, [show.project]),
        ("sky", None, task_type, [show.project]),
    ]


def test_a_template_gives_what_a_production_would_take(assets: OneService, show: Show) -> None:
    """Task types and departments that there are, as nobody looked them up before."""
    task_type, department = ident("task_type any"), ident("department any")
    given = {"entity_type": "Task", "data_type": "string", "departments": [department, NOWHERE]}
    descriptors = [
        {**given, "name": "Kept", "task_type_id": task_type},
        {**given, "name": "Of no type", "task_type_id": NOWHERE},
    ]
    prepared = {"project_id": show.other_project, "descriptors": descriptors, "is_new": False}
    assets.deliver("project:prepared", {**prepared, "first_episode_id": None})
    rows = assets.rows("metadata_descriptor")
    assert [row["name"] for row in rows if row["entity_type"] == "Task"] == ["Kept"]
    links = assets.rows("department_metadata_descriptor_link")
    assert [str(row["department_id"]) for row in links] == [department]


def test_a_template_gives_all_at_once(assets: OneService, show: Show) -> None:
    """In as many statements as a few of them; those whose names are free, also of each other."""
    engine, statements = sa.engine.Engine, []
    numbers = []

    def record(*given: Any) -> None:
        statements.append(given[2])

    sa.event.listen(engine, "before_cursor_execute", record)
    try:
        for first, last in ((0, 8), (8, 808), (0, 808)):
            statements.clear()
            descriptors = [
                {"entity_type": ("Shot", "Asset")[one % 2], "name": f"Column {one // 4}"}
                for one in range(first, last)
            ]
            prepared = {
                "project_id": show.other_project,
                "descriptors": descriptors,
                "is_new": False,
            }
            assets.deliver("project:prepared", {**prepared, "first_episode_id": None})
            numbers.append(len(statements))
    finally:
        sa.event.remove(engine, "before_cursor_execute", record)
    assert len(told(assets, "new")) == 808 // 2
    assert max(numbers) == numbers[0]


def test_a_new_production_gets_what_the_studio_adds_to_productions(
    assets: OneService, show: Show
) -> None:
    """The newest of each name, once."""
    describe(show, show.project, "Code", entity_type="Project")
    describe(show, show.other_project, "Code", entity_type="Project", data_type="number")
    new = ident("project new")
    assets.fill(show)
    prepared = {"project_id": new, "descriptors": [], "first_episode_id": None}
    for _ in range(2):
        assets.deliver("project:prepared", prepared)
    rows = [row for row in assets.rows("metadata_descriptor") if str(row["project_id"]) == new]
    assert [(row["name"], row["entity_type"]) for row in rows] == [("Code", "Project")]
    assert [project for _, project in told(assets, "new")] == [new]
