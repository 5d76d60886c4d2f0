"""Malformed bodies, made from the declared types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from msgspec import NODEFAULT, inspect

from services.common import values

Declared = inspect.Type
IDENT: Final = "9a4f1f0e-3c5b-4d0e-8f6a-2f1f4a1c7b10"
REQUIRED: Final = "Field required"
NUL: Final = "a\x00b"
DEEP: Final[list[Any]] = []
for _ in range(2 * values.DEEPEST):
    DEEP[:] = [list(DEEP)]


class Wrong(NamedTuple):
    """A value with one fault in it."""

    #: Where the fault is: keys and indexes.
    place: str
    value: Any
    #: What is said of it, or a part of that.
    told: str
    #: Whether that is the message of the whole refusal.
    known: bool = False

    def within(self, key: str, value: Any) -> Wrong:
        """The same fault in a larger value."""
        return self._replace(place=f"{key}.{self.place}".rstrip("."), value=value)


def wrong_bodies(kind: Any) -> Iterator[Wrong]:
    """Bodies of a type, each with one fault."""
    yield from _wrong(inspect.type_info(kind))


def valid(declared: Declared) -> Any:
    """A value as it should be, with what is required in it."""
    kind = _kinds(declared)[0]
    if isinstance(kind, inspect.StructType):
        return {one.encode_name: valid(one.type) for one in kind.fields if one.required}
    return VALID[type(kind)](kind)


def _kinds(declared: Declared) -> list[Declared]:
    if isinstance(declared, inspect.Metadata):
        return _kinds(declared.type)
    if isinstance(declared, inspect.UnionType):
        return [kind for one in declared.types for kind in _kinds(one)]
    return [declared]


def _known(declared: Declared, name: str) -> str:
    """The message that a type declares; empty if none."""
    if isinstance(declared, inspect.UnionType):
        return next(filter(None, (_known(one, name) for one in declared.types)), "")
    if not isinstance(declared, inspect.Metadata):
        return ""
    return (declared.extra or {}).get(name) or _known(declared.type, name)


def _wrong(declared: Declared) -> Iterator[Wrong]:
    kinds, invalid = _kinds(declared), _known(declared, "invalid")
    kinds = [kind for kind in kinds if not isinstance(kind, inspect.NoneType)]
    found = WRONG[type(kinds[0])](kinds[0]) if len(kinds) == 1 else [True]
    for value in found:
        shown = values.shown(value)
        # A message that quotes a text isn't that of what is none.
        known = bool(invalid) and (isinstance(value, str) or "{value}" not in invalid)
        told = invalid.format(value=shown.strip("'")) if known else shown
        yield Wrong("", value, told, known=known)
    for kind in kinds:
        if type(kind) in PARTS:
            yield from PARTS[type(kind)](kind)


def _wrong_fields(kind: inspect.StructType) -> Iterator[Wrong]:
    body = valid(kind)
    for field in kind.fields:
        name, missing = field.encode_name, _known(field.type, "missing")
        if field.required:
            others = {key: value for key, value in body.items() if key != name}
            yield Wrong(name, others, missing or REQUIRED, known=bool(missing))
        if _refuses_null(field):
            # Null is what is missing, or what was meant to be emptied.
            told = (missing or REQUIRED) if field.required else "None"
            yield Wrong(name, {**body, name: None}, told, known=bool(missing))
        for wrong in _wrong(field.type):
            yield wrong.within(name, {**body, name: wrong.value})


def _refuses_null(field: inspect.Field) -> bool:
    kinds = _kinds(field.type)
    nullable = any(isinstance(kind, inspect.NoneType | inspect.AnyType) for kind in kinds)
    has_default = field.default is not NODEFAULT or field.default_factory is not NODEFAULT
    return not nullable and not has_default


def _wrong_items(kind: inspect.ListType) -> Iterator[Wrong]:
    for wrong in _wrong(kind.item_type):
        yield wrong.within("1", [valid(kind.item_type), wrong.value])


def _wrong_members(kind: inspect.DictType) -> Iterator[Wrong]:
    if not isinstance(kind.value_type, inspect.AnyType):
        for wrong in _wrong(kind.value_type):
            yield wrong.within(IDENT, {IDENT: wrong.value})


def _wrong_texts(kind: inspect.StrType) -> list[Any]:
    too_long = ["x" * (kind.max_length + 1)] if kind.max_length else []
    blank = [" \t "] if kind.pattern else []
    return [[], {"a": 1}, True, NUL, *too_long, *blank]


def _wrong_numbers(kind: inspect.IntType) -> list[Any]:
    below = [kind.ge - 1] if kind.ge is not None else []
    above = 2**31 if kind.le is None else kind.le + 1
    return [[], {"a": 1}, True, "x", 2.5, "2.5", above, -(10**30), *below]


def _wrong_lists(kind: inspect.ListType) -> list[Any]:
    return [{"a": 1}, 5, True, "x", "[1", *([[]] if kind.min_length else ())]


def _wrong_floats(kind: inspect.FloatType) -> list[Any]:
    below = [kind.gt, "-1"] if kind.gt is not None else []
    return [[], {"a": 1}, True, "x", "NaN", "1e400", 10**400, *below]


IDS: Final = [[], {"id": IDENT}, 5, True, "x", f"{{{IDENT}}}", IDENT.replace("-", "")]
DATES: Final = [[], {"a": 1}, 5, True, "x", "2026-13-45", "0001-01-01T00:00:00+14:00"]
WRONG: Final[Mapping[type[Any], Callable[[Any], list[Any]]]] = {
    inspect.AnyType: lambda _: [NUL, DEEP],
    inspect.BoolType: lambda _: [[], {"a": 1}, "perhaps", 2],
    inspect.DateTimeType: lambda _: DATES,
    inspect.DateType: lambda _: DATES,
    inspect.DictType: lambda _: [[], 5, True, "x", {"a": NUL}, {"a": DEEP}],
    inspect.FloatType: _wrong_floats,
    inspect.IntType: _wrong_numbers,
    inspect.ListType: _wrong_lists,
    inspect.LiteralType: lambda _: [[], {"a": 1}, 5, True, "x"],
    inspect.StrType: _wrong_texts,
    inspect.StructType: lambda _: [[], 5, True, "x"],
    inspect.TypedDictType: lambda kind: [[], 5, {kind.fields[0].encode_name: [1]}],
    inspect.UUIDType: lambda _: IDS,
}
PARTS: Final[Mapping[type[Any], Callable[[Any], Iterator[Wrong]]]] = {
    inspect.DictType: _wrong_members,
    inspect.ListType: _wrong_items,
    inspect.StructType: _wrong_fields,
}
VALID: Final[Mapping[type[Any], Callable[[Any], Any]]] = {
    inspect.AnyType: lambda _: "x",
    inspect.BoolType: lambda _: True,
    inspect.DateTimeType: lambda _: "2026-01-05T10:00:00",
    inspect.DateType: lambda _: "2026-01-05",
    inspect.DictType: lambda _: {},
    inspect.FloatType: lambda _: 1.5,
    inspect.IntType: lambda kind: kind.ge or 1,
    inspect.ListType: lambda kind: [valid(kind.item_type)] if kind.min_length else [],
    inspect.LiteralType: lambda kind: kind.values[0],
    inspect.StrType: lambda _: "x",
    inspect.TypedDictType: lambda _: {},
    inspect.UUIDType: lambda _: IDENT,
}
