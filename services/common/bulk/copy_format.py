"""Encoding the JSON rows of a dump for PostgreSQL's COPY, by column type.

A value that the column can't store is replaced, and the row kept: by null, the column's default, or
a truncated text. A row is refused only if a required value is missing. Values that the column can
store but the API would refuse are kept. All of this is reported.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.common import values
from services.common.crud.validation import INT_RANGE, default_of
from services.common.database.sql_types import Column
from services.common.database.tables import is_internal
from services.common.json_types import Json
from services.common.values import BadValue

if TYPE_CHECKING:
    from collections.abc import Callable

NULL: Final = r"\N"
SPECIAL: Final = re.compile(r"[\\\n\r\t]")
ESCAPES: Final = {"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"}
ABSENT: Final = object()
STAMPS: Final = frozenset({"created_at", "updated_at"})
#: Deterministic, so that equal values are equal texts: jsonb keeps no order of keys.
encode_json: Final = msgspec.json.Encoder(order="deterministic").encode


class Complaint(NamedTuple):
    """A problem with a row: a value that was replaced, or that the API would refuse."""

    what: str
    column: str
    value: Json


class RowRefused(Exception):
    """The row can't be imported."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(complaint.what)
        self.complaint = complaint


def escaped(text: str) -> str:
    """Text as a field of COPY's text format."""
    if SPECIAL.search(text) is None:
        return text
    return SPECIAL.sub(lambda match: ESCAPES[match[0]], text)


def decoded_text(value: Json) -> str:
    """Text, or bytes that are UTF-8. Raises BadValue."""
    if isinstance(value, str):
        return value
    try:
        return decoded_bytes(value).decode()
    except UnicodeDecodeError:
        raise BadValue(value) from None


def decoded_bytes(value: Json) -> bytes:
    """The bytes in ``{"b64": …}``. Raises BadValue."""
    if isinstance(value, str):
        return value.encode()
    try:
        return base64.b64decode(value["b64"], validate=True)
    except (TypeError, KeyError, ValueError, binascii.Error):
        raise BadValue(value) from None


def _uuid(value: Json) -> str:
    return str(values.parse_id(value))


def _flag(value: Json) -> str:
    return "t" if values.flag(value) else "f"


def _integer(limit: int) -> Callable[[Any], str]:
    integer = values.whole_of(limit)
    return lambda value: str(integer(value))


def _number(value: Json) -> str:
    return repr(values.finite(value))


def _moment(value: Json) -> str:
    return values.parse_moment(value).isoformat()


def _day(value: Json) -> str:
    return values.parse_day(value).isoformat()


def _bytes(value: Json) -> str:
    return r"\\x" + decoded_bytes(value).hex()


def _json(value: Json) -> str:
    try:
        text = encode_json(value).decode()
    except (ValueError, OverflowError, UnicodeError):
        raise BadValue(value) from None
    # Walked only where there may be one: an import has millions of values.
    if r"\u0000" in text:
        values.stored(value)
    return escaped(text)


def _array(value: Json) -> str:
    if not isinstance(value, list):
        raise BadValue(value)
    items = []
    for item in value:
        if item is None:
            items.append("NULL")
            continue
        text = decoded_text(item)
        if "\x00" in text:
            raise BadValue(value)
        items.append('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
    return escaped("{" + ",".join(items) + "}")


def _text(length: int | None) -> Callable[[Any], str]:
    def text(value: Json) -> str:
        if not isinstance(value, str):
            value = decoded_text(value)
        if "\x00" in value or (length is not None and len(value) > length):
            raise BadValue(value)
        return escaped(value)

    return text


SIMPLE: Final[tuple[tuple[type[Any], Callable[[Any], str]], ...]] = (
    (ARRAY, _array),
    (JSONB, _json),
    (sa.Uuid, _uuid),
    (sa.Boolean, _flag),
    (sa.Float, _number),
    (sa.TIMESTAMP, _moment),
    (sa.Date, _day),
    (sa.LargeBinary, _bytes),
)


def _limit(kind: sa.types.TypeEngine[Any]) -> int:
    return next(limit for of, limit in INT_RANGE.items() if isinstance(kind, of))


def encoder_of(column: Column) -> Callable[[Any], str]:
    """The function that encodes a JSON value other than null for COPY. It raises BadValue."""
    if isinstance(column.type, sa.Integer):
        return _integer(_limit(column.type))
    if isinstance(column.type, sa.String):
        return _text(column.type.length)
    return next(encode for kind, encode in SIMPLE if isinstance(column.type, kind))


class _Field:
    """One column: its encoder, and its replacements for missing and invalid values."""

    def __init__(self, column: Column, now: str) -> None:
        self.name, self.nullable = str(column.name), column.nullable
        self.encode = encoder_of(column)
        self.choices = frozenset(column.info.get("choices") or ())
        self.check = column.info.get("check")
        self.judged = bool(self.choices or self.check)
        self.length = getattr(column.type, "length", None)
        self.is_text = isinstance(column.type, sa.String)
        default = None if column.primary_key else default_of(column)
        self.missing: str | None = NULL if default is None else self.encode(default)
        if column.name in STAMPS:
            self.missing = now
        if self.missing == NULL and not self.nullable:
            self.missing = None
        self.null = NULL if self.nullable else self.missing

    def stand_in(self, *, absent: bool) -> str:
        """The field for an absent or null value. Raises RowRefused."""
        text = self.missing if absent else self.null
        if text is None:
            raise RowRefused(Complaint("refused row", self.name, None))
        return text

    def judge(self, value: Json, complaints: list[Complaint]) -> None:
        """Report a value that the API would refuse."""
        if self.choices and not (isinstance(value, str) and value in self.choices):
            complaints.append(Complaint("outside the rules", self.name, value))
        if self.check:
            try:
                self.check(value)
            except ValueError:
                complaints.append(Complaint("outside the rules", self.name, value))

    def salvage(self, value: Json, complaints: list[Complaint]) -> str:
        """The replacement for a value that the column can't store. Raises RowRefused."""
        if self.is_text and isinstance(value, str):
            complaints.append(Complaint("shortened", self.name, value))
            text = value.replace("\x00", "")
            return escaped(text[: self.length] if self.length else text)
        if self.null is None:
            raise RowRefused(Complaint("refused row", self.name, value))
        complaints.append(Complaint("lost value", self.name, value))
        return self.null


class Writer:
    """Writes the rows of one table as lines for ``COPY … FROM STDIN``."""

    def __init__(self, table: sa.Table, now: datetime | None = None) -> None:
        moment = now or datetime.now(UTC).replace(tzinfo=None)
        self.table = table
        columns = [column for column in table.c if not is_internal(column)]
        self.columns = [str(column.name) for column in columns]
        self.names = frozenset(self.columns)
        self.keys = [str(column.name) for column in table.primary_key.columns]
        self._fields = [_Field(column, moment.isoformat()) for column in columns]

    def key(self, row: dict[str, Any]) -> str:
        """The row's primary key, for the report."""
        return " ".join(str(row.get(name)) for name in self.keys)

    def line(self, row: dict[str, Any], complaints: list[Complaint]) -> bytes:
        """Encode a row as a line, and append its problems. Raises RowRefused."""
        fields: list[str] = []
        for field in self._fields:
            value = row.get(field.name, ABSENT)
            if value is None or value is ABSENT:
                fields.append(field.stand_in(absent=value is ABSENT))
                continue
            try:
                fields.append(field.encode(value))
                if field.judged:
                    field.judge(value, complaints)
            except (BadValue, RecursionError):
                fields.append(field.salvage(value, complaints))
        if not row.keys() <= self.names:
            unknown = row.keys() - self.names
            complaints += [Complaint("unknown column", name, row[name]) for name in unknown]
        text = "\t".join(fields) + "\n"
        try:
            return text.encode()
        # A lone surrogate, which JSON can escape and UTF-8 can't encode.
        except UnicodeEncodeError as error:
            complaints.append(Complaint("lost value", "", f"{error.object[error.start]!a}"))
            return text.encode(errors="replace")
