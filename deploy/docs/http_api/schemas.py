"""JSON schemas of bodies, queries and answers, from their declared types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from services.common.json_types import JsonObject

TEMPLATE: Final = "#/components/schemas/{name}"
REFUSAL: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "error": {
            "type": ["boolean", "string"],
            "description": "True; the sentence itself where a route assigns somebody unknown.",
        },
        "message": {"type": "string", "description": "What is wrong, in a sentence."},
    },
}


class Schemas:
    """The schemas of all types that the routes name."""

    def __init__(self, types: Iterable[Any]) -> None:
        kinds = list(dict.fromkeys(types))
        found, components = msgspec.json.schema_components(kinds, ref_template=TEMPLATE)
        self._by_type = dict(zip(kinds, map(_open, found), strict=True))
        self.components: JsonObject = {
            name: _open(schema) for name, schema in sorted(components.items())
        }

    def of(self, kind: Any) -> JsonObject:
        """The schema of a type."""
        schema: JsonObject = self._by_type[kind]
        return schema

    def fields_of(self, kind: Any) -> JsonObject:
        """The schemas of an object's fields, and of those that it must have: ``required``."""
        name = self.of(kind)["$ref"].rpartition("/")[2]
        schema: JsonObject = self.components[name]
        return schema


def _open(schema: Any) -> Any:
    """The schema without its refusal of other fields: releases add fields to answers."""
    if isinstance(schema, dict):
        return {k: _open(v) for k, v in schema.items() if (k, v) != ("additionalProperties", False)}
    return [_open(one) for one in schema] if isinstance(schema, list) else schema
