"""The types of generic CRUD's rows, derived from the columns of their tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, cast, get_args, get_origin
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from deploy.docs.declarations import first_line, resources, title_of
from services.common.actor import Actor
from services.common.contracts.types import UNSET, Answer, Day, Id, Moment, RowOf, UnsetType, about
from services.common.crud.resource import Resource

#: The first matching type applies, so subclasses stand before their bases.
BY_COLUMN_TYPE: Final[tuple[tuple[type[Any], Any], ...]] = (
    (ARRAY, list[str]),
    (sa.Uuid, UUID),
    (sa.Boolean, bool),
    (sa.Integer, int),
    (sa.Float, float),
    (sa.TIMESTAMP, Moment),
    (sa.Date, Day),
    (sa.String, str),
)
#: The shapes of JSON columns that every row has.
PLAIN_SHAPES: Final = (dict[str, Any], list[str], list[str | int | float], list[Any])
#: What the fields hold that SQL computes.
COMPUTED: Final = {
    "full_name": about("Both names.", "Ema Doe"),
    "project_status_name": about("The name of its status.", "Open"),
}
#: The resources of the rows that a field embeds.
EMBEDDED: Final = {
    "comment": "comments",
    "chat_message": "chat-messages",
    "source_file": "working-files",
}
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
            declared = column_type(column)
            absent = column.nullable and not column.info.get("for_null")
            declared = declared | None if absent or name in masked else declared
            sure = (always is None or name in always) and name not in resource.rules.adds
            fields[name] = _described(column, declared if sure else declared | UnsetType)
    for name in (*resource.virtual, *resource.single):
        fields[name] = computed(name) | UnsetType
    for name in resource.lists:
        fields[name] = Annotated[list[Id] | UnsetType, about(list_sentence(resource, name))]
    for name, declared in resource.rules.adds.items():
        sentences = get_args(fields[name])[1:] if name in fields else ()
        added = declared | UnsetType
        fields[name] = Annotated[added, *sentences] if sentences else added
    fields["type"] = Annotated[str, about("The kind of the row.", title_of(resource))]
    required = [(name, kind) for name, kind in fields.items() if not may_be_absent(kind)]
    optional = [(name, kind, UNSET) for name, kind in fields.items() if may_be_absent(kind)]
    own = {"__doc__": first_line(resource.model)}
    return struct(title_of(resource), [*required, *optional], own)


def computed(name: str) -> Any:
    """The type of a field that SQL computes: a text, or the row that it embeds, if there is one."""
    if name in EMBEDDED:
        return row_type(resources()[EMBEDDED[name]]) | None
    return Annotated[str | None, COMPUTED[name]]


def list_sentence(resource: Resource, name: str) -> str:
    """What a to-many list holds."""
    return resource.lists[name].doc or f"The ids of its {name.replace('_', ' ')}."


def struct(name: str, fields: Sequence[Any], own: dict[str, Any] | None = None) -> type[Answer]:
    """An answer with these fields, each ``(name, type)`` or ``(name, type, default)``."""
    made = msgspec.defstruct(name, fields, bases=(Answer,), namespace=own, kw_only=True)
    return cast("type[Answer]", made)


def _masked_to_null(resource: Resource) -> frozenset[str]:
    """The columns that are null to some, whatever they hold."""
    masks = resource.policy.masks.values() if resource.policy else ()
    return frozenset(name for mask in masks for name, value in mask.values.items() if value is None)


def may_be_absent(declared: Any) -> bool:
    """Whether a field with this type may be missing."""
    if get_origin(declared) is Annotated:
        return may_be_absent(get_args(declared)[0])
    return UnsetType in get_args(declared)


def _described(column: sa.Column[Any], declared: Any) -> Any:
    """A type with the column's sentence and example."""
    return Annotated[declared, about(column.doc or "", *examples_of(column))]


def examples_of(column: sa.Column[Any]) -> list[Any]:
    """The column's example, or its default where that tells something."""
    example = column.info.get("example")
    if example is None and column.default is not None and column.default.is_scalar:
        example = column.default.arg  # type: ignore[attr-defined]
    return [] if example is None else [example]


def column_type(column: sa.Column[Any]) -> Any:
    """The type of a column's values other than null."""
    if choices := column.info.get("choices"):
        return Literal[tuple(choices)]
    shape = column.info.get("shape")
    if shape is not None:
        # Members of what an import kept may have further keys, or lack some.
        if shape in PLAIN_SHAPES:
            return shape
        kind: object = get_origin(shape)
        return dict[str, Any] if kind is dict else list[dict[str, Any]]
    kinds = (declared for base, declared in BY_COLUMN_TYPE if isinstance(column.type, base))
    return next(kinds)
