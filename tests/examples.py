"""Answers made from their declared types, for fakes of the services that give them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from msgspec import inspect

from deploy.docs.http_api.row_types import filled_in
from services.common.contracts.types import Answer

NOBODY: Final = "00000000-0000-0000-0000-000000000000"


def example(kind: type[Answer], **own: Any) -> dict[str, Any]:
    """An answer with these fields, and the required others at their least: null, zero, empty."""
    declared = cast("inspect.StructType", inspect.type_info(filled_in(kind)))
    least = {field.encode_name: _least(field.type) for field in declared.fields if field.required}
    return {**least, **own}


def _least(kind: inspect.Type) -> Any:
    if isinstance(kind, inspect.Metadata):
        return _least(kind.type)
    if isinstance(kind, inspect.UnionType):
        nullable = any(isinstance(one, inspect.NoneType) for one in kind.types)
        return None if nullable else _least(kind.types[0])
    return LEAST[type(kind)](kind)


LEAST: Final[Mapping[type[Any], Callable[[Any], Any]]] = {
    inspect.AnyType: lambda _: None,
    inspect.BoolType: lambda _: False,
    inspect.DateTimeType: lambda _: "2026-01-05T10:00:00",
    inspect.DateType: lambda _: "2026-01-05",
    inspect.DictType: lambda _: {},
    inspect.FloatType: lambda _: 0.0,
    inspect.IntType: lambda kind: kind.ge or 0,
    inspect.ListType: lambda _: [],
    inspect.LiteralType: lambda kind: kind.values[0],
    inspect.StrType: lambda _: "",
    inspect.StructType: lambda kind: example(kind.cls),
    inspect.UUIDType: lambda _: NOBODY,
}
