"""The public interface of a release: one line per route, event and type of an object.

``make snapshot`` writes ``deploy/releases/<version>.json`` from the description of the API and the
event catalogue; a test compares both with the newest snapshot (``breaking_changes``).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from deploy.docs.breaking_changes import (
    PARAMETER,
    Fields,
    RoutePromise,
    Snapshot,
    WayPromise,
    breaking_changes,
)
from deploy.docs.declarations import events
from deploy.docs.event_api.asyncapi import Way, ways
from deploy.docs.event_api.messages import ALL_HEADERS, FULL, SEVERAL, by_key
from deploy.docs.event_api.payloads import payload_schema
from deploy.docs.http_api.openapi import openapi
from gateway.health import VERSION
from gateway.routes import ROUTES
from services.common.json_types import JsonObject

RELEASES: Final = Path(__file__).parents[1] / "releases"


def present() -> Snapshot:
    """The snapshot of the code as it is now."""
    described = openapi()
    operations = described["paths"]
    schemas, routes = described["components"]["schemas"], {}
    bodies, answers = set[str](), set[str]()
    names = {_nameless(path): path for path in operations}
    for route in ROUTES:
        operation = operations[names[_nameless(route.path)]][route.method.lower()]
        body = _json_schema(operation.get("requestBody", {}))
        answer = _json_schema(operation["responses"][str(route.status)])
        bodies |= _named(body, schemas)
        answers |= _named(answer, schemas)
        routes[f"{route.method} {route.path}"] = RoutePromise(
            access=route.access.name.lower(),
            status=route.status,
            name=operation["operationId"],
            query=_query_of(operation),
            body=spelled(body) if body else None,
            answer=spelled(answer) if answer else None,
        )
    return Snapshot(
        VERSION,
        routes,
        events={cls.event_name: fields_of(payload_schema(cls)) for cls in events()},
        bodies={name: fields_of(schemas[name]) for name in bodies},
        answers={name: fields_of(schemas[name]) for name in answers},
        ways={name: _way(way) for name, way in ways().items()},
        headers={name: fields_of(schema) for name, schema in ALL_HEADERS.items()},
    )


def _way(way: Way) -> WayPromise:
    kept = by_key()
    places = [way.method, f"{way.server}:", way.exchange, way.address]
    names = {kept[key.removesuffix(FULL)].event_name for key in way.messages if key != SEVERAL}
    return WayPromise(" ".join(filter(None, places)), sorted(names))


def _nameless(path: str) -> str:
    return PARAMETER.sub("{}", path)


def _json_schema(content: JsonObject) -> JsonObject:
    """The schema of the JSON that is sent or answered; empty where that is none."""
    schema: JsonObject = content.get("content", {}).get("application/json", {}).get("schema", {})
    return schema


def _query_of(operation: JsonObject) -> Fields:
    """The parameters of an operation's query."""
    query = [one for one in operation["parameters"] if one.get("in") == "query"]
    return fields_of(
        {
            "properties": {one["name"]: one["schema"] for one in query},
            "required": [one["name"] for one in query if one.get("required")],
        }
    )


def _named(schema: JsonObject, schemas: JsonObject) -> set[str]:
    """The named objects that a schema refers to, at any depth."""
    found: set[str] = set()
    waiting: list[Any] = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            name = str(part.get("$ref", "")).rpartition("/")[2]
            if name and name not in found:
                found.add(name)
                waiting.append(schemas[name])
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    return {name for name in found if "properties" in schemas[name]}


def fields_of(schema: JsonObject) -> Fields:
    """The fields of an object's JSON schema, by name."""
    required = schema.get("required", ())
    types = {name: spelled(field) for name, field in sorted(schema["properties"].items())}
    return Fields(
        required={name: kind for name, kind in types.items() if name in required},
        optional={name: kind for name, kind in types.items() if name not in required},
    )


def spelled(schema: JsonObject) -> str:
    """A JSON schema in words: ``uuid or null``, ``array of integer``."""
    if "anyOf" in schema:
        kinds = [spelled(option) for option in schema["anyOf"]]
        return " or ".join(sorted(kinds, key=lambda kind: (kind == "null", kind)))
    if "enum" in schema:
        return "one of " + ", ".join(sorted(map(str, schema["enum"])))
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    kind = schema.get("type")
    if isinstance(kind, list):
        return f"{spelled({**schema, 'type': kind[0]})} or null"
    members = schema.get("items" if kind == "array" else "additionalProperties")
    if isinstance(members, dict):
        return f"{kind} of {spelled(members)}"
    return str(schema.get("format") or kind or "anything")


def newest(folder: Path = RELEASES) -> Snapshot:
    """The snapshot of the last release."""
    snapshots = [
        msgspec.json.decode(path.read_bytes(), type=Snapshot) for path in folder.glob("*.json")
    ]
    return max(snapshots, key=lambda snapshot: [int(n) for n in snapshot.release.split(".")])


def text_of(snapshot: Snapshot) -> str:
    """The file's text: one line per route, event and type, sorted, so that diffs stay small."""
    parts = [f'"release": {_json(snapshot.release)}']
    for name in ("routes", "events", "bodies", "answers", "ways", "headers"):
        promises = sorted(getattr(snapshot, name).items())
        lines = ",\n".join(f"  {_json(one)}: {_json(promise)}" for one, promise in promises)
        parts.append(f'"{name}": {{\n{lines}\n}}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=0).decode()


def write(snapshot: Snapshot, folder: Path = RELEASES) -> Path:
    """Write a release's snapshot. Raises FileExistsError rather than change an existing one."""
    path, text = folder / f"{snapshot.release}.json", text_of(snapshot)
    if path.exists() and path.read_text() != text:
        raise FileExistsError(path)
    path.write_text(text)
    return path


def main() -> None:
    """Write the snapshot of this version and print what it breaks of the previous one."""
    # Before the first release there is none to break.
    breaks = breaking_changes(newest(), present()) if any(RELEASES.glob("*.json")) else []
    try:
        path = write(present())
    except FileExistsError as error:
        sys.exit(f"{error} differs: raise VERSION, or delete the file if it is not released yet.")
    print(*breaks, path, sep="\n")


if __name__ == "__main__":
    main()
