"""Reading a log backwards: the parameters that every ``…/last`` route takes.

The query holds lists, since some parameters may be repeated. Bounds are exclusive, the newest row
comes first, and a cursor names the row before which to go on.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.common.crud.validation import BadValue, parse_id
from services.common.database.sql_types import Column, Condition
from services.common.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_LIMIT, LARGEST = 100, 1000
MOMENTS: Final = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d")
Query = dict[str, list[str]]


def first(asked: Query, name: str) -> str | None:
    """The parameter, the first if it was repeated."""
    values = asked.get(name)
    return values[0] if values else None


def limit(asked: Query) -> int:
    """How many rows are wanted. Raises InvalidInput."""
    text = first(asked, "limit")
    try:
        found = DEFAULT_LIMIT if text is None else int(text)
    except ValueError:
        found = -1
    if found < 0:
        message = "Wrong value for parameter limit."
        raise InvalidInput(message)
    return min(found, LARGEST)


def moment(asked: Query, name: str) -> datetime | None:
    """A bound in time. Raises InvalidInput."""
    text = first(asked, name)
    if text is None:
        return None
    for form in MOMENTS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the log's times are UTC without zone
        except ValueError:
            continue
    message = "Wrong date format for before or after argument."
    raise InvalidInput(message, {"expected": list(MOMENTS)})


def between(asked: Query, column: Column) -> Iterator[Condition]:
    """Conditions for ``after`` and ``before``."""
    if (after := moment(asked, "after")) is not None:
        yield column > after
    if (before := moment(asked, "before")) is not None:
        yield column < before


def people(asked: Query, column: Column) -> Iterator[Condition]:
    """The condition for ``person_ids``. Raises InvalidInput."""
    try:
        wanted: list[UUID] = [parse_id(text) for text in asked.get("person_ids", [])]
    except BadValue:
        message = "The person_ids parameter contains an invalid id"
        raise InvalidInput(message) from None
    if wanted:
        yield column.in_(wanted)


def older(
    connection: Connection, asked: Query, table: sa.Table, parameter: str, what: str
) -> Iterator[Condition]:
    """The condition for rows strictly older than the one a cursor names. Raises InvalidInput."""
    text = first(asked, parameter)
    if text is None:
        return
    try:
        ident = parse_id(text)
    except BadValue:
        message = f"The {parameter} parameter is not a valid id"
        raise InvalidInput(message) from None
    when = connection.scalar(sa.select(table.c.created_at).where(table.c.id == ident))
    if when is None:
        message = f"No {what} found with id: {text}"
        raise InvalidInput(message)
    yield sa.tuple_(table.c.created_at, table.c.id) < sa.tuple_(sa.literal(when), sa.literal(ident))
