"""Query parameters of the ``…/last`` routes, which read a log from the newest row backwards.

The query holds lists, since some parameters may be repeated. Bounds are exclusive, and a cursor is
the id of the row to continue after.
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


def first(query: Query, name: str) -> str | None:
    """The parameter's first value; None without one."""
    values = query.get(name)
    return values[0] if values else None


def limit(query: Query) -> int:
    """The number of rows, at most ``LARGEST``. Raises InvalidInput."""
    text = first(query, "limit")
    try:
        number = DEFAULT_LIMIT if text is None else int(text)
    except ValueError:
        number = -1
    if number < 0:
        message = "Wrong value for parameter limit."
        raise InvalidInput(message)
    return min(number, LARGEST)


def moment(query: Query, name: str) -> datetime | None:
    """The parameter as a time (UTC); None without one. Raises InvalidInput."""
    text = first(query, name)
    if text is None:
        return None
    for form in MOMENTS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the log's times are UTC without zone
        except ValueError:
            continue
    message = "Wrong date format for before or after argument."
    raise InvalidInput(message, {"expected": list(MOMENTS)})


def between(query: Query, column: Column) -> Iterator[Condition]:
    """The conditions for ``after`` and ``before``. Raises InvalidInput."""
    if (after := moment(query, "after")) is not None:
        yield column > after
    if (before := moment(query, "before")) is not None:
        yield column < before


def people(query: Query, column: Column) -> Iterator[Condition]:
    """The condition for ``person_ids``. Raises InvalidInput."""
    try:
        person_ids: list[UUID] = [parse_id(text) for text in query.get("person_ids", [])]
    except BadValue:
        message = "The person_ids parameter contains an invalid id"
        raise InvalidInput(message) from None
    if person_ids:
        yield column.in_(person_ids)


def older(
    connection: Connection, query: Query, table: sa.Table, parameter: str, noun: str
) -> Iterator[Condition]:
    """The condition for rows older than the cursor's. Raises InvalidInput."""
    text = first(query, parameter)
    if text is None:
        return
    try:
        ident = parse_id(text)
    except BadValue:
        message = f"The {parameter} parameter is not a valid id"
        raise InvalidInput(message) from None
    when = connection.scalar(sa.select(table.c.created_at).where(table.c.id == ident))
    if when is None:
        message = f"No {noun} found with id: {text}"
        raise InvalidInput(message)
    # By time and id: rows of the same time would else be repeated or skipped.
    yield sa.tuple_(table.c.created_at, table.c.id) < sa.tuple_(sa.literal(when), sa.literal(ident))
