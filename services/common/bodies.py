"""Bodies, read as their declared types say: all invalid fields are reported at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, NamedTuple, TypeVar, cast

from msgspec import inspect

from services.common import values
from services.common.contracts.types import Body, Query
from services.common.errors import invalid_fields
from services.common.json_types import Json, JsonObject
from services.common.values import BadValue, Reader

Faults = list[dict[str, str]]
B = TypeVar("B", bound=Body | Query)
T = TypeVar("T")
#: Leaves a field out, so that its type's default applies.
OMITTED: Final = object()


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


def _filled(limit: int | None) -> Reader[str]:
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
            except BadValue as error:
                faults += _faults(str(index), error)
        if faults:
            raise BadItems(value, faults)
        return items

    return read


def items_of(fields: Mapping[str, Field]) -> Reader[list[JsonObject]]:
    """Reads an array of objects with these fields."""
    return each(_object_of(lambda: fields, dict))


def _object_of(fields: Callable[[], Mapping[str, Field]], build: Callable[..., T]) -> Reader[T]:
    """Reads an object inside a body; ``fields`` is called then, as a type may hold itself."""

    def read(item: Json) -> T:
        if not isinstance(item, dict):
            raise BadValue(item, "an object")
        body, faults = _read_fields(item, fields(), partial=False)
        if faults:
            raise BadItems(item, faults)
        return build(**body)

    return read


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
            elif not partial and field.default is not OMITTED:
                result[key] = field.default
            continue
        if body[key] is None and field.null is OMITTED:
            continue
        try:
            result[key] = _read(field, body[key])
        except BadValue as error:
            faults += _faults(key, error)
    return result, faults


def _read(field: Field, value: Json) -> Any:
    if value is not None:
        return field.read(value)
    if field.null is BadValue:
        raise BadValue(value, "a value other than null")
    return field.null


def _faults(field: str, error: BadValue) -> Faults:
    """What is wrong with a field, or with each of its bad items."""
    if isinstance(error, BadItems):
        return [{**fault, "field": f"{field}.{fault['field']}"} for fault in error.faults]
    return [{"field": field, "message": error.about(field)}]


# --- declared types -------------------------------------------------------------------------------


def read(kind: type[B], data: Json) -> B:
    """A body, or a query, as its type says. Raises InvalidInput with every field that is wrong."""
    return kind(**read_body(data, _fields_of(cast("Any", kind))))


@cache
def _fields_of(kind: Any) -> Mapping[str, Field]:
    declared = cast("inspect.StructType", inspect.type_info(kind))
    return {one.encode_name: _field_of(one) for one in declared.fields}


def _field_of(declared: inspect.Field) -> Field:
    """How a field is read: by its type, and by what null and absence mean for it."""
    kinds = _kinds_of(declared.type)
    nullable = any(isinstance(kind, inspect.NoneType) for kind in kinds)
    required = declared.required
    (kind,) = (kind for kind in kinds if not isinstance(kind, inspect.NoneType))
    null = None if nullable else BadValue if required else OMITTED
    return Field(_reader_of(kind, nullable=nullable), OMITTED, required, null)


def _kinds_of(declared: inspect.Type) -> list[inspect.Type]:
    """The alternatives of a type, without the marks of descriptions and of absence."""
    while isinstance(declared, inspect.Metadata):
        declared = declared.type
    if isinstance(declared, inspect.UnionType):
        return [kind for one in declared.types for kind in _kinds_of(one)]
    return [declared]


def _reader_of(kind: inspect.Type, *, nullable: bool = False) -> Reader[Any]:
    """The reader of ``values`` for a type. Raises TypeError where none is known."""
    if nullable and isinstance(kind, inspect.UUIDType):
        return values.reference
    if type(kind) not in READERS:
        message = f"bodies can't be read as {kind}"
        raise TypeError(message)
    return READERS[type(kind)](kind)


def _text_reader(kind: inspect.StrType) -> Reader[str]:
    return _filled(kind.max_length) if kind.min_length else values.text_of(kind.max_length)


def _array_reader(kind: inspect.ListType) -> Reader[list[Any]]:
    (item,) = _kinds_of(kind.item_type)
    return each(_reader_of(item))


READERS: Final[Mapping[type[Any], Callable[[Any], Reader[Any]]]] = {
    inspect.UUIDType: lambda _: values.parse_id,
    inspect.StrType: _text_reader,
    inspect.BoolType: lambda _: values.flag,
    inspect.IntType: lambda kind: values.whole if kind.ge is None else values.at_least(kind.ge),
    inspect.FloatType: lambda _: values.finite,
    inspect.DateTimeType: lambda _: values.parse_moment,
    inspect.DateType: lambda _: values.parse_day,
    inspect.LiteralType: lambda kind: values.one_of(tuple(map(str, kind.values))),
    inspect.ListType: _array_reader,
    inspect.StructType: lambda kind: _object_of(lambda: _fields_of(kind.cls), kind.cls),
    inspect.DictType: lambda _: values.json_object,
    inspect.AnyType: lambda _: values.stored,
}
