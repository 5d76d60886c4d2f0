"""The prepared statements about one row of a resource.

Each is built once (see ``database.prepared``). ``:ident`` is the id as text, ``:values`` a JSON
object of the columns to set.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from services.common.crud.row_json import as_json
from services.common.database.prepared import parameter
from services.common.database.sql_types import Column, Columns, Expression, Select
from services.common.database.tables import NOW
from services.common.json_types import Row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from services.common.crud.resource import Resource

IDENT: Final = sa.cast(parameter("ident", sa.Text), sa.Uuid)
VALUES: Final = sa.cast(parameter("values", sa.Text), sa.JSON)


@lru_cache(maxsize=1024)
def shown(resource: Resource, columns: Columns) -> Select:
    """SELECT the row's JSON."""
    return as_json(columns, resource.table, resource.table.c.id == IDENT)


@lru_cache(maxsize=256)
def facts(resource: Resource, names: tuple[str, ...]) -> Select:
    """SELECT these facts of the row."""
    statement = sa.select(*(resource.fact(name) for name in names))
    return statement.select_from(resource.table).where(resource.table.c.id == IDENT)


@lru_cache(maxsize=256)
def columns(resource: Resource, names: tuple[str, ...]) -> Select:
    """SELECT these columns of the row."""
    statement = sa.select(*(resource.table.c[name] for name in names))
    return statement.where(resource.table.c.id == IDENT)


@lru_cache(maxsize=256)
def locked(resource: Resource) -> Select:
    """SELECT the row and its facts FOR UPDATE."""
    table = resource.table
    statement = sa.select(*table.c, *resource.facts.values()).where(table.c.id == IDENT)
    # Of this table only: facts may come from subqueries on others.
    return statement.with_for_update(of=table)


@lru_cache(maxsize=512)
def changed(resource: Resource, names: tuple[str, ...]) -> sa.UpdateBase:
    """UPDATE these columns, RETURNING what ``locked`` selects."""
    table = resource.table
    kind: Expression = sa.literal_column(f'NULL::"{table.name}"')
    # One JSON parameter for all values: PostgreSQL converts each to its column's type.
    row = sa.func.json_populate_record(kind, VALUES).table_valued(*names, name="given")
    values = {**{name: row.c[name] for name in names}, "updated_at": NOW}
    statement = sa.update(table).where(table.c.id == IDENT).values(values)
    return statement.returning(*table.c, *resource.facts.values())


def placed(key: Column, ids: Sequence[UUID]) -> sa.Update:
    """UPDATE the ``priority`` of the rows that ``key`` finds by ``ids`` to their places, from 1.

    Of an id that is named twice the later place counts.
    """
    places = {str(ident): place for place, ident in enumerate(ids, start=1)}
    # Two array parameters: a list of thousands would be a new statement each time.
    given = (
        sa.func.unnest(
            sa.cast(list(places), sa.ARRAY(sa.Uuid(as_uuid=False))),
            sa.cast(list(places.values()), sa.ARRAY(sa.Integer)),
        )
        .table_valued("id", "place", name="given")
        .render_derived()
    )
    change = sa.update(key.table).where(key == given.c.id)
    return change.values(priority=given.c.place, updated_at=NOW)


def to_facts(resource: Resource, row: Sequence[Any]) -> Row:
    """A row of ``locked`` or ``changed`` by name; a fact hides the column of the same name."""
    return dict(zip((*resource.table.c.keys(), *resource.facts), row, strict=True))
