"""Request bodies, read as their declared types say: everything that is wrong is told at once.

A body is an object (``contracts.types.Body``), an array (``list[…]``) or an object with keys of the
client's own (``dict[str, …]``). Its values are read by ``services.common.values``, as those of
generic CRUD are. What comes in a form, with files or without, is read alike: a field is a text
there, so numbers, flags, arrays and objects may come as their text, and one that wasn't filled in
as an empty one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, Final, NamedTuple, TypeVar, cast

import msgspec
from msgspec import NODEFAULT, UNSET, inspect
from msgspec.structs import asdict

from services.common import values
from services.common.contracts.types import NOT_BLANK, Body
from services.common.errors import InvalidInput
from services.common.json_types import Json, JsonObject, Values
from services.common.values import BadValue, OutOfRange, Reader

T = TypeVar("T")
K = TypeVar("K", int, str)
REQUIRED: Final = "Field required"
#: A field that did not come.
ABSENT: Final = object()


class BadParts(BadValue):
    """An object or array with invalid parts, each told by the keys and indexes that lead to it."""

    def __init__(self, value: object, faults: list[Fault]) -> None:
        super().__init__(value)
        self.faults = faults


class Complaint(BadValue):
    """A value, or none, with a message of its own; ``known`` to clients as the whole refusal's.

    ``fault`` is what is wrong with the value, if there is one.
    """

    def __init__(
        self, value: object, message: str, *, known: bool, fault: BadValue | None = None
    ) -> None:
        super().__init__(value, message)
        self.known, self.fault = known, fault

    def about(self, field: str) -> str:
        """The message."""
        if self.fault is None:
            return self.expected
        return self.expected.format(field=field, value=values.shown(self.value).strip("'"))


Fault = tuple[str, BadValue]


class Field(NamedTuple):
    """A field of an object."""

    name: str
    read: Reader[Any]
    #: What null becomes, and the empty text of a form: ``None``, or ``ABSENT``. With ``UNSET``
    #: ``read`` refuses it.
    null: Any
    #: Whether an empty text is a value like others.
    takes_empty: bool
    #: What is wrong if there is no value; None where there need not be one.
    missing: Fault | None


def read(kind: type[T], data: Json) -> T:
    """A body as its type says; no body at all is an empty object.

    Raises InvalidInput with every field that is wrong.
    """
    is_object = isinstance(kind, type)
    try:
        return cast("T", reader_of(kind)({} if data is None and is_object else data))
    except BadParts as error:
        faults = error.faults
    except BadValue as error:
        message = f"Request body must be a JSON {error.expected.removeprefix('an ')}."
        if not is_object:
            raise InvalidInput(message) from None
        told = kind.no_object if issubclass(kind, Body) else ""
        faults = [("", Complaint(data, told or message, known=bool(told)))]
    errors = [{"field": field, "message": error.about(field)} for field, error in faults]
    raise InvalidInput(known_message(faults) or "Validation error.", {"errors": errors})


def known_message(faults: list[Fault]) -> str:
    """The first message among these that clients know; empty if there is none."""
    known = (e.about(name) for name, e in faults if isinstance(e, Complaint) and e.known)
    return next(known, "")


def given(change: Body) -> Values:
    """The fields that a change sets."""
    return {name: value for name, value in asdict(change).items() if value is not UNSET}


def _reader(declared: inspect.Type) -> Reader[Any]:
    kinds, extra = alternatives(declared)
    nullable = any(isinstance(kind, inspect.NoneType) for kind in kinds)
    kinds = [kind for kind in kinds if not isinstance(kind, inspect.NoneType)]
    if len(kinds) > 1:
        read_value = _one_of(kinds)
    elif nullable and isinstance(kinds[0], inspect.UUIDType):
        read_value = values.reference
    elif type(kinds[0]) in READERS:
        read_value = READERS[type(kinds[0])](kinds[0])
    else:
        message = f"bodies can't be read as {kinds[0]}"
        raise TypeError(message)
    if "only_text" in extra:
        read_value = _only_text(read_value)
    return _complaining(read_value, extra) if "invalid" in extra else read_value


def alternatives(declared: inspect.Type) -> tuple[list[inspect.Type], dict[str, str]]:
    """The alternatives of a type, and the messages declared for it."""
    if isinstance(declared, inspect.Metadata):
        kinds, extra = alternatives(declared.type)
        return kinds, {**extra, **(declared.extra or {})}
    if not isinstance(declared, inspect.UnionType):
        return [declared], {}
    found = [alternatives(one) for one in declared.types]
    return (
        [kind for kinds, _ in found for kind in kinds],
        {name: message for _, extra in found for name, message in extra.items()},
    )


def _only_text(read_value: Reader[T]) -> Reader[T]:
    """A reader of a text for which a number doesn't stand for its digits."""

    def read_text(value: Json) -> T:
        if not isinstance(value, str):
            raise BadValue(value, "a text")
        return read_value(value)

    return read_text


def _complaining(read_value: Reader[T], extra: Mapping[str, str]) -> Reader[T]:
    """A reader that refuses with messages that clients know, in which ``{value}`` is the text.

    Only a text can be meant as such a value: what else came is told as everywhere.
    """
    invalid = extra["invalid"]
    beyond, quotes = extra.get("beyond", invalid), "{value}" in invalid

    def read_or_complain(value: Json) -> T:
        try:
            return read_value(value)
        except BadParts:
            raise
        except BadValue as error:
            if quotes and not isinstance(value, str):
                raise
            message = beyond if isinstance(error, OutOfRange) else invalid
            raise Complaint(value, message, known=True, fault=error) from None

    return read_or_complain


def _faults(place: str, error: BadValue) -> list[Fault]:
    """What is wrong with a part, or with each of its parts."""
    if isinstance(error, BadParts):
        return [(f"{place}.{field}", fault) for field, fault in error.faults]
    return [(place, error)]


# --- objects --------------------------------------------------------------------------------------


def _object(kind: inspect.StructType) -> Reader[Any]:
    fields = [_field(one) for one in kind.fields]

    def read_object(value: Json) -> Any:
        if not isinstance(value, dict):
            raise BadValue(value, "an object")
        found, faults = _read_fields(fields, value)
        if faults:
            raise BadParts(value, faults)
        return kind.cls(**found)

    return read_object


def _read_fields(fields: list[Field], given: JsonObject) -> tuple[JsonObject, list[Fault]]:
    """The fields that could be read, and the faults of the others; unknown ones are ignored."""
    found: JsonObject = {}
    faults: list[Fault] = []
    for name, read_value, null, takes_empty, missing in fields:
        value = given.get(name, ABSENT)
        if value is None or (value == "" and not takes_empty):
            if null is None:
                found[name] = None
                continue
            value = value if null is UNSET else ABSENT
        if value is ABSENT:
            if missing:
                faults.append(missing)
            continue
        try:
            found[name] = read_value(value)
        except BadValue as error:
            faults += _faults(name, error)
    return found, faults


def _field(declared: inspect.Field) -> Field:
    kinds, extra = alternatives(declared.type)
    nullable = any(isinstance(kind, inspect.NoneType | inspect.AnyType) for kind in kinds)
    defaults = (declared.default, declared.default_factory)
    has_default = any(default is not NODEFAULT for default in defaults)
    missing = Complaint(None, extra.get("missing", REQUIRED), known="missing" in extra)
    if "switch" in extra:
        read_value = values.switch(usual=declared.default, exact=extra["switch"] == "exact")
    else:
        read_value = _reader(declared.type)
    return Field(
        declared.encode_name,
        _from_text(read_value) if _is_composed(kinds) else read_value,
        # As in generic CRUD: it is the default in a new row, and refused in a change.
        None if nullable else ABSENT if declared.required or has_default else UNSET,
        any(_takes_empty(kind) for kind in kinds),
        (declared.encode_name, missing) if declared.required else None,
    )


def _takes_empty(kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.StrType):
        return not kind.min_length and not kind.pattern
    return isinstance(kind, inspect.AnyType)


def _is_composed(kinds: list[inspect.Type]) -> bool:
    composed = inspect.ListType | inspect.DictType | inspect.StructType | inspect.TypedDictType
    return any(isinstance(kind, composed) for kind in kinds)


def _from_text(read_value: Reader[T]) -> Reader[T]:
    """Reads an array or object, or its JSON text, as forms have it."""

    def read_either(value: Json) -> T:
        if isinstance(value, str):
            try:
                return read_value(msgspec.json.decode(value))
            except (msgspec.DecodeError, RecursionError, UnicodeError):
                pass  # its own reader says what was expected
        return read_value(value)

    return read_either


# --- values ---------------------------------------------------------------------------------------


def _array(kind: inspect.ListType) -> Reader[list[Any]]:
    read_item = _reader(kind.item_type)

    def read_array(value: Json) -> list[Any]:
        if not isinstance(value, list):
            raise BadValue(value, "an array")
        if len(value) < (kind.min_length or 0):
            raise BadValue(value, "an array that is not empty")
        try:
            return [read_item(item) for item in value]
        except BadValue:  # only then all are looked at one by one
            return list(_read_each(enumerate(value), read_item, value).values())

    return read_array


def _mapping(kind: inspect.DictType) -> Reader[JsonObject]:
    """Reads an object with keys of the client's own."""
    if isinstance(kind.value_type, inspect.AnyType):
        return values.json_object
    read_value = _reader(kind.value_type)

    def read_mapping(value: Json) -> JsonObject:
        if not isinstance(value, dict):
            raise BadValue(value, "an object")
        return _read_each(value.items(), read_value, value)

    return read_mapping


def _read_each(parts: Iterable[tuple[K, Json]], read_part: Reader[T], whole: Json) -> dict[K, T]:
    """What is read of each part, by its key or index. Raises BadParts with all that are wrong."""
    found: dict[K, T] = {}
    faults: list[Fault] = []
    for key, part in parts:
        try:
            found[key] = read_part(part)
        except BadValue as error:
            faults += _faults(str(key), error)
    if faults:
        raise BadParts(whole, faults)
    return found


def _text(kind: inspect.StrType) -> Reader[str]:
    if kind.pattern not in {None, NOT_BLANK}:
        return values.matching(str(kind.pattern))
    read_text, may_be_blank = values.text_of(kind.max_length), kind.pattern != NOT_BLANK
    if may_be_blank and not kind.min_length:
        return read_text

    def read_filled(value: Json) -> str:
        text = read_text(value)
        if not text or not (may_be_blank or text.strip()):
            raise BadValue(value, "a text that is not blank")
        return text

    return read_filled


def _whole(kind: inspect.IntType) -> Reader[int]:
    limit = values.INTEGER if kind.le is None else kind.le + 1
    return values.whole_of(limit) if kind.ge is None else values.at_least(kind.ge, limit)


def _number(kind: inspect.FloatType) -> Reader[float]:
    return values.finite if kind.gt is None else values.above_zero


def _one_of(kinds: list[inspect.Type]) -> Reader[Any]:
    """Reads a value by the alternative that its JSON is of."""
    readers = [(JSON_TYPES[type(kind)], _reader(kind)) for kind in kinds]
    nouns = " or ".join(noun for (_, noun), _ in readers)

    def read_alternative(value: Json) -> Any:
        for (json_type, _), read_value in readers:
            if isinstance(value, json_type) and not isinstance(value, bool):
                return read_value(value)
        raise BadValue(value, nouns)

    return read_alternative


JSON_TYPES: Final[Mapping[type[Any], tuple[Any, str]]] = {
    inspect.StrType: (str, "a text"),
    inspect.IntType: (int, "a whole number"),
    inspect.FloatType: (float, "a number"),
    inspect.DictType: (dict, "an object"),
    inspect.TypedDictType: (dict, "an object"),
}
READERS: Final[Mapping[type[Any], Callable[[Any], Reader[Any]]]] = {
    inspect.UUIDType: lambda _: values.parse_id,
    inspect.StrType: _text,
    inspect.BoolType: lambda _: values.flag,
    inspect.IntType: _whole,
    inspect.FloatType: _number,
    inspect.DateTimeType: lambda _: values.parse_moment,
    inspect.DateType: lambda _: values.parse_day,
    inspect.LiteralType: lambda kind: values.one_of(tuple(map(str, kind.values))),
    inspect.ListType: _array,
    inspect.StructType: _object,
    inspect.DictType: _mapping,
    # Kept as it came, with what else it has: JSON of the client's own in a known shape.
    inspect.TypedDictType: lambda kind: values.shaped(kind.cls),
    inspect.AnyType: lambda _: values.stored,
}
#: The reader of a type; made once. Raises TypeError where there is none.
reader_of: Final[Callable[[Any], Reader[Any]]] = cache(
    lambda kind: _reader(inspect.type_info(kind))
)
