"""Query parameters that filter lists: by equality, ``[…]`` lists, to-many lists; and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.common import values
from services.common.contracts.types import UNSET, ListQuery
from services.common.crud.validation import reader_of
from services.common.database.sql_types import Condition, Expression
from services.common.errors import InvalidInput
from services.common.values import BadValue, Reader, parse_id

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from services.common.contracts.types import PageQuery
    from services.common.database.tables import Many

#: Parameters that are no filters.
RESERVED: Final = frozenset(ListQuery.__struct_fields__)


def by_columns(
    table: sa.Table, query: Mapping[str, str], names: Collection[str]
) -> list[Condition]:
    """The conditions for those of the names that a query holds. Raises InvalidInput."""
    return [condition(name, table.c[name], query[name]) for name in names if name in query]


def condition(name: str, column: Expression, text: str) -> Condition:
    """The SQL condition for ``?name=text`` on ``column``. Raises InvalidInput."""
    result: Condition
    if isinstance(column.type, JSONB):
        result = column == sa.cast(_json(name, text), JSONB)
    elif (items := _items_for(name, column, text)) is not None:
        result = column.in_([_read(name, column, item) for item in items])
    elif isinstance(column.type, ARRAY):
        result = column.contains([_read_as(name, values.text, text)])
    elif name == "name" and isinstance(column.type, sa.String):
        # Not LIKE: a name may hold its pattern characters, and scripts look for a name before they
        # make it.
        result = sa.func.lower(column) == sa.func.lower(_read(name, column, text))
    else:
        result = column == _read(name, column, text)
    return result


def list_condition(name: str, many: Many, own_id: Expression, text: str) -> Condition:
    """The condition that the to-many list ``name`` holds the id, or one of the ``[…]`` ids."""
    texts = _items(name, text) if text.startswith("[") else [text]
    ids = [uuid(item) for item in texts]
    return sa.exists().where(many.owner == own_id, many.target.in_(ids))


def _items_for(name: str, column: Expression, text: str) -> list[str] | None:
    """The values of a ``[…]`` filter; None for a filter on one value. Raises InvalidInput."""
    if not text.startswith("["):
        return None
    try:
        return _items(name, text)
    except InvalidInput:
        # ``[old] Hero`` is a name like any other.
        if isinstance(column.type, sa.String) and not column_choices(column):
            return None
        raise


def _items(name: str, text: str) -> list[str]:
    try:
        return msgspec.json.decode(text, type=list[str])
    except (msgspec.DecodeError, RecursionError):
        message = f"Malformed list filter for field {name}."
        raise InvalidInput(message) from None


def _json(name: str, text: str) -> Any:
    try:
        return values.stored(msgspec.json.decode(text))
    except (msgspec.DecodeError, RecursionError, BadValue):
        message = f"Invalid JSON value for {name}: {values.shown(text)}"
        raise InvalidInput(message) from None


def uuid(text: str) -> UUID:
    """An id in a query string. Raises InvalidInput."""
    try:
        return parse_id(text)
    except BadValue:
        message = f"Invalid UUID value: {text}"
        raise InvalidInput(message) from None


def _flag(text: str) -> bool:
    try:
        return values.flag(text)
    except BadValue:
        message = f"Invalid boolean value: {text}"
        raise InvalidInput(message) from None


def column_choices(column: Expression) -> tuple[str, ...]:
    """The texts that a column may hold; none where any may be."""
    choices: tuple[str, ...] = (
        column.info.get("choices", ()) if isinstance(column, sa.Column) else ()
    )
    return choices


def _read(name: str, column: Expression, text: str) -> Any:
    """The value to compare a column with. Raises InvalidInput."""
    if isinstance(column.type, sa.Uuid):
        return uuid(text)
    if isinstance(column.type, sa.Boolean):
        return _flag(text)
    if isinstance(column.type, sa.String) and not column_choices(column):
        # Of any length: too long a text is equal to nothing.
        return _read_as(name, values.text, text)
    if not isinstance(column, sa.Column):
        message = f"Filtering on {name} is not possible."
        raise InvalidInput(message)
    return _read_as(name, reader_of(column), text)


def _read_as(name: str, read: Reader[Any], text: str) -> Any:
    try:
        return read(text)
    except BadValue as error:
        raise InvalidInput(error.about(name)) from None


class Page(NamedTuple):
    """A page, counted from 1, and its size."""

    number: int
    limit: int

    @classmethod
    def asked(cls, query: PageQuery) -> Page | None:
        """The page that a query asks for; None for the whole list."""
        return None if query.page is UNSET else cls(query.page, query.limit)

    @property
    def rows(self) -> int:
        """The LIMIT: 0 before the first page."""
        return self.limit if self.number > 0 else 0

    @property
    def offset(self) -> int:
        """The OFFSET."""
        return max((self.number - 1) * self.limit, 0)
