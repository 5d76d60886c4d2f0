"""The parameters of operations: of paths, of queries, of headers."""

from __future__ import annotations

import copy
import re
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from deploy.docs.http_api.operations import singular, words
from deploy.docs.http_api.row_types import column_type, list_sentence
from deploy.docs.http_api.schemas import Schemas
from gateway.routes.table import Route
from services.common.contracts.types import Day, DeletionQuery, Query, about
from services.common.crud.resource import Resource
from services.common.json_types import JsonObject

#: Parameters of paths that are no ids.
IN_PATHS: Final = {
    "day": Annotated[Day, about("The day.", "2026-01-05")],
    "year": Annotated[int, about("The year.", 2026, ge=1, le=9999)],
    "month": Annotated[int, about("The month, from 1 to 12.", 1, ge=1, le=12)],
    "day_of_month": Annotated[int, about("The day of the month.", 5, ge=1, le=31)],
    "week": Annotated[int, about("The week of ISO 8601, from 1.", 2, ge=1, le=53)],
    "kind": Annotated[str, about("The kind of entities: a type's name, or as here.", "shots")],
    "name": Annotated[str, about("The file's name; what counts is the id.", "notes.pdf")],
    "field_name": Annotated[str, about("The key of a column.", "weather")],
    "file": Annotated[
        str, about("The id, with an extension.", "9a4f1f0e-3c5b-4d0e-8f6a-2f1f4a1c7b10.png")
    ],
}
#: Names of what ids in paths are of, where the parameter tells it badly.
THINGS: Final = {"temporal": "shot or scene", "instance": "asset instance"}
#: Ids that may be a word: ``all`` or ``main``.
WORDS: Final = {
    "/data/projects/{project_id}/episodes/{episode_id}/assets/shared-used": "`all` or `main`"
}
IDEMPOTENCY_KEY: Final[JsonObject] = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "maxLength": 200},
    "description": "Requests with the same key and body are executed once and get the same answer.",
    "example": "create-lantern-1",
}


def of_route(route: Route, resource: Resource | None, schemas: Schemas) -> list[JsonObject]:
    """All parameters of an operation."""
    shared = [{"$ref": "#/components/parameters/IdempotencyKey"}] if route.method == "POST" else []
    return [*_of_path(route), *_of_query(route, resource, schemas), *shared]


def _of_path(route: Route) -> list[JsonObject]:
    return [
        _parameter(name, "path", schema_of(_kind(route, name)))
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]


def _kind(route: Route, name: str) -> Any:
    """The type of a path's parameter. Raises KeyError for a name that nobody told of."""
    if name != "ident" and not name.endswith("_id"):
        return IN_PATHS[name]
    before = route.path.partition(f"/{{{name}}}")[0].rpartition("/")[2]
    thing = singular(words(before)) if name == "ident" else name.removesuffix("_id")
    thing = THINGS.get(thing, thing.replace("_", " "))
    if route.path in WORDS and name == "episode_id":
        return Annotated[str, about(f"The id of the {thing}, or {WORDS[route.path]}.", "all")]
    return Annotated[UUID, about(f"The id of the {thing}.")]


def _of_query(route: Route, resource: Resource | None, schemas: Schemas) -> list[JsonObject]:
    kind = query_type(route, resource)
    if kind is None:
        return []
    fields = schemas.fields_of(kind)
    required = fields.get("required", ())
    found = [
        _parameter(name, "query", schema, required=name in required)
        for name, schema in copy.deepcopy(fields["properties"]).items()
    ]
    if resource is None or route.function != "list_rows":
        return found
    columns = _filters(resource).items()
    return found + [
        _parameter(name, "query", schema_of(one), required=False) for name, one in columns
    ]


def query_type(route: Route, resource: Resource | None) -> type[Query] | None:
    """The type of a route's query; that of generic CRUD is its resource's."""
    if isinstance(route.query, type):
        declared: type[Query] = route.query
        return declared
    if resource is None or not route.query:
        return None
    kinds: dict[str, type[Query]] = {
        "list_rows": resource.list_query,
        "read_row": resource.row_query,
        "delete_row": DeletionQuery,
    }
    return kinds[route.function]


def _filters(resource: Resource) -> dict[str, Any]:
    """The filters of a list: columns, and the to-many lists that shall hold an id."""
    # A hidden column can't be filtered by either: answers would reveal its values.
    columns = [column for column in resource.fields if column.name not in resource.hidden]
    filters: dict[str, Any] = {}
    for column in columns:
        kind = column_type(column)
        plain = kind if kind in {UUID, bool, int, float} else str
        filters[column.name] = Annotated[plain, about(f"Only rows with this: {column.doc}")]
    for name in resource.lists:
        sentence = f"Only rows that hold this id: {list_sentence(resource, name)}"
        filters[name] = Annotated[UUID, about(sentence)]
    return filters


def _parameter(name: str, place: str, schema: JsonObject, *, required: bool = True) -> JsonObject:
    description = schema.pop("description", "")
    result: JsonObject = {"name": name, "in": place, "description": description, "schema": schema}
    if required:
        result["required"] = True
    return result


def schema_of(kind: Any) -> JsonObject:
    """The JSON schema of a type that is no object."""
    schema: JsonObject = msgspec.json.schema(kind)
    return schema
