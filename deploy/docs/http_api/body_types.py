"""The types of generic CRUD's bodies, derived from the columns of their tables."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Final

import sqlalchemy as sa

from deploy.docs.declarations import title_of
from deploy.docs.http_api.row_types import column_type, examples_of, list_sentence, struct
from services.common.actor import Actor
from services.common.contracts.types import UNSET, Answer, Id, UnsetType, about
from services.common.crud.resource import Resource
from services.common.crud.validation import INT_RANGE, SET_BY_US, default_of
from services.common.errors import ServiceError

#: Who may change most of a row.
ADMIN: Final = Actor(role="admin")
#: Fields that no column holds (``Resource.extra_body``).
EXTRA: Final = {
    "password": Annotated[str, about("The password to log in with.", "mypassword")],
    "project_template_id": Annotated[Id, about("The template that its settings are taken from.")],
}


@cache
def create_type(resource: Resource) -> type[Answer]:
    """The type of the body that makes a row: a null counts as absent, a default is taken then."""
    title, filled = title_of(resource), _filled(resource)
    fields: list[Any] = []
    for column in _written(resource, resource.owned):
        absent = column.nullable or column.name in filled or default_of(column) is not None
        declared = _written_type(column)
        if absent:
            fields.append((column.name, _about(column, declared | None | UnsetType), UNSET))
        else:
            fields.append((column.name, _about(column, declared)))
    fields += [(n, EXTRA[n] | None | UnsetType, UNSET) for n in sorted(resource.extra_body)]
    fields += _lists(resource, frozenset())
    return struct(f"Create{title}", fields, {"__doc__": f"A new row: {title}."})


@cache
def update_type(resource: Resource) -> type[Answer]:
    """The type of the body that changes a row: what is absent stays as it is."""
    title, fixed = title_of(resource), resource.fixed_for(ADMIN)
    fields: list[Any] = []
    for column in _written(resource, fixed):
        declared = _written_type(column)
        declared = declared | None if column.nullable else declared
        fields.append((column.name, _about(column, declared | UnsetType), UNSET))
    fields += _lists(resource, fixed)
    return struct(f"Update{title}", fields, {"__doc__": f"What changes in a row: {title}."})


def _written(resource: Resource, refused: frozenset[str]) -> list[sa.Column[Any]]:
    """The columns that clients set."""
    kept = SET_BY_US | resource.hidden | refused
    return [column for column in resource.fields if column.name not in kept]


def _filled(resource: Resource) -> frozenset[str]:
    """What the resource's rules put in where a body leaves it out."""
    try:
        return frozenset(resource.rules.rewrite({}))
    except ServiceError:
        return frozenset()


def _written_type(column: sa.Column[Any]) -> Any:
    """The type of a column's values in a body, with the limits that are checked."""
    declared, limits = column_type(column), {}
    if declared is str and getattr(column.type, "length", None):
        limits = {"max_length": column.type.length}  # type: ignore[attr-defined]
    elif declared is int:
        bound = next(bound for kind, bound in INT_RANGE.items() if isinstance(column.type, kind))
        limits = {"gt": -bound, "lt": bound} if bound < SAFE else {}
    return Annotated[declared, about(column.doc or "", **limits)] if limits else declared


#: The bound of the integers that JSON keeps exact everywhere.
SAFE: Final = 2**53


def _about(column: sa.Column[Any], declared: Any) -> Any:
    return Annotated[declared, about(column.doc or "", *examples_of(column))]


def _lists(resource: Resource, fixed: frozenset[str]) -> list[Any]:
    return [
        (name, Annotated[list[Id] | UnsetType, about(list_sentence(resource, name))], UNSET)
        for name in sorted(resource.writable_lists - fixed)
    ]
