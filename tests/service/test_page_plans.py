"""A page of any list is read from an index in its order, whatever the size of the table."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID, uuid4

import pytest

from deploy.docs.declarations import registries
from services.common.crud.resource import Resource
from services.common.errors import Forbidden
from tests.bulk import insert_many
from tests.service.conftest import MakeService
from tests.service.one_service import OneService
from tests.service.plans import explained, nodes, reads_whole
from tests.world import World

#: Rows: enough for PostgreSQL to prefer an index where there is one, as with any more.
ROWS: Final = 3000
#: Of which a production has a quarter.
OF_ALL: Final = 12_000
#: Lists that leave some rows out, whose rows are counted: a studio has a few thousand people.
COUNTED: Final = frozenset({"persons"})
RESOURCES = [
    pytest.param(registry.service, resource, id=resource.path)
    for registry in registries()
    for resource in registry
]
PROJECT: Final = World().project
#: Lists of a production: service, table, method, arguments.
LISTS: Final = {
    "tasks": ("tasks", "task", "list_project_tasks", {}),
    "comments": ("tasks", "comment", "list_project_comments", {}),
    "previews": ("tasks", "preview_file", "list_project_rows", {"kind": "preview-files"}),
    "notifications": ("tasks", "notification", "list_project_rows", {"kind": "notifications"}),
    "subscriptions": ("tasks", "subscription", "list_project_rows", {"kind": "subscriptions"}),
    "news": ("tasks", "news", "list_project_news", {}),
    "links": ("assets", "entity_link", "list_entity_links", {}),
}
#: Filters of lists: path and query.
FILTERS: Final = [
    ("entities", {"entity_type_id": World().types["Shot"]}),
    ("tasks", {"task_type_id": World().task_type}),
    ("tasks", {"task_status_id": World().status}),
    ("tasks", {"project_id": PROJECT, "relations": "true"}),
]


def filled(make_service: MakeService, name: str, table: str, rows: int = ROWS) -> OneService:
    """A service with a small studio, and many more rows in one table."""
    service, world = make_service(name), World()
    projects = [world.project]
    service.fakes.replies |= {
        "crud.find_existing_rows": lambda tables: tables,
        "crud.list_project_names": lambda ids: dict.fromkeys(ids or [], "Film"),
        "auth.list_short_persons": {},
        "auth.list_rows": [],
        "assets.describe_entities": {},
    }
    for number in range(3):
        other = world.add("project", f"p{number}", name=f"P{number}", project_status_id=world.open)
        world.link("project_person_link", project_id=other, person_id=world.people["artist"])
        projects.append(other)
    with service.database.raw.cursor() as cursor:
        # New storage: rows that earlier tests rolled back would count in the planner's choice.
        cursor.execute(f'TRUNCATE "{table}" CASCADE')
    service.fill(world)
    with service.database.raw.cursor() as cursor:
        made = service.container.service_cls.metadata.tables[table]
        if table not in {"task", "entity"} and name in {"tasks", "assets"}:
            parent = service.container.service_cls.metadata.tables[OWNED_BY[name]]
            insert_many(cursor, parent, 200, project_id=projects)
        given = {"project_id": projects} if "project_id" in made.c else {}
        insert_many(cursor, made, rows, **given)
        if name == "crud" and "production_id" in made.c:
            cursor.execute(f"UPDATE {table} SET production_id = %s", (world.project,))
        cursor.execute(f'ANALYZE "{table}"; ANALYZE row_count')
    return service


OWNED_BY: Final = {"tasks": "task", "assets": "entity"}


def plans_of(
    service: OneService, monkeypatch: pytest.MonkeyPatch, who: str, method: str, **call: Any
) -> Any:
    """What is answered, and the plans of what was sent for it."""
    with explained(service, monkeypatch) as plans:
        answer = service.call(who, method, **call)
    return answer, plans


@pytest.mark.parametrize("who", ["admin", "artist"])
@pytest.mark.parametrize(("name", "resource"), RESOURCES)
def test_a_page_of_any_resource_is_read_from_an_index(
    make_service: MakeService,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    resource: Resource,
    who: str,
) -> None:
    """The first and one in the middle, of all that the caller sees, and its total is not counted.

    Who is in a few productions finds those by their ids.
    """
    if (who, resource.path) == ("artist", "projects") or resource.path in COUNTED:
        return
    service, table = filled(make_service, name, resource.table.name), resource.table.name
    for page in ("1", "14"):
        query = {"page": page, "limit": "100"}
        try:
            call = {"method": "list_rows", "path": resource.path, "query": query}
            answer, plans = plans_of(service, monkeypatch, who, **call)
        except Forbidden:
            assert who != "admin"
            return
        assert len(answer["data"]) == 100
        assert answer["total"] >= ROWS * (1 if who == "admin" else 0.9)
        assert [reads_whole(plan, table) for plan in plans] == [[] for _ in plans]
        assert plans


def test_a_small_production_is_not_looked_for_among_all_rows(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nearly all rows are of one, the planner expects it to be asked for."""
    service, big = filled(make_service, "tasks", "task", 0), str(uuid4())
    table = service.container.service_cls.metadata.tables["task"]
    with service.database.raw.cursor() as cursor:
        cursor.execute("UPDATE task SET project_id = %s", (big,))
        insert_many(cursor, table, ROWS, project_id=[big])
        cursor.execute("ANALYZE task")
        insert_many(cursor, table, 10, project_id=[PROJECT])
    query = {"page": "1", "project_id": PROJECT}
    call = {"method": "list_rows", "path": "tasks", "query": query}
    answer, plans = plans_of(service, monkeypatch, "admin", **call)
    assert len(answer["data"]) == 10
    used = {node.get("Index Name") for plan in plans for node, _ in nodes(plan)}
    assert "ix_task_page" in used
    assert "ix_task_newest" not in used


@pytest.mark.parametrize("called", LISTS)
def test_a_page_of_a_production_is_read_from_an_index(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch, called: str
) -> None:
    """Of what belongs to its tasks and entities, as well. Casting links alone are counted."""
    name, table, method, arguments = LISTS[called]
    service = filled(make_service, name, table, OF_ALL)
    count = sum(
        row.get("production_id", row.get("project_id")) == UUID(PROJECT)
        for row in service.rows(table)
    )
    query = {"page": "1", "limit": "50"}
    call = {"method": method, "project_id": PROJECT, "query": query, **arguments}
    answer, plans = plans_of(service, monkeypatch, "admin", **call)
    assert answer["total"] == count
    assert len(answer["data"]) == 50
    result = [reads_whole(plan, table, counts=called == "links") for plan in plans]
    assert result == [[] for _ in plans]


@pytest.mark.parametrize("who", ["admin", "artist"])
@pytest.mark.parametrize(("path", "query"), FILTERS)
def test_a_filtered_page_is_read_from_an_index(
    make_service: MakeService,
    monkeypatch: pytest.MonkeyPatch,
    who: str,
    path: str,
    query: dict[str, str],
) -> None:
    """By what web clients and scripts filter by; only the total is counted, row by row.

    That of a type of entities is kept.
    """
    name, table = {"entities": ("assets", "entity"), "tasks": ("tasks", "task")}[path]
    service = filled(make_service, name, table)
    call = {"method": "list_rows", "path": path, "query": {"page": "1", **query}}
    answer, plans = plans_of(service, monkeypatch, who, **call)
    assert answer["data"]
    assert all(
        row[key] == value for row in answer["data"] for key, value in query.items() if key in row
    )
    result = [reads_whole(plan, table, counts=path != "entities") for plan in plans]
    assert result == [[] for _ in plans]
    counting = [
        node
        for plan in plans
        for node, _ in nodes(plan)
        if node["Node Type"] == "Gather"
        or (node["Node Type"] == "Bitmap Heap Scan" and node["Relation Name"] == table)
    ]
    assert path != "entities" or counting == []
