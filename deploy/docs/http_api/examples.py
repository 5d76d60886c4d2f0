"""One example of each body and answer, made from the examples of its fields.

Ids are the same wherever they mean the same thing: the task that one example creates is the one
that others assign, comment on and delete.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final
from uuid import UUID

from services.common.json_types import Json, JsonObject

#: Whose id a field holds where its name tells otherwise.
MEANT: Final = {
    "assigner": "person",
    "assignees": "person",
    "author": "person",
    "created_by": "person",
    "editor": "person",
    "team": "person",
    "mentions": "person",
    "participants": "person",
    "object": "task",
    "ready_for": "task_type",
    "last_preview_file": "preview_file",
    "user": "person",
}
#: Values of types without an example.
PLAIN: Final[dict[str, Json]] = {
    "boolean": True,
    "integer": 1,
    "number": 1.0,
    "string": "text",
    "null": None,
}
FORMATS: Final = {"date": "2026-01-05", "date-time": "2026-01-05T10:00:00Z"}
#: Levels of objects in an example; deeper lists are empty, and optional fields left out.
DEEPEST: Final = 5


def id_of(thing: str) -> str:
    """The id that examples have for a thing: ``task``, ``task_id``, ``tasks``."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", thing).lower().removesuffix("_id")
    name = MEANT.get(name, name.removesuffix("s"))
    digest = hashlib.md5(name.encode(), usedforsecurity=False).digest()
    return str(UUID(bytes=digest, version=4))


class Examples:
    """Makes examples of schemas."""

    def __init__(self, components: JsonObject) -> None:
        self.components = components

    def of(self, schema: JsonObject, name: str = "", above: tuple[str, ...] = ()) -> Any:
        """An example of a schema; ``name`` is the field that holds it."""
        if "$ref" in schema:
            title = schema["$ref"].rpartition("/")[2]
            return self._of_object(self.components[title], title, (*above, title))
        if schema.get("format") == "uuid":
            return id_of(name)
        for key in ("examples", "enum"):
            if schema.get(key):
                return schema[key][0]
        if "anyOf" in schema:
            return self._of_choice(schema, name, above)
        return self._of_type(schema, name, above)

    def _of_choice(self, schema: JsonObject, name: str, above: tuple[str, ...]) -> Any:
        options = [one for one in schema["anyOf"] if one.get("type") != "null"]
        open_ones = [one for one in options if not self._closes(one, above)]
        # What holds itself ends with a null.
        return self.of(open_ones[0], name, above) if open_ones else None

    def _closes(self, schema: JsonObject, above: tuple[str, ...]) -> bool:
        """Whether a schema is one of those around it, or too deep."""
        title = str(schema.get("$ref", "")).rpartition("/")[2]
        return bool(title) and (title in above or len(above) >= DEEPEST)

    def _of_type(self, schema: JsonObject, name: str, above: tuple[str, ...]) -> Any:
        kind = schema.get("type")
        if isinstance(kind, list):  # null is the last
            kind = kind[0]
        if kind == "array":
            items = schema.get("items", {})
            return [] if self._closes(items, above) else [self.of(items, name, above)]
        if kind == "object":
            values = schema.get("additionalProperties")
            if not isinstance(values, dict) or self._closes(values, above):
                return {}
            return {id_of(name): self.of(values, name, above)}
        if "default" in schema:
            return schema["default"]
        if kind == "string" and name.endswith("_id"):  # or a word, in its place
            return id_of(name)
        return FORMATS.get(schema.get("format", "")) or PLAIN.get(str(kind), {})

    def _of_object(self, schema: JsonObject, title: str, above: tuple[str, ...]) -> Any:
        if "properties" not in schema:
            return self.of(schema, title, above)
        fields, required = schema["properties"], schema.get("required", ())
        kind = next(iter(fields.get("type", {}).get("examples", [])), title)
        return {
            name: id_of(kind) if name == "id" else self.of(field, name, above)
            for name, field in fields.items()
            if name in required or not self._closes(field, above)
        }
