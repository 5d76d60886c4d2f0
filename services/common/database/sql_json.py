"""JSON built by PostgreSQL, for lists of thousands of rows.

``row_to_json`` looks up each column's output function for each row. Concatenating the same text
takes half the time, but longer to plan, so single rows stay with ``row_to_json``.

The concatenation is text, made once for the same columns: as SQLAlchemy's expressions it takes as
long to build, for each list, as PostgreSQL takes for hundreds of rows.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from services.common.database.sql_types import Expression, Select

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Types whose text form is valid JSON.
JSON_LITERALS: Final = (sa.Integer, sa.Boolean, sa.JSON)
#: The text of a value, by how it is written: an id in quotes, a JSON literal, anything else.
ID, LITERAL, ANY = "id", "literal", "any"
#: Columns by name, with how they are written.
Members = tuple[tuple[str, str], ...]


def objects(rows: Select) -> Select:
    """SELECT each of ``rows`` as a JSON object, in text form."""
    return sa.select(written(rows.selected_columns, "r")).select_from(rows.subquery("r"))


def written(columns: Iterable[Expression], subquery: str) -> sa.ColumnElement[str]:
    """The text of a JSON object with these columns of the subquery of that name as its members.

    What selects it names the subquery in its FROM.
    """
    members = tuple((str(column.name), _kind(column)) for column in columns)
    return sa.literal_column(_text(members, subquery), sa.Text)


def _kind(column: Expression) -> str:
    if isinstance(column.type, sa.Uuid):
        return ID
    return LITERAL if isinstance(column.type, JSON_LITERALS) else ANY


@lru_cache(maxsize=1024)
def _text(members: Members, subquery: str) -> str:
    texts = [
        _member(f'{subquery}."{name}"', f'{"," if place else "{"}"{name}":', kind)
        for place, (name, kind) in enumerate(members)
    ]
    return _joined([*texts, "'}'"]) if texts else "'{}'"


def _joined(texts: list[str]) -> str:
    """Concatenate as a balanced tree: a chain would copy its prefix once for each member."""
    if len(texts) == 1:
        return texts[0]
    half = len(texts) // 2
    return f"({_joined(texts[:half])} || {_joined(texts[half:])})"


def _member(column: str, before: str, kind: str) -> str:
    """A member of an object, with the text ``before`` its value."""
    text = {
        ID: f"""'{before}"' || CAST({column} AS TEXT) || '"'""",
        LITERAL: f"'{before}' || CAST({column} AS TEXT)",
        ANY: f"'{before}' || CAST(to_json({column}) AS TEXT)",
    }[kind]
    # NULL makes the whole concatenation NULL, so one coalesce covers it without testing the column.
    return f"coalesce({text}, '{before}null')"
