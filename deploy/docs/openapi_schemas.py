"""JSON schemas of rows, derived from the columns of their tables."""

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
    "description": "UTC, without a time zone suffix.",
}
REFUSAL: Final[JsonObject] = {
    "type": "object",
    "properties": {"error": {"type": "boolean"}, "message": {"type": "string"}},
}
#: The first matching type applies, so subclasses stand before their bases.
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
    """A reference to the schema of a resource."""
    return {"$ref": f"#/components/schemas/{title_of(resource)}"}


def row_schema(resource: Resource) -> JsonObject:
    """The schema of a row as the API returns it."""
    properties: JsonObject = {}
    for column in resource.fields:
        if column.name not in resource.hidden:
            properties[resource.renamed.get(column.name, column.name)] = _column_schema(column)
    for name, many in resource.lists.items():
        items = ID if many.writable else {"anyOf": [ID, {"type": "object"}]}
        properties[name] = {"type": "array", "items": items}
    properties["type"] = {"type": "string"}
    return {"type": "object", "description": first_line(resource.model), "properties": properties}


def _column_schema(column: sa.Column[object]) -> JsonObject:
    kinds = BY_COLUMN_TYPE
    schema = dict(next(schema for kind, schema in kinds if isinstance(column.type, kind)))
    if (length := getattr(column.type, "length", None)) is not None:
        schema["maxLength"] = length
    if choices := column.info.get("choices"):
        schema["enum"] = [*choices, *([None] if column.nullable else [])]
    if column.nullable and "type" in schema:
        schema["type"] = [schema["type"], "null"]
    return schema


def page_schema(row: JsonObject) -> JsonObject:
    """The schema of a list with the parameter ``page``."""
    numbers = ("total", "nb_pages", "limit", "offset", "page")
    return {
        "type": "object",
        "properties": {
            "data": {"type": "array", "items": row},
            **{name: {"type": "integer"} for name in numbers},
        },
        "required": ["data", *numbers],
    }
