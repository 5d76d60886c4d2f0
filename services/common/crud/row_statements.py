"""The statements about one row that reads and writes of every resource come down to.

Each is made once for a resource, so that it can be prepared (see ``database.prepared``).
``:ident`` is the id as text, ``:values`` a JSON object of what is to be set.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from services.common.crud.row_json import as_json
from services.common.database.prepared import parameter
from services.common.database.sql_types import Columns, Expression, Select
from services.common.database.tables import NOW
from services.common.json_types import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.common.crud.resource import Resource

IDENT: Final = sa.cast(parameter("ident", sa.Text), sa.Uuid)
VALUES: Final = sa.cast(parameter("values", sa.Text), sa.JSON)


@lru_cache(maxsize=1024)
def shown(resource: Resource, columns: Columns) -> Select:
    """Its JSON."""
    return as_json(columns, resource.table, resource.table.c.id == IDENT)


@lru_cache(maxsize=256)
def facts(resource: Resource, names: tuple[str, ...]) -> Select:
    """These facts of it."""
    statement = sa.select(*(resource.fact(name) for name in names))
    return statement.select_from(resource.table).where(resource.table.c.id == IDENT)


@lru_cache(maxsize=256)
def locked(resource: Resource) -> Select:
    """All of it, with the resource's facts; nobody else changes it until we commit."""
    table = resource.table
    statement = sa.select(*table.c, *resource.facts.values()).where(table.c.id == IDENT)
    return statement.with_for_update(of=table)


@lru_cache(maxsize=512)
def changed(resource: Resource, names: tuple[str, ...]) -> sa.UpdateBase:
    """Set these columns; the same as ``locked``, as it is then."""
    table = resource.table
    kind: Expression = sa.literal_column(f'NULL::"{table.name}"')
    row = sa.func.json_populate_record(kind, VALUES).table_valued(*names, name="given")
    values = {**{name: row.c[name] for name in names}, "updated_at": NOW}
    statement = sa.update(table).where(table.c.id == IDENT).values(values)
    return statement.returning(*table.c, *resource.facts.values())


def as_known(resource: Resource, row: Sequence[Any]) -> Row:
    """A row that ``locked`` or ``changed`` found, by name; facts go before columns."""
    return dict(zip((*resource.table.c.keys(), *resource.facts), row, strict=True))
