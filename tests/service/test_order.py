"""Every list has one order, which is the same each time, however its rows are stored."""

from __future__ import annotations

from typing import Any, Final

import pytest
import sqlalchemy as sa

from deploy.docs.declarations import registries
from services.assets.models import Entity
from services.common.crud.listing import lists
from services.common.crud.resource import Resource
from services.common.database.tables import table_of
from tests.bulk import insert_many
from tests.service.conftest import MakeService
from tests.service.one_service import OneService
from tests.world import World

#: Fewer rows than one statement reads, and more.
SIZES: Final = (40, lists.SHORT + 200)
RESOURCES = [
    pytest.param(registry.service, resource, id=resource.path)
    for registry in registries()
    for resource in registry
]
#: Lists that aren't in the order of creation.
OTHERWISE: Final = {"projects", "salary-scales"}
#: Two of them at a time.
SHUFFLE: Final = """
UPDATE "{table}" SET created_at = moment, updated_at = moment FROM (
  SELECT id AS moved, timestamp '2026-01-01' + interval '1 minute' * (place / 2) AS moment
  FROM (SELECT id, row_number() OVER (ORDER BY random()) AS place FROM "{table}") AS places
) AS moves WHERE moved = id
"""
ENTITY: Final = table_of(Entity)
KNOWN: Final = {
    "crud.find_existing_rows": lambda tables: tables,
    "crud.list_project_names": lambda ids: dict.fromkeys(ids or [], "Film"),
    "auth.list_short_persons": {},
    "auth.list_rows": [],
    "assets.describe_entities": {},
}


def shuffled(make_service: MakeService, name: str, resource: Resource, rows: int) -> OneService:
    """A service with rows of a resource, stored in another order than that of their creation.

    Every two of them were created and changed in the same moment.
    """
    service, table = make_service(name), resource.table.name
    service.fakes.replies |= KNOWN
    service.fill(World())
    with service.database.raw.cursor() as cursor:
        if table == "entity_link":  # enough entities for so many pairs of them
            insert_many(cursor, ENTITY, 60)
        insert_many(cursor, resource.table, rows)
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(SHUFFLE.format(table=table))
    return service


def in_order(service: OneService, resource: Resource, order: Any) -> list[str]:
    """The ids of all rows in an order."""
    with service.database.engine.connect() as connection:
        return [
            str(one) for one in connection.scalars(sa.select(resource.table.c.id).order_by(*order))
        ]


@pytest.mark.parametrize(("name", "resource"), RESOURCES)
def test_a_list_is_in_the_order_of_its_resource(
    make_service: MakeService, name: str, resource: Resource
) -> None:
    """Whether it is read by one statement or streamed; pages are in theirs, newest first."""
    table = resource.table.c
    newest = (table.updated_at.desc(), table.created_at.desc(), table.id)
    for rows in SIZES:
        service = shuffled(make_service, name, resource, rows)
        call: dict[str, Any] = {"path": resource.path}
        listed = [row["id"] for row in service.call("admin", "list_rows", **call, query={})]
        order = resource.order if resource.path in OTHERWISE else (table.created_at, table.id)
        shown = in_order(service, resource, order)
        assert listed == [ident for ident in shown if ident in set(listed)]
        assert len(listed) >= min(rows, resource.list_cap or rows)
        pages = [
            row["id"]
            for page in ("1", "2")
            for row in service.call(
                "admin", "list_rows", **call, query={"page": page, "limit": "20"}
            )["data"]
        ]
        on_pages = in_order(service, resource, newest)
        if resource.list_cap is None:
            on_pages = [one for one in on_pages if one in set(listed)]
        assert pages == on_pages[:40]
