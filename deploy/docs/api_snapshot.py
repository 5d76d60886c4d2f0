"""The public interface of a release: one line per route and per event.

``make snapshot`` writes ``deploy/releases/<version>.json`` from the route table and the event
catalogue; a test compares both with the newest snapshot (``breaking_changes``).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import msgspec

from deploy.docs.asyncapi import payload_schema
from deploy.docs.breaking_changes import Fields, RoutePromise, Snapshot, breaking_changes
from deploy.docs.declarations import events
from gateway.health import VERSION
from gateway.routes import ROUTES
from services.common.json_types import JsonObject

RELEASES: Final = Path(__file__).parents[1] / "releases"


def present() -> Snapshot:
    """The snapshot of the code as it is now."""
    routes = {
        f"{route.method} {route.path}": RoutePromise(route.access.name.lower(), route.status)
        for route in ROUTES
    }
    payloads = {cls.event_name: fields_of(payload_schema(cls)) for cls in events()}
    return Snapshot(VERSION, routes, payloads)


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
    if schema.get("type") == "array":
        return f"array of {spelled(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "anything")


def newest(folder: Path = RELEASES) -> Snapshot:
    """The snapshot of the last release."""
    snapshots = [
        msgspec.json.decode(path.read_bytes(), type=Snapshot) for path in folder.glob("*.json")
    ]
    return max(snapshots, key=lambda snapshot: [int(n) for n in snapshot.release.split(".")])


def text_of(snapshot: Snapshot) -> str:
    """The file's text: one line per route and event, sorted by name, so that diffs stay small."""

    def lines(promises: dict[str, RoutePromise] | dict[str, Fields]) -> str:
        return ",\n".join(
            f"  {_json(name)}: {_json(promise)}" for name, promise in sorted(promises.items())
        )

    return (
        f'{{\n"release": {_json(snapshot.release)},\n'
        f'"routes": {{\n{lines(snapshot.routes)}\n}},\n'
        f'"events": {{\n{lines(snapshot.events)}\n}}\n}}\n'
    )


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
    breaks = breaking_changes(newest(), present())
    try:
        path = write(present())
    except FileExistsError as error:
        sys.exit(f"{error} differs: raise VERSION, or delete the file if it is not released yet.")
    print(*breaks, path, sep="\n")


if __name__ == "__main__":
    main()
