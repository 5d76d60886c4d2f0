"""Validation: from JSON to column values, for every field of every resource.

The column gives kind of value, length, null, default and choices; ``services.common.values`` reads
each kind. A JSON column declares its shape as ``info["shape"]``, further checks (an e-mail address,
a time zone) are ``info["check"]``.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.common import values
from services.common.database.sql_errors import MESSAGES, NOT_NULL
from services.common.database.sql_types import Column
from services.common.database.tables import is_internal
from services.common.errors import Integrity, InvalidInput, NotFound
from services.common.json_types import JsonObject, Values
from services.common.values import BadValue, Reader, finite, parse_id, parse_moment

__all__ = [
    "INT_RANGE",
    "BadValue",
    "default_of",
    "finite",
    "known_id",
    "list_ids",
    "parse_id",
    "parse_moment",
    "path_id",
    "period",
    "read_value",
    "reader_of",
    "row_id",
    "values_for_create",
    "values_for_update",
]

MONTHS: Final = 12
#: Columns that no client may set.
SET_BY_US: Final = frozenset({"id", "created_at", "updated_at"})
#: Exclusive limits. Subclasses first: SmallInteger and BigInteger are Integers, too.
INT_RANGE: Final = {sa.SmallInteger: 2**15, sa.BigInteger: 2**63, sa.Integer: values.INTEGER}
#: No column has another name in JSON.
UNCHANGED: Final[Mapping[str, str]] = {}


def row_id(text: str) -> UUID:
    """The id in a path. Raises InvalidInput."""
    try:
        return parse_id(text)
    except BadValue:
        message = "Malformed ID."
        raise InvalidInput(message) from None


def path_id(text: str) -> UUID:
    """An id in a path of a route that tells malformed from unknown ones. Raises InvalidInput."""
    try:
        return parse_id(text)
    except BadValue:
        message = "Wrong UUID format."
        raise InvalidInput(message) from None


def known_id(value: object) -> UUID:
    """An id in a path or body. Raises NotFound for a malformed one, as for an unknown one."""
    try:
        return parse_id(value)
    except BadValue:
        raise NotFound from None


def _whole(column: Column) -> Reader[int]:
    limits = (limit for kind, limit in INT_RANGE.items() if isinstance(column.type, kind))
    return values.whole_of(next(limits))


def _text(column: Column) -> Reader[str]:
    if choices := column.info.get("choices"):
        return values.one_of(choices)
    return values.text_of(getattr(column.type, "length", None))


def _json(column: Column) -> Reader[Any]:
    shape = column.info.get("shape")
    return values.stored if shape is None else values.shaped(shape)


#: The readers by the type of the column.
KINDS: Final[tuple[tuple[type[Any], Callable[[Column], Reader[Any]]], ...]] = (
    (ARRAY, lambda _: values.texts),
    (JSONB, _json),
    (sa.Uuid, lambda column: values.reference if column.nullable else parse_id),
    (sa.Boolean, lambda _: values.flag),
    (sa.Integer, _whole),
    (sa.Float, lambda _: finite),
    (sa.TIMESTAMP, lambda _: parse_moment),
    (sa.Date, lambda _: values.parse_day),
    (sa.String, _text),
)


def _unreadable(value: object) -> Any:
    raise BadValue(value, "nothing: no value can be given here")


@lru_cache(maxsize=4096)
def reader_of(column: Column) -> Reader[Any]:
    """Reads what a column can store from a JSON value other than null."""
    readers = (make(column) for kind, make in KINDS if isinstance(column.type, kind))
    return next(readers, _unreadable)


def read_value(column: Column, value: object) -> Any:
    """The Python value ``column`` stores for a JSON ``value`` that isn't null. Raises BadValue."""
    read = reader_of(column)(value)
    check = column.info.get("check")
    return check(read) if check else read


def default_of(column: Column) -> Any:
    """The declared default of a column, or None."""
    default: Any = column.default
    if default is None:
        return None
    return default.arg(None) if default.is_callable else default.arg


def values_for_create(
    table: sa.Table,
    body: JsonObject,
    model: str,
    lists: frozenset[str],
    renamed: Mapping[str, str] = UNCHANGED,
) -> JsonObject:
    """Column values of a new row. A null counts as absent; unknown fields are refused.

    ``renamed`` has the names of columns that clients know by another. Raises Integrity.
    """
    columns = {column.name: column for column in table.c if not is_internal(column)}
    for name in body:
        if name not in columns and name not in lists:
            message = f"'{name}' is an invalid keyword argument for {model}"
            raise Integrity(message)
    values: Values = {}
    for column in columns.values():
        if column.name in SET_BY_US:
            continue
        value = body.get(column.name)
        name = renamed.get(column.name, column.name)
        value = default_of(column) if value is None else _read(column, value, name)
        values[column.name] = present(column, value, name)
    return values


def values_for_update(
    table: sa.Table,
    body: JsonObject,
    fixed: frozenset[str],
    renamed: Mapping[str, str] = UNCHANGED,
) -> JsonObject:
    """Column values that ``body`` changes; unknown and fixed fields are ignored.

    ``renamed`` is as for ``values_for_create``. Raises Integrity, InvalidInput.
    """
    values: Values = {}
    for name, value in body.items():
        if name in SET_BY_US or name in fixed or name not in table.c:
            continue
        column = table.c[name]
        if is_internal(column):
            continue
        known_as = renamed.get(name, name)
        read = None if value is None else _read(column, value, known_as)
        values[name] = present(column, read, known_as)
    return values


def present(column: Column, value: Any, name: str = "") -> Any:
    """The value. Raises Integrity for a null in a column that must not be, known by ``name``."""
    if value is None and not column.nullable:
        message = f"{MESSAGES[NOT_NULL]} '{name or column.name}' must have a value."
        raise Integrity(message)
    return value


def _read(column: Column, value: object, name: str) -> Any:
    try:
        return read_value(column, value)
    except BadValue as error:
        about = error.about(name)
        if message := column.info.get("invalid"):
            message = f"{message}. {about}"
            raise InvalidInput(message) from None
        raise Integrity(about) from None


LIST: Final = values.array_of(
    lambda item: parse_id(item.get("id") if isinstance(item, dict) else item), "UUIDs"
)


def list_ids(name: str, value: object) -> list[UUID]:
    """The ids in a to-many field, each once: texts, or objects with ``id``. Raises Integrity."""
    try:
        return list(dict.fromkeys(LIST(value)))
    except BadValue as error:
        raise Integrity(error.about(name)) from None


def period(year: str, month: str | None = None, week: str | None = None) -> tuple[date, date]:
    """The first and last day of a year, or of a month or ISO week of it, as in a path.

    Invalid dates in a path are NotFound.
    """
    try:
        if week is not None:
            start = date.fromisocalendar(int(year), int(week), 1)
            return start, start + timedelta(days=6)
        first = date(int(year), int(month or 1), 1)
        last = first.month if month is not None else MONTHS
        return first, date(first.year, last, monthrange(first.year, last)[1])
    except (ValueError, OverflowError):  # beyond the calendar's last year
        raise NotFound from None
