"""JSON schemas of bodies, queries and answers, from their declared types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from services.common.json_types import JsonObject

TEMPLATE: Final = "#/components/schemas/{name}"
#: What a field tells of its alternatives, so that they needn't repeat it.
TOLD_ONCE: Final = ("description", "examples")


class Schemas:
    """The schemas of all types that the routes name."""

    def __init__(self, types: Iterable[Any]) -> None:
        kinds = list(dict.fromkeys(types))
        found, components = msgspec.json.schema_components(kinds, ref_template=TEMPLATE)
        self._by_type = dict(zip(kinds, map(_tidied, found), strict=True))
        self.components: JsonObject = {
            name: _tidied(schema) for name, schema in sorted(components.items())
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


def _tidied(schema: Any) -> Any:
    """The schema without its refusal of other fields, and with each sentence once.

    Releases add fields to answers, and what clients send besides is ignored.
    """
    if isinstance(schema, list):
        return [_tidied(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    result = {k: _tidied(v) for k, v in schema.items() if (k, v) != ("additionalProperties", False)}
    if result.get("type") == "array":
        result.setdefault("items", {"description": "Free JSON."})
    if isinstance(sentence := result.get("description"), str):
        result["description"] = sentence.replace("``", "`")
    options = result.get("anyOf")
    if isinstance(options, list):
        _tell_once(result, options)
    return result


def _tell_once(schema: JsonObject, options: list[JsonObject]) -> None:
    """Take sentences and examples from the alternatives to what holds them."""
    for key in TOLD_ONCE:
        found = [option.pop(key) for option in options if key in option]
        if found and key not in schema and not isinstance(schema.get(key), dict):
            schema[key] = found[0]
