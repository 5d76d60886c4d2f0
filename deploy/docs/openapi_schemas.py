"""JSON schemas of rows, read off the columns of their tables."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from deploy.docs.declarations import first_line, title_of
from services.common.crud.resource import Resource
from services.common.json_types import JsonObject

ID: Final[JsonObject] = {"type": "string", "format": "uuid"}
TIME: Final[JsonObject] = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$",
    "description": "UTC, without saying so.",
}
REFUSAL: Final[JsonObject] = {
    "type": "object",
    "properties": {"error": {"type": "boolean"}, "message": {"type": "string"}},
}
#: The first that fits counts.
BY_COLUMN_TYPE: Final[tuple[tuple[type[Any], JsonObject], ...]] = (
    (ARRAY, {"type": "array", "items": {"type": "string"}}),
    (JSONB, {}),
    (sa.Uuid, ID),
    (sa.Boolean, {"type": "boolean"}),
    (sa.Integer, {"type": "integer"}),
    (sa.Float, {"type": "number"}),
    (sa.TIMESTAMP, TIME),
    (sa.Date, {"type": "string", "format": "date"}),
    (sa.String, {"type": "string"}),
)


def reference(resource: Resource) -> JsonObject:
    """Where the schema of a resource stands."""
    return {"$ref": f"#/components/schemas/{title_of(resource)}"}


def row_schema(resource: Resource) -> JsonObject:
    """A row as it is shown."""
    shown: JsonObject = {}
    for column in resource.fields:
        if column.name not in resource.hidden:
            shown[resource.renamed.get(column.name, column.name)] = _column_schema(column)
    for name, many in resource.lists.items():
        items = ID if many.writable else {"anyOf": [ID, {"type": "object"}]}
        shown[name] = {"type": "array", "items": items}
    shown["type"] = {"type": "string"}
    return {"type": "object", "description": first_line(resource.model), "properties": shown}


def _column_schema(column: sa.Column[object]) -> JsonObject:
    kinds = BY_COLUMN_TYPE
    found = dict(next(schema for kind, schema in kinds if isinstance(column.type, kind)))
    if (length := getattr(column.type, "length", None)) is not None:
        found["maxLength"] = length
    if choices := column.info.get("choices"):
        found["enum"] = [*choices, *([None] if column.nullable else [])]
    if column.nullable and "type" in found:
        found["type"] = [found["type"], "null"]
    return found


def page_schema(row: JsonObject) -> JsonObject:
    """What a list is when ``page`` is asked for."""
    numbers = ("total", "nb_pages", "limit", "offset", "page")
    return {
        "type": "object",
        "properties": {
            "data": {"type": "array", "items": row},
            **{name: {"type": "integer"} for name in numbers},
        },
        "required": ["data", *numbers],
    }
