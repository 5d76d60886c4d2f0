"""Validation of request bodies: all invalid fields are reported at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from services.common.crud.validation import BadValue, parse_id
from services.common.errors import invalid_fields
from services.common.json_types import Json, JsonObject


class Field(NamedTuple):
    """A field of a body: its reader, which raises BadValue, and its default."""

    read: Callable[[Any], Any]
    default: Any = None
    required: bool = False
    #: The value for an explicit null; BadValue if it may not be null.
    null: Any = None


def _text(limit: int | None = None) -> Callable[[Any], str]:
    def read(value: Json) -> str:
        if not isinstance(value, str) or "\x00" in value or (limit and len(value) > limit):
            raise BadValue(value)
        return value

    return read


def _name(limit: int) -> Callable[[Any], str]:
    def read(value: Json) -> str:
        if not _text(limit)(value).strip():
            raise BadValue(value)
        return str(value)

    return read


def _integer(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**31:
        raise BadValue(value)
    return value


def _flag(value: Json) -> bool:
    if not isinstance(value, bool):
        raise BadValue(value)
    return value


def _object(value: Json) -> JsonObject:
    if not isinstance(value, dict):
        raise BadValue(value)
    return value


def _objects(value: Json) -> list[Any]:
    if not isinstance(value, list):
        raise BadValue(value)
    return [parse_id(_object(item).get("id")) for item in value]


def _array(value: Json) -> list[Any]:
    if not isinstance(value, list):
        raise BadValue(value)
    return value


def _ids(value: Json) -> list[Any]:
    return [parse_id(item) for item in _array(value)]


def name(limit: int = 160) -> Field:
    """A required text that isn't blank."""
    return Field(_name(limit), required=True, null=BadValue)


def text(default: str | None = None, limit: int | None = None) -> Field:
    """A text."""
    return Field(_text(limit), default)


IDENT: Final = Field(parse_id)
NEEDED_IDENT: Final = Field(parse_id, required=True, null=BadValue)
WHOLE: Final = Field(_integer)
FLAG: Final = Field(_flag, default=False, null=False)
DATA: Final = Field(_object, default={}, null={})
OBJECTS: Final = Field(_objects, default=[], null=[])
ARRAY: Final = Field(_array, default=[], null=[])
IDS: Final = Field(_ids, default=[], null=[])


def read_body(data: Json, fields: Mapping[str, Field], *, partial: bool = False) -> JsonObject:
    """The fields of a body; absent ones get their defaults or, if ``partial``, are left out.

    Unknown keys are ignored. Raises InvalidInput with every field that is wrong.
    """
    given = data if isinstance(data, dict) else {}
    result: JsonObject = {}
    wrong: list[dict[str, str]] = []
    for key, field in fields.items():
        if key not in given:
            if field.required and not partial:
                wrong.append({"field": key, "message": "Field required"})
            elif not partial:
                result[key] = field.default
            continue
        try:
            result[key] = _read(field, given[key])
        except BadValue:
            wrong.append({"field": key, "message": "The value is not valid here"})
    if wrong:
        raise invalid_fields(wrong)
    return result


def _read(field: Field, value: Json) -> Any:
    if value is not None:
        return field.read(value)
    if field.null is BadValue:
        raise BadValue(value)
    return field.null
