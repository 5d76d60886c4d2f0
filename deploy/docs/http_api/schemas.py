"""JSON schemas of bodies, queries and answers, from their declared types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

import msgspec

from services.common.json_types import JsonObject

TEMPLATE: Final = "#/components/schemas/{name}"
#: The sentence of an id of which its field tells no more.
OF_ROW: Final = "The id of a row."
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
        for struct in _structs(kinds):
            self._tell_outermost(struct)

    def _tell_outermost(self, struct: type[msgspec.Struct]) -> None:
        """Give fields their own sentences: msgspec gives ``Id | UnsetType`` that of ``Id``."""
        fields = self.components.get(struct.__name__, {}).get("properties", {})
        for name, declared in get_type_hints(struct, include_extras=True).items():
            if name in fields and get_origin(declared) is Annotated:
                told = get_args(declared)[-1]
                fields[name]["description"] = (told.description or "").replace("``", "`")
                if told.examples:
                    fields[name]["examples"] = told.examples
        for name, field in fields.items():
            if name.endswith("_id") and field.get("description") == OF_ROW:
                thing = name.removesuffix("_id").replace("_", " ")
                field["description"] = f"The id of the {thing}."

    def of(self, kind: Any) -> JsonObject:
        """The schema of a type."""
        schema: JsonObject = self._by_type[kind]
        return schema

    def fields_of(self, kind: Any) -> JsonObject:
        """The schemas of an object's fields, and of those that it must have: ``required``."""
        name = self.of(kind)["$ref"].rpartition("/")[2]
        schema: JsonObject = self.components[name]
        return schema


def _structs(kinds: Iterable[Any]) -> set[type[msgspec.Struct]]:
    """All structs that types name, at any depth."""
    found: set[type[msgspec.Struct]] = set()
    waiting = list(kinds)
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind not in found:
            found.add(kind)
            waiting += get_type_hints(kind, include_extras=True).values()
        waiting += get_args(kind)
    return found


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
    if isinstance(choices := result.get("enum"), list) and all(isinstance(c, str) for c in choices):
        result.setdefault("type", "string")
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
        if found and key not in schema:
            schema[key] = found[0]
    kinds = [option for option in options if option != {"type": "null"}]
    if len(kinds) == len(options) - 1 == 1 and kinds[0].keys() & {"type", "enum"} == {"type"}:
        # In fewer words, which documentation pages read faster.
        del schema["anyOf"]
        schema |= {**kinds[0], "type": [kinds[0]["type"], "null"]}
