"""What a route takes and answers: the types in its table, or the rows of generic CRUD."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import msgspec

from deploy.docs.declarations import resource_of, resources
from deploy.docs.http_api.body_types import create_type, update_type
from deploy.docs.http_api.row_types import filled_in, row_type, struct
from gateway.routes.table import Route
from services.common.contracts.types import UNSET, Answer, Page, UnsetType


def answer_type(route: Route, *, partial: bool = False) -> Any:
    """The type of a route's JSON; None where it answers none, or none is declared.

    ``partial`` is for lists of chosen ``fields``: then each may be absent.
    """
    resource = resource_of(route, resources())
    if resource is None or route.function not in CRUD:
        return filled_in(route.returns)
    row = row_type(resource)
    if route.function != "list_rows":
        return None if route.function == "delete_row" else row
    if partial:
        row = _partial(row)
    return list[row] | Page[row]  # type: ignore[valid-type]


CRUD: Final = frozenset({"list_rows", "read_row", "create_row", "update_row", "delete_row"})


def body_type(route: Route) -> Any:
    """The type of a route's body; None where it takes none, or nothing is declared."""
    resource = resource_of(route, resources())
    make = WRITES.get(route.function)
    return route.takes if resource is None or make is None else make(resource)


WRITES: Final = {"create_row": create_type, "update_row": update_type}


@cache
def _partial(row: type[Answer]) -> type[Answer]:
    fields = [(f.name, f.type | UnsetType, UNSET) for f in msgspec.structs.fields(row)]
    return struct(f"Some{row.__name__}", fields)
