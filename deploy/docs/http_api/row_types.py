"""The types of generic CRUD's rows, derived from the columns of their tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, cast, get_args, get_origin

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from deploy.docs.declarations import first_line, resources, title_of
from services.common.actor import Actor
from services.common.contracts.types import UNSET, Answer, Day, Id, Moment, RowOf, UnsetType, about
from services.common.crud.resource import Resource

#: The first matching type applies, so subclasses stand before their bases.
BY_COLUMN_TYPE: Final[tuple[tuple[type[Any], Any], ...]] = (
    (ARRAY, list[str]),
    (JSONB, Any),
    (sa.JSON, Any),
    (sa.Uuid, Id),
    (sa.Boolean, bool),
    (sa.Integer, int),
    (sa.Float, float),
    (sa.TIMESTAMP, Moment),
    (sa.Date, Day),
    (sa.String, str),
)
#: Who sees least of a row.
ANYBODY: Final = Actor(role="client")


def filled_in(kind: Any) -> Any:
    """A declared type with the columns of the rows (``RowOf``) that it holds, at any depth."""
    if isinstance(kind, type) and issubclass(kind, Answer):
        return _filled_in(kind)
    arguments = get_args(kind)
    if get_origin(kind) is Annotated:
        return Annotated[filled_in(arguments[0]), *arguments[1:]]
    if isinstance(kind, UnionType) or get_origin(kind) is Union:
        return Union[tuple(filled_in(one) for one in arguments)]  # noqa: UP007 - made of a tuple
    if get_origin(kind) in {list, dict} or isinstance(get_origin(kind), type):
        return get_origin(kind)[tuple(map(filled_in, arguments))]
    return kind


@cache
def _filled_in(kind: type[Answer]) -> type[Answer]:
    own = list(msgspec.structs.fields(kind))  # of a subclass of ``Page[…]``, with its rows' type
    filled = {one.name: filled_in(one.type) for one in own}
    if not issubclass(kind, RowOf) and all(filled[one.name] == one.type for one in own):
        return kind
    fields = [
        (one.name, filled[one.name]) if one.required else (one.name, filled[one.name], UNSET)
        for one in own
    ]
    if issubclass(kind, RowOf):
        columns = row_type(resources()[kind.resource])
        known = {*filled, *kind.without}
        fields = [*(one for one in fields_of(columns) if one[0] not in known), *fields]
    return struct(kind.__name__, fields, {"__doc__": kind.__doc__})


def fields_of(kind: type[Answer]) -> list[Any]:
    """The fields of a type, as ``struct`` takes them."""
    return [
        (one.name, one.type) if one.required else (one.name, one.type, UNSET)
        for one in msgspec.structs.fields(kind)
    ]


@cache
def row_type(resource: Resource) -> type[Answer]:
    """The type of a row; what not everybody sees, or not every answer has, may be absent."""
    always = resource.visible(ANYBODY, False)  # noqa: FBT003
    masked = _masked_to_null(resource)
    fields: dict[str, Any] = {}
    for column in resource.fields:
        name = resource.renamed.get(column.name, column.name)
        if column.name not in resource.hidden:
            declared = _type_of(column) | None if name in masked else _type_of(column)
            fields[name] = declared if always is None or name in always else _optional(declared)
    for name, expression in {**resource.virtual, **resource.single}.items():
        fields[name] = _optional(_by_type(expression.type) | None)
    for name, many in resource.lists.items():
        items = Id if many.writable else Id | dict[str, Any]
        fields[name] = list[items] | UnsetType  # type: ignore[valid-type]
    for name, declared in resource.rules.adds.items():
        fields[name] = _optional(declared)
    fields["type"] = Annotated[str, about("The kind of the row.", title_of(resource))]
    required = [(name, kind) for name, kind in fields.items() if not _may_be_absent(kind)]
    optional = [(name, kind, UNSET) for name, kind in fields.items() if _may_be_absent(kind)]
    own = {"__doc__": first_line(resource.model)}
    return struct(title_of(resource), [*required, *optional], own)


def struct(name: str, fields: Sequence[Any], own: dict[str, Any] | None = None) -> type[Answer]:
    """An answer with these fields, each ``(name, type)`` or ``(name, type, default)``."""
    made = msgspec.defstruct(name, fields, bases=(Answer,), namespace=own, kw_only=True)
    return cast("type[Answer]", made)


def _masked_to_null(resource: Resource) -> frozenset[str]:
    """The columns that are null to some, whatever they hold."""
    masks = resource.policy.masks.values() if resource.policy else ()
    return frozenset(name for mask in masks for name, value in mask.values.items() if value is None)


def _optional(declared: Any) -> Any:
    return declared | UnsetType


def _may_be_absent(declared: Any) -> bool:
    return UnsetType in getattr(declared, "__args__", ())


def _type_of(column: sa.Column[Any]) -> Any:
    choices = column.info.get("choices")
    declared = Literal[tuple(choices)] if choices else _by_type(column.type)
    return declared | None if column.nullable else declared


def _by_type(kind: Any) -> Any:
    return next((declared for base, declared in BY_COLUMN_TYPE if isinstance(kind, base)), Any)
