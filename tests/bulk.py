"""Any number of rows of any resource, made in the database by one statement."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.common.database.tables import is_internal

#: A second between two rows.
MOMENT: Final = "timestamp '2026-01-01' + n * interval '1 second'"
#: Values by the type of a column that must have one; ``n`` is the row's number.
PLAIN: Final[tuple[tuple[Any, str], ...]] = (
    (JSONB, "'[]'::jsonb"),
    (ARRAY, "ARRAY['a']"),
    (sa.Boolean, "false"),
    (sa.Uuid, "gen_random_uuid()"),
    (sa.Integer, "n"),
    (sa.Float, "1.5"),
    (sa.TIMESTAMP, MOMENT),
    (sa.Date, "date '2026-01-01' + n % 3000"),
)
#: Rows of a target that are referenced.
TARGETS: Final = 2000


def insert_many(cursor: Any, table: sa.Table, rows: int, **given: list[str]) -> None:
    """Insert rows that differ in every text. ``given`` are ids to take in turn, by column.

    References within the service are spread over rows that are there; others are random.
    """
    lists, columns, turn = [], {}, "n"
    for column in table.c:
        if is_internal(column) and column.name not in given:
            continue
        target = next((key.column.table.name for key in column.foreign_keys), None)
        ids = _array(given[column.name]) if column.name in given else None
        if ids is None and target and (not column.nullable or target == "task"):
            ids = f"ARRAY(SELECT id FROM {target} ORDER BY id LIMIT {TARGETS})"
        if ids is not None:
            name = f"ids{len(lists)}"
            lists.append(f"(SELECT {ids} AS {name}) AS of_{name}")
            columns[column.name] = f"{name}[1 + {turn} % cardinality({name})]"
            # The next reference turns once for each round of this one: pairs are unique.
            turn = f"{turn} / cardinality({name})"
        elif (value := _value(column)) is not None:
            columns[column.name] = value
    sources = ", ".join([f"generate_series(1, {rows}) AS n", *lists])
    names = ", ".join(f'"{name}"' for name in columns)
    cursor.execute(
        f'INSERT INTO "{table.name}" ({names}) SELECT {", ".join(columns.values())} FROM {sources}'
    )


def _array(ids: list[str]) -> str:
    return "ARRAY[" + ", ".join(f"'{ident}'" for ident in ids) + "]::uuid[]"


def _value(column: sa.Column[Any]) -> str | None:
    """The expression for a column that must have a value; None for any other."""
    fixed = {"id": "gen_random_uuid()", "created_at": MOMENT, "updated_at": MOMENT}
    default = column.default.arg if column.default is not None else None
    choices = column.info.get("choices")
    if column.name in fixed:
        return fixed[column.name]
    if default is not None and not callable(default):
        return f"'{default}'"
    if column.nullable and column.name != "name":
        return None
    if choices:
        return f"'{choices[0]}'"
    text = f"left('{column.name[0]}' || n, {getattr(column.type, 'length', None) or 40})"
    return next((found for kind, found in PLAIN if isinstance(column.type, kind)), text)
