"""Query parameters of lists: equality filters, ``[…]`` lists, to-many filters, page, limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.common.crud.validation import BadValue, parse_id, read_value
from services.common.database.sql_types import Condition, Expression
from services.common.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from services.common.database.tables import Many

TRUE: Final = frozenset({"y", "yes", "t", "true", "on", "1"})
FALSE: Final = frozenset({"n", "no", "f", "false", "off", "0"})
#: Rows of a page without ``limit``.
PAGE_SIZE: Final = 100
#: Parameters that are no filters.
RESERVED: Final = frozenset({"page", "limit", "relations", "fields"})


def condition(name: str, column: Expression, text: str) -> Condition:
    """The SQL condition for ``?name=text`` on ``column``. Raises InvalidInput."""
    result: Condition
    if text.startswith("[") and not isinstance(column.type, JSONB):
        result = column.in_([_read(name, column, item) for item in _items(name, text)])
    elif name == "name" and isinstance(column.type, sa.String):
        result = column.ilike(text)
    elif isinstance(column.type, ARRAY):
        result = column.contains([text])
    elif isinstance(column.type, JSONB):
        result = column == sa.cast(_json(name, text), JSONB)
    else:
        result = column == _read(name, column, text)
    return result


def list_condition(name: str, many: Many, own_id: Expression, text: str) -> Condition:
    """The condition that the to-many list ``name`` holds the id, or one of the ``[…]`` ids."""
    wanted = _items(name, text) if text.startswith("[") else [text]
    ids = [uuid(item) for item in wanted]
    return sa.exists().where(many.own == own_id, many.other.in_(ids))


def _items(name: str, text: str) -> list[str]:
    try:
        return msgspec.json.decode(text, type=list[str])
    except (msgspec.DecodeError, msgspec.ValidationError):
        message = f"Malformed list filter for field {name}."
        raise InvalidInput(message) from None


def _json(name: str, text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        message = f"Invalid JSON value for {name}: {text}"
        raise InvalidInput(message) from None


def uuid(text: str) -> UUID:
    """An id in a query string. Raises InvalidInput."""
    try:
        return parse_id(text)
    except BadValue:
        message = f"Invalid UUID value: {text}"
        raise InvalidInput(message) from None


def named_uuid(name: str, text: str) -> UUID:
    """An id in the query parameter ``name``. Raises InvalidInput."""
    try:
        return parse_id(text)
    except BadValue:
        message = f"Invalid UUID format for {name}: {text}"
        raise InvalidInput(message) from None


def _read(name: str, column: Expression, text: str) -> Any:
    if isinstance(column.type, sa.Uuid):
        return uuid(text)
    if isinstance(column.type, sa.Boolean):
        if text.lower() not in TRUE | FALSE:
            message = f"Invalid boolean value: {text}"
            raise InvalidInput(message)
        return text.lower() in TRUE
    if not isinstance(column, sa.Column):
        return text
    plain = sa.Column(name, column.type, info={"choices": column.info.get("choices")})
    if isinstance(column.type, sa.String) and not plain.info["choices"]:
        if "\x00" in text:
            message = f"Invalid value for {name}: it holds a NUL character."
            raise InvalidInput(message)
        return text
    try:
        return read_value(plain, text)
    except (BadValue, ValueError):
        message = f"Invalid value for {name}: {text}"
        raise InvalidInput(message) from None


class Page(NamedTuple):
    """A page, counted from 1, and its size."""

    number: int
    limit: int

    @property
    def rows(self) -> int:
        """The LIMIT: 0 before the first page."""
        return self.limit if self.number > 0 else 0

    @property
    def offset(self) -> int:
        """The OFFSET."""
        return max((self.number - 1) * self.limit, 0)


def page_and_limit(query: Mapping[str, str]) -> Page | None:
    """The requested page, or None for a list without pages. Raises InvalidInput."""
    if "page" not in query:
        return None
    limit = page_size(query)
    return Page(_integer(query, "page", 1), limit)


def page_size(query: Mapping[str, str]) -> int:
    """The rows of a page; 0 counts as absent. Raises InvalidInput."""
    limit = _integer(query, "limit", PAGE_SIZE) or PAGE_SIZE
    if limit < 0:
        message = "limit must not be negative."
        raise InvalidInput(message)
    return limit


def _integer(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    try:
        value = int(text)
    except ValueError:
        value = 2**63
    # The OFFSET, (page - 1) * limit, must fit into a bigint.
    if abs(value) >= 2**31:
        message = f"{name} must be an integer."
        raise InvalidInput(message)
    return value
