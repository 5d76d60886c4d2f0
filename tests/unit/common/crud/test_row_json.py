"""Rows as JSON: columns in the form that clients expect."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.common.crud.row_json import as_json, rendered

TABLE = sa.Table(
    "thing",
    sa.MetaData(),
    sa.Column("name", sa.Text),
    sa.Column("created_at", sa.TIMESTAMP),
    sa.Column("length", sa.Double),
)


def sql(expression: sa.ClauseElement) -> str:
    """The SQL text on one line."""
    return " ".join(str(expression.compile(dialect=postgresql.dialect())).split())


def test_times_have_whole_seconds() -> None:
    """Clients parse no fractions."""
    assert sql(rendered(TABLE.c.created_at)).startswith("date_trunc(")


def test_floats_keep_their_decimal_point() -> None:
    """2.0 stays a float in Python's clients; large ones are left to PostgreSQL."""
    text = sql(rendered(TABLE.c.length))
    assert "thing.length = trunc(thing.length) AND abs(thing.length) <" in text
    assert "ELSE to_json(thing.length)" in text


def test_other_columns_are_selected_as_they_are() -> None:
    """Text, ids, JSON."""
    assert rendered(TABLE.c.name) is TABLE.c.name


def test_rows_are_narrowed_by_all_conditions() -> None:
    """One JSON text for each."""
    text = sql(as_json([TABLE.c.name], TABLE, TABLE.c.name == "a", TABLE.c.length > 1))
    assert text.startswith("SELECT CAST(row_to_json(r) AS TEXT)")
    assert text.endswith(
        "thing.name = %(name_1)s::VARCHAR AND thing.length > %(length_1)s::INTEGER) AS r"
    )
