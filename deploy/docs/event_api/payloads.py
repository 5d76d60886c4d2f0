"""Payloads of events: their JSON schemas, and an example of each."""

from __future__ import annotations

from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

import msgspec

from deploy.docs.declarations import payload_fields, registries
from deploy.docs.http_api.examples import Examples, id_of
from deploy.docs.http_api.row_types import examples_of
from services.common.contracts import Event
from services.common.json_types import Json, JsonObject

#: The things that an event in full names, by the field of the payload that holds the id.
ABOUT: Final = {
    "project_id": "project",
    "entity_id": "entity",
    "asset_id": "entity",
    "shot_id": "entity",
    "sequence_id": "entity",
    "episode_id": "entity",
    "edit_id": "entity",
    "task_id": "task",
    "person_id": "person",
}
#: What is told of a thing besides its id.
NAMES: Final[dict[str, dict[str, Any]]] = {
    "project": {"name": "Lighthouse"},
    "entity": {"name": "P01", "kind": "Shot", "path": "E01 / S01 / P01"},
    "task": {"name": "main"},
    "person": {"full_name": "Ema Doe"},
}


def payload_schema(cls: type[Event]) -> JsonObject:
    """The JSON schema of an event's payload."""
    schema: JsonObject = msgspec.json.schema_components([cls])[1][cls.__name__]
    hints = get_type_hints(cls, include_extras=True)
    told = payload_fields(cls)
    schema["properties"] = {name: schema["properties"][name] for name in told}
    for name, field in schema["properties"].items():
        if sentence := _sentence(name, hints[name]):
            field["description"] = sentence
    return schema


def _sentence(name: str, declared: Any) -> str:
    """What a field means: an id, by its name; and what its declaration says of it."""
    told = get_args(declared)[-1] if get_origin(declared) is Annotated else ""
    for ending, words in (("_ids", "The ids of the {}s"), ("_id", "The id of the {}")):
        if name.endswith(ending):
            meaning = words.format(name.removesuffix(ending).replace("_", " "))
            return f"{meaning}: {told}." if told else f"{meaning}."
    return f"{told[0].upper()}{told[1:]}." if told else ""


def payload_example(cls: type[Event]) -> JsonObject:
    """A payload: the same ids as in the examples of the HTTP API."""
    fields = payload_schema(cls)["properties"]
    examples = Examples({})
    return {name: examples.of(field, name) for name, field in fields.items()}


def changes_example(cls: type[Event]) -> JsonObject:
    """What changed, of a row that generic CRUD changes; nothing of others."""
    subject, _, verb = cls.event_name.partition(":")
    field, value = _first_value(subject)
    sides = {"new": (None, value), "update": (value, _changed(value)), "delete": (value, None)}
    if not field or verb not in sides:
        return {}
    before, after = sides[verb]
    return {field: {"before": before, "after": after}}


def _first_value(subject: str) -> tuple[str, Json]:
    """A field of the rows that such events are about, with the example of its column."""
    for resource in filter(None, (registry.of_subject(subject) for registry in registries())):
        for column in resource.table.c:
            if (found := examples_of(column)) and not column.name.endswith("id"):
                return column.name, found[0]
    return "", None


def _changed(value: Json) -> Json:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value} 2" if isinstance(value, str) else None


def about_example(payload: JsonObject) -> JsonObject:
    """The names of the things whose ids are in a payload."""
    things = {thing: id_of(thing) for name, thing in ABOUT.items() if name in payload}
    return {thing: {"id": ident, **NAMES[thing]} for thing, ident in things.items()}
