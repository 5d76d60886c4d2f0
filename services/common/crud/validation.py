"""Validation: from JSON to column values, for every field of every resource.

The column gives type, length, null, default and choices. Further checks (an e-mail address, a time
zone) are declared with the column as ``info["check"]``.
"""

from __future__ import annotations

import math
import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.common.database.sql_errors import BAD_VALUE, MESSAGES, NOT_NULL
from services.common.database.sql_types import Column
from services.common.database.tables import is_internal
from services.common.errors import Integrity, InvalidInput, NotFound
from services.common.json_types import JsonObject, Values

# Stricter than UUID(), which also takes braces, URNs and texts without hyphens.
UUID_FORM: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
MONTHS: Final = 12
NOT_AN_ARRAY: Final = "Request body must be a JSON array."
#: Columns that no client may set.
KEPT_BY_US: Final = frozenset({"id", "created_at", "updated_at"})
#: Exclusive limits. Subclasses first: SmallInteger and BigInteger are Integers, too.
INT_RANGE: Final = {sa.SmallInteger: 2**15, sa.BigInteger: 2**63, sa.Integer: 2**31}


class BadValue(ValueError):
    """A value that its column can't hold."""


def parse_id(value: object) -> UUID:
    """A UUID in its 36-character form, in either case. Raises BadValue."""
    if isinstance(value, str) and UUID_FORM.fullmatch(value):
        return UUID(value)
    raise BadValue(value)


def row_id(text: str) -> UUID:
    """The id in a path. Raises InvalidInput."""
    try:
        return parse_id(text)
    except BadValue:
        message = "Malformed ID."
        raise InvalidInput(message) from None


def known_id(value: object) -> UUID:
    """An id in a path or body. Raises NotFound for a malformed one, as for an unknown one."""
    try:
        return parse_id(value)
    except BadValue:
        raise NotFound from None


def parse_moment(value: object) -> datetime:
    """An ISO 8601 date or datetime as naive UTC. Raises BadValue."""
    if not isinstance(value, str):
        raise BadValue(value)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise BadValue(value) from None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _text(value: object, column: Column) -> str:
    length = getattr(column.type, "length", None)
    if not isinstance(value, str) or "\x00" in value or (length and len(value) > length):
        raise BadValue(value)
    choices = column.info.get("choices")
    if choices and value not in choices:
        raise BadValue(value)
    return value


def _integer(value: object, column: Column) -> int:
    if isinstance(value, str):
        value = int(value) if re.fullmatch(r"[+-]?\d{1,19}", value.strip()) else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    limit = next(r for kind, r in INT_RANGE.items() if isinstance(column.type, kind))
    if isinstance(value, bool) or not isinstance(value, int) or not -limit <= value < limit:
        raise BadValue(value)
    return value


def _number(value: object, _column: Column) -> float:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            raise BadValue(value) from None
    return finite(value)


def finite(value: object) -> float:
    """A number as a finite float. Raises BadValue."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadValue(value)
    try:
        number = float(value)
    except OverflowError:
        raise BadValue(value) from None
    if not math.isfinite(number):
        raise BadValue(value)
    return number


def _flag(value: object, _column: Column) -> bool:
    if not isinstance(value, bool) and value not in {0, 1}:
        raise BadValue(value)
    return bool(value)


def _moment(value: object, _column: Column) -> datetime:
    return parse_moment(value)


def _day(value: object, _column: Column) -> date:
    if isinstance(value, str) and len(value) > len("2026-01-05"):
        parse_moment(value)
        return datetime.fromisoformat(value).date()
    return parse_moment(value).date()


def _id(value: object, _column: Column) -> UUID:
    return parse_id(value)


def _json(value: object, column: Column) -> Any:
    shape = column.info.get("shape", object)
    if not isinstance(value, shape) or holds_nul(value):
        raise BadValue(value)
    return value


def holds_nul(value: object) -> bool:
    """Whether JSON contains U+0000, which jsonb can't store."""
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(holds_nul(key) or holds_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(holds_nul(item) for item in value)


def _array(value: object, _column: Column) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadValue(value)
    return value


READERS: Final[tuple[tuple[type[Any], Any], ...]] = (
    (ARRAY, _array),
    (JSONB, _json),
    (sa.Uuid, _id),
    (sa.Boolean, _flag),
    (sa.Integer, _integer),
    (sa.Float, _number),
    (sa.TIMESTAMP, _moment),
    (sa.Date, _day),
    (sa.String, _text),
)


def read_value(column: Column, value: object) -> Any:
    """The Python value ``column`` stores for a JSON ``value`` that isn't null. Raises BadValue."""
    reader = next((reader for kind, reader in READERS if isinstance(column.type, kind)), None)
    if reader is None:
        raise BadValue(value)
    read = reader(value, column)
    check = column.info.get("check")
    return check(read) if check else read


def default_of(column: Column) -> Any:
    """The declared default of a column, or None."""
    default: Any = column.default
    if default is None:
        return None
    return default.arg(None) if default.is_callable else default.arg


def values_for_create(
    table: sa.Table, body: JsonObject, model: str, lists: frozenset[str]
) -> JsonObject:
    """Column values of a new row. A null counts as absent; unknown fields are refused.

    Raises Integrity.
    """
    columns = {column.name: column for column in table.c if not is_internal(column)}
    for name in body:
        if name not in columns and name not in lists:
            message = f"'{name}' is an invalid keyword argument for {model}"
            raise Integrity(message)
    values: Values = {}
    for column in columns.values():
        if column.name in KEPT_BY_US:
            continue
        given = body.get(column.name)
        value = default_of(column) if given is None else _checked(column, given)
        if value is None and not column.nullable:
            raise Integrity(MESSAGES[NOT_NULL])
        values[column.name] = value
    return values


def values_for_update(table: sa.Table, body: JsonObject, fixed: frozenset[str]) -> JsonObject:
    """Column values that ``body`` changes; unknown and fixed fields are ignored.

    Raises Integrity, and InvalidInput for a malformed date.
    """
    values: Values = {}
    for name, given in body.items():
        if name in KEPT_BY_US or name in fixed or name not in table.c:
            continue
        column = table.c[name]
        if is_internal(column):
            continue
        if given is None and not column.nullable:
            raise Integrity(MESSAGES[NOT_NULL])
        if isinstance(column.type, sa.TIMESTAMP | sa.Date) and given not in {None, ""}:
            _check_date(name, given)
        values[name] = None if given is None else _checked(column, given)
    return values


def _checked(column: Column, given: object) -> Any:
    try:
        return read_value(column, given)
    except BadValue:
        if message := column.info.get("invalid"):
            raise InvalidInput(message) from None
        raise Integrity(BAD_VALUE) from None


def _check_date(name: str, given: object) -> None:
    try:
        parse_moment(given)
    except BadValue:
        message = (
            f"Invalid date format for '{name}': '{given}'. Expected an ISO 8601 date or datetime."
        )
        raise InvalidInput(message) from None


def list_ids(given: object) -> list[UUID]:
    """The ids in a to-many field, each once: texts, or objects with ``id``. Raises Integrity."""
    if not isinstance(given, list):
        raise Integrity(BAD_VALUE)
    try:
        ids = [parse_id(item["id"] if isinstance(item, dict) else item) for item in given]
    except (BadValue, KeyError):
        raise Integrity(BAD_VALUE) from None
    return list(dict.fromkeys(ids))


def body_ids(data: object) -> list[UUID]:
    """The ids in a body that is a list of them, each once. Raises InvalidInput."""
    if not isinstance(data, list):
        raise InvalidInput(NOT_AN_ARRAY)
    try:
        return list(dict.fromkeys(parse_id(ident) for ident in data))
    except BadValue:
        message = "Request body must only contain valid UUIDs."
        raise InvalidInput(message) from None


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
    except ValueError:
        raise NotFound from None
