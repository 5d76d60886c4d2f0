"""Documents generated from the tables that declare things: ``python -m deploy.docs``.

``gateway/openapi.json`` from the route tables and registries, ``docs/asyncapi.json`` and
``docs/event-catalogue.md`` from the event catalogue, the table in ``docs/observing.md`` from the
metrics, the dashboard from its panels. A test fails while one of them is stale.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from deploy.dashboard import dashboard
from deploy.measures import table
from gateway.health import VERSION
from gateway.routes import ROUTES
from gateway.routes.table import PUBLIC, Body, Route
from services.common.contracts import CATALOGUE, Event
from services.common.crud.resource import Registry, Resource

ROOT: Final = Path(__file__).parent.parent
SERVICES: Final = ("auth", "assets", "tasks", "chat", "crud")
IDENT: Final = {"type": "string", "format": "uuid"}
OBSERVING: Final = ROOT / "docs" / "observing.md"
BEGIN: Final = "<!-- The table is made by make docs from the declarations. -->"
END: Final = "<!-- End of the table. -->"
BINARY: Final = {"type": "string", "format": "binary"}
FORM: Final = {"type": "object", "properties": {"file": BINARY}}
"""A body with files; text parts are the same fields that the JSON body has."""
SCALARS: Final[tuple[tuple[Any, dict[str, Any]], ...]] = (
    (ARRAY, {"type": "array", "items": {"type": "string"}}),
    (JSONB, {}),
    (sa.Uuid, IDENT),
    (sa.Boolean, {"type": "boolean"}),
    (sa.Integer, {"type": "integer"}),
    (sa.Float, {"type": "number"}),
    (
        sa.TIMESTAMP,
        {
            "type": "string",
            "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$",
            "description": "UTC, without saying so.",
        },
    ),
    (sa.Date, {"type": "string", "format": "date"}),
    (sa.String, {"type": "string"}),
)
PROMISED: Final = re.compile(r" (?:Raises|Emits|Returns) ")
REFUSALS: Final = {
    "400": "The request is not what the route takes, or the rules say no.",
    "401": "No token, an expired or a revoked one.",
    "403": "The caller lacks the right.",
    "404": "Nothing there.",
    "409": "The row is not in a state that allows it, or the same request is still running.",
    "413": "The body is larger than the server takes.",
    "422": "The token is unreadable, or the Idempotency-Key came with another request.",
    "429": "Too many attempts; try again after Retry-After seconds.",
    "502": "A part of the system is away; try again after Retry-After seconds.",
}


def registries() -> Iterator[Registry]:
    """The registries of all services."""
    for name in SERVICES:
        yield import_module(f"services.{name}.resources").RESOURCES


def resources() -> dict[str, Resource]:
    """All resources by path."""
    return {resource.path: resource for registry in registries() for resource in registry}


# --- OpenAPI ------------------------------------------------------------------------------------


def openapi() -> dict[str, Any]:
    """The HTTP API as OpenAPI 3.1."""
    served = resources()
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, served)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Callboard",
            "version": VERSION,
            "description": "Production tracking for animation and VFX. Every path also answers "
            "under /api and with a trailing slash.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "tags": [{"name": name, "description": about(name)} for name in SERVICES],
        "paths": paths,
        "components": {
            "schemas": {_title(r): _schema(r) for r in served.values()} | {"Refusal": _refusal()},
            "responses": {
                status: {
                    "description": text,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}
                    },
                }
                for status, text in REFUSALS.items()
            },
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
        },
    }


def _title(resource: Resource) -> str:
    return str(resource.model.__name__)


def _refusal() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"error": {"type": "boolean"}, "message": {"type": "string"}},
    }


def _schema(resource: Resource) -> dict[str, Any]:
    shown = {}
    for column in resource.table.c:
        if column.name not in resource.hidden:
            shown[resource.renamed.get(column.name, column.name)] = _field(column)
    for name, many in resource.lists.items():
        items = IDENT if many.writable else {"anyOf": [IDENT, {"type": "object"}]}
        shown[name] = {"type": "array", "items": items}
    shown["type"] = {"type": "string"}
    return {"type": "object", "description": first_line(resource.model), "properties": shown}


def _field(column: sa.Column[Any]) -> dict[str, Any]:
    found = dict(next(shape for kind, shape in SCALARS if isinstance(column.type, kind)))
    if (length := getattr(column.type, "length", None)) is not None:
        found["maxLength"] = length
    if choices := column.info.get("choices"):
        found["enum"] = [*choices, *([None] if column.nullable else [])]
    if column.nullable and "type" in found:
        found["type"] = [found["type"], "null"]
    return found


def _operation(route: Route, served: dict[str, Resource]) -> dict[str, Any]:
    resource = served.get(dict(route.fixed).get("path", ""))
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": summary(route, resource),
        "tags": [route.service],
        "parameters": [*_path_parameters(route), *_query_parameters(route, resource)],
        "responses": _responses(route, resource),
    }
    if route.access is not PUBLIC:
        operation["security"] = [{"token": []}]
    if route.body is not Body.NONE:
        schema = {"$ref": f"#/components/schemas/{_title(resource)}"} if resource else {}
        content: dict[str, Any] = {"application/json": {"schema": schema}}
        if route.body is Body.MULTIPART:
            content["multipart/form-data"] = {"schema": FORM}
        operation["requestBody"] = {"content": content}
    if route.method == "POST":
        operation["parameters"].append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "schema": {"type": "string"},
                "description": "The same key and body give the same answer, executed once.",
            }
        )
    return operation


def _operation_id(route: Route) -> str:
    words = re.sub(r"[^a-z0-9]+", "_", route.path.lower()).strip("_")
    return f"{route.method.lower()}_{words}"


def summary(route: Route, resource: Resource | None) -> str:
    """What a route does, in a line: its own words, else its verb, else its method's docstring."""
    if route.summary:
        return route.summary
    if resource is not None:
        noun = _title(resource)
        return {
            "list_rows": f"List: {noun}",
            "create_row": f"Create: {noun}",
            "read_row": f"Read: {noun}",
            "update_row": f"Change: {noun}",
            "delete_row": f"Remove: {noun}",
        }[route.function]
    return first_line(getattr(service_class(route.service), route.function))


def about(service: str) -> str:
    """What a service is for, in its own words."""
    return first_line(service_class(service))


def service_class(name: str) -> type[Any]:
    """The class that a service runs."""
    module = import_module(f"services.{name}.service")
    found: type[Any] = next(c for c in vars(module).values() if getattr(c, "name", None) == name)
    return found


def first_line(documented: Any) -> str:
    """What something promises, without what it raises and emits."""
    line = str(documented.__doc__ or "").strip().split("\n")[0]
    return PROMISED.split(line, maxsplit=1)[0].replace("``", "`")


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]


def _query_parameters(route: Route, resource: Resource | None) -> list[dict[str, Any]]:
    if resource is None or route.function != "list_rows":
        return []
    names = [*resource.table.c.keys(), *resource.lists]
    shown = [name for name in names if name not in resource.hidden]
    special = {"page": "integer", "limit": "integer", "relations": "boolean", "fields": "string"}
    return [
        {"name": name, "in": "query", "schema": {"type": special.get(name, "string")}}
        for name in [*special, *shown]
    ]


def _responses(route: Route, resource: Resource | None) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Done."}
    if resource is not None and route.status != 204:  # noqa: PLR2004
        one = {"$ref": f"#/components/schemas/{_title(resource)}"}
        many = {"type": "array", "items": one}
        schema = {"anyOf": [many, _page_of(one)]} if route.function == "list_rows" else one
        success["content"] = {"application/json": {"schema": schema}}
    if route.answer == "file":
        success["content"] = {"*/*": {"schema": BINARY}}
    refusals = {status: {"$ref": f"#/components/responses/{status}"} for status in REFUSALS}
    return {str(route.status): success, **refusals}


def _page_of(row: dict[str, Any]) -> dict[str, Any]:
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


# --- events -------------------------------------------------------------------------------------


def catalogue() -> list[type[Event]]:
    """Every event, by owner and name."""
    for service in SERVICES:
        import_module(f"services.{service}.service")
    return sorted(CATALOGUE.values(), key=lambda cls: (cls.owner, cls.event_name))


def asyncapi() -> dict[str, Any]:
    """The events as AsyncAPI 3.0."""
    events = catalogue()
    channels, operations, messages = {}, {}, {}
    for cls in events:
        key = cls.event_name.replace(":", "_")
        schema, extra = _payload(cls)
        messages[key] = {
            "name": cls.event_name,
            "summary": first_line(cls),
            "contentType": "application/json",
            "headers": {"$ref": "#/components/schemas/Headers"},
            "payload": schema,
            **extra,
        }
        channels[key] = {
            "address": cls.event_name,
            "messages": {key: {"$ref": f"#/components/messages/{key}"}},
            "bindings": {
                "amqp": {
                    "is": "routingKey",
                    "exchange": {"name": f"{cls.owner}.events", "type": "topic", "durable": True},
                }
            },
        }
        operations[f"publish_{key}"] = {"action": "send", "channel": {"$ref": f"#/channels/{key}"}}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Callboard events", "version": VERSION},
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": {"Headers": HEADERS}},
    }


HEADERS: Final = {
    "type": "object",
    "properties": {
        "event_id": {"type": "string", "format": "uuid", "description": "Stable over redelivery."},
        "time": {"type": "string", "description": "UTC, to the microsecond."},
        "actor_id": {"type": "string", "format": "uuid", "description": "Who did it."},
        "project_id": {"type": "string", "format": "uuid", "description": "In which production."},
        "request_id": {"type": "string", "description": "The HTTP request it came from."},
        "traceparent": {"type": "string", "description": "The trace it is of, where there is one."},
        "stored": {"type": "string", "enum": ["0", "1"], "description": "Whether it is logged."},
    },
    "required": ["event_id", "time", "stored"],
}


def _payload(cls: type[Event]) -> tuple[dict[str, Any], dict[str, Any]]:
    schemas, _ = msgspec.json.schema_components([cls])
    components = msgspec.json.schema_components([cls])[1]
    return components.get(cls.__name__, schemas[0]), {}


def event_table() -> str:
    """The catalogue as Markdown."""
    lines = ["| event | exchange | payload | when |", "|---|---|---|---|"]
    for cls in catalogue():
        fields = ", ".join(f"`{name}`" for name in cls.__struct_fields__)
        note = "" if cls.stored else " (not in the log)"
        owner, when = f"{cls.owner}.events", first_line(cls)
        lines.append(f"| `{cls.event_name}` | `{owner}` | {fields} | {when}{note} |")
    return (
        "# Event catalogue\n\nGenerated by `make docs` from the declarations; "
        "`docs/events.md` says how to subscribe.\n\n" + "\n".join(lines) + "\n"
    )


def with_table(text: str, new: str) -> str:
    """The text with another table between the two comments that mark it."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    return f"{before}{begin}\n{new}\n{end}{after}"


def documents() -> dict[Path, str]:
    """Every generated document by its file."""

    def pretty(data: Any) -> str:
        return msgspec.json.format(msgspec.json.encode(data), indent=1).decode() + "\n"

    return {
        ROOT / "gateway" / "openapi.json": pretty(openapi()),
        ROOT / "docs" / "asyncapi.json": pretty(asyncapi()),
        ROOT / "docs" / "event-catalogue.md": event_table(),
        ROOT / "deploy" / "monitoring" / "dashboard.json": pretty(dashboard()),
        OBSERVING: with_table(OBSERVING.read_text(), table()),
    }


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text)
        print(path.relative_to(ROOT))
