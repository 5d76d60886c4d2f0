"""Bodies whose fields a route declares: all invalid fields are reported at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from services.common import values
from services.common.errors import invalid_fields
from services.common.json_types import Json, JsonObject
from services.common.values import BadValue, Reader

Faults = list[dict[str, str]]


class Field(NamedTuple):
    """A field of a body: its reader, which raises BadValue, and its default."""

    read: Reader[Any]
    default: Any = None
    required: bool = False
    #: The value for an explicit null; BadValue if it may not be null.
    null: Any = None


class BadItems(BadValue):
    """An array with invalid items, each told by its place in the array."""

    def __init__(self, value: object, faults: Faults) -> None:
        super().__init__(value)
        self.faults = faults


def _filled(limit: int) -> Reader[str]:
    read_text = values.text_of(limit)

    def read(value: Json) -> str:
        text = read_text(value)
        if not text.strip():
            raise BadValue(value, "a text that is not blank")
        return text

    return read


def name(limit: int = 160) -> Field:
    """A required text that isn't blank."""
    return Field(_filled(limit), required=True, null=BadValue)


def text(default: str | None = None, limit: int | None = None) -> Field:
    """A text."""
    return Field(values.text_of(limit), default)


def each(read_item: Reader[Any]) -> Reader[list[Any]]:
    """Reads an array of such values."""

    def read(value: Json) -> list[Any]:
        items: list[Any] = []
        faults: Faults = []
        for index, item in enumerate(values.array(value)):
            try:
                items.append(read_item(item))
            except BadItems as error:
                faults += [
                    {**fault, "field": f"{index}.{fault['field']}"} for fault in error.faults
                ]
            except BadValue as error:
                faults.append(_fault(str(index), error))
        if faults:
            raise BadItems(value, faults)
        return items

    return read


def items_of(fields: Mapping[str, Field]) -> Reader[list[JsonObject]]:
    """Reads an array of objects with these fields."""

    def read(item: Json) -> JsonObject:
        if not isinstance(item, dict):
            raise BadValue(item, "an object")
        body, faults = _read_fields(item, fields, partial=False)
        if faults:
            raise BadItems(item, faults)
        return body

    return each(read)


IDENT: Final = Field(values.reference)
NEEDED_IDENT: Final = Field(values.parse_id, required=True, null=BadValue)
WHOLE: Final = Field(values.whole)
FLAG: Final = Field(values.flag, default=False, null=False)
DATA: Final = Field(values.json_object, default={}, null={})
ARRAY: Final = Field(values.array, default=[], null=[])
IDS: Final = Field(each(values.parse_id), default=[], null=[])


def read_body(data: Json, fields: Mapping[str, Field], *, partial: bool = False) -> JsonObject:
    """The fields of a body; absent ones get their defaults or, if ``partial``, are left out.

    Unknown keys are ignored. Raises InvalidInput with every field that is wrong.
    """
    body, faults = _read_fields(data if isinstance(data, dict) else {}, fields, partial=partial)
    if faults:
        raise invalid_fields(faults)
    return body


def _read_fields(
    body: JsonObject, fields: Mapping[str, Field], *, partial: bool
) -> tuple[JsonObject, Faults]:
    """The fields that could be read, and the faults of the others."""
    result: JsonObject = {}
    faults: Faults = []
    for key, field in fields.items():
        if key not in body:
            if field.required and not partial:
                faults.append({"field": key, "message": "Field required"})
            elif not partial:
                result[key] = field.default
            continue
        try:
            result[key] = _read(field, body[key])
        except BadItems as error:
            faults += [{**fault, "field": f"{key}.{fault['field']}"} for fault in error.faults]
        except BadValue as error:
            faults.append(_fault(key, error))
    return result, faults


def _read(field: Field, value: Json) -> Any:
    if value is not None:
        return field.read(value)
    if field.null is BadValue:
        raise BadValue(value, "a value other than null")
    return field.null


def _fault(field: str, error: BadValue) -> dict[str, str]:
    return {"field": field, "message": error.about(field)}
