"""A row of any table, with the rows of its service that it can't be without."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.common.database.sql_types import Column

Rows = list[tuple[sa.Table, dict[str, Any]]]
#: Subclasses before what they derive from.
VALUES: Final[tuple[tuple[type[Any], Any], ...]] = (
    (sa.Boolean, False),
    (sa.Integer, 1),
    (sa.Float, 1.0),
    (sa.Numeric, 1),
    (sa.TIMESTAMP, datetime(2026, 1, 5)),  # noqa: DTZ001 - columns hold UTC without a zone
    (sa.Date, date(2026, 1, 5)),
    (JSONB, {}),
    (ARRAY, []),
    (sa.LargeBinary, b""),
)


def sample(table: sa.Table, **given: Any) -> Rows:
    """Rows to insert in this order, the table's own one last; ``given`` are values of that."""
    needed: Rows = []
    row: dict[str, Any] = {}
    for column in table.c:
        if column.name in given:
            row[column.name] = given[column.name]
        elif not column.nullable and column.server_default is None and column.identity is None:
            row[column.name] = _value(column, needed)
    return [*needed, (table, row)]


def _value(column: Column, needed: Rows) -> Any:
    for key in column.foreign_keys:
        needed += sample(key.column.table)
        return needed[-1][1]["id"]
    if isinstance(column.type, sa.Uuid):
        return uuid4()
    # Enumerations are Strings, too.
    if isinstance(column.type, sa.Enum):
        return column.type.enums[0]
    if isinstance(column.type, sa.String):
        return uuid4().hex[: getattr(column.type, "length", None) or 32]
    return next(value for kind, value in VALUES if isinstance(column.type, kind))


def key(table: sa.Table, row: dict[str, Any]) -> sa.ColumnElement[bool]:
    """The condition that finds an inserted row by its primary key."""
    return sa.and_(*(column == row[column.name] for column in table.primary_key))


def new_id() -> UUID:
    """An id that nothing has."""
    return uuid4()
