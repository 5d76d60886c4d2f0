"""JSON built by PostgreSQL, for lists of thousands of rows.

``row_to_json`` looks up each column's output function for each row. Concatenating the same text
takes half the time, but longer to plan, so single rows stay with ``row_to_json``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from services.common.database.sql_types import Expression, Select

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Types whose text form is valid JSON.
JSON_LITERALS = (sa.Integer, sa.Boolean, sa.JSON)


def objects(rows: Select) -> Select:
    """SELECT each of ``rows`` as a JSON object, in text form."""
    return sa.select(written(rows.subquery("r").c))


def written(columns: Iterable[Expression]) -> sa.ColumnElement[str]:
    """The text of a JSON object with these columns of a subquery as its members."""
    members = [_member(column, "," if place else "{") for place, column in enumerate(columns)]
    return _joined([*members, _constant("}")]) if members else _constant("{}")


def _joined(texts: list[sa.ColumnElement[str]]) -> sa.ColumnElement[str]:
    """Concatenate as a balanced tree: a chain would copy its prefix once for each member."""
    if len(texts) == 1:
        return texts[0]
    half = len(texts) // 2
    halves = _joined(texts[:half]).concat(_joined(texts[half:]).self_group())
    return sa.type_coerce(halves, sa.Text)  # else SQLAlchemy flattens the tree into a chain


def _member(column: Expression, before: str) -> sa.ColumnElement[str]:
    """A member of an object, with the text ``before`` it."""
    key = f'{before}"{column.key}":'
    if isinstance(column.type, sa.Uuid):
        text = _constant(f'{key}"') + sa.cast(column, sa.Text) + _constant('"')
    elif isinstance(column.type, JSON_LITERALS):
        text = _constant(key) + sa.cast(column, sa.Text)
    else:
        text = _constant(key) + sa.cast(sa.func.to_json(column), sa.Text)
    # NULL makes the whole concatenation NULL, so one coalesce covers it without testing the column.
    return sa.func.coalesce(text, _constant(f"{key}null"))


def _constant(text: str) -> sa.ColumnElement[str]:
    return sa.literal_column(f"'{text}'", sa.Text)
