"""The HTTP API as OpenAPI, from the route tables and the registries of resources."""

from __future__ import annotations

import copy
import re
from typing import Final

from deploy.docs.declarations import first_line, resource_of, resources, service_class, summary
from deploy.docs.http_api.answer_types import answer_type, body_type
from deploy.docs.http_api.schemas import REFUSAL, Schemas
from gateway.health import VERSION
from gateway.routes import ROUTES
from gateway.routes.table import PUBLIC, Body, Route
from services.common.crud.resource import Resource
from services.common.json_types import JsonObject
from services.common.wire.topology import SERVICES

BINARY: Final[JsonObject] = {"type": "string", "format": "binary"}
#: A multipart body; its text parts are the fields of the JSON body.
FORM: Final[JsonObject] = {"type": "object", "properties": {"file": BINARY}}
REFUSALS: Final = {
    "400": "The request is invalid, or a rule forbids the change.",
    "401": "The token is missing, expired or revoked.",
    "403": "The caller lacks permission.",
    "404": "Not found.",
    "409": "The row's state doesn't allow it, or the same request is still running.",
    "413": "The body exceeds the size limit.",
    "422": "The token is malformed, or the Idempotency-Key was used with another request.",
    "429": "Too many attempts; retry after Retry-After seconds.",
    "502": "A part of the system is unavailable; retry after Retry-After seconds.",
}
IDEMPOTENCY_KEY: Final[JsonObject] = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string"},
    "description": "Requests with the same key and body are executed once and get the same answer.",
}
#: Query parameters of every list besides its filters.
LIST_PARAMETERS: Final = {
    "page": "integer",
    "limit": "integer",
    "relations": "boolean",
    "fields": "string",
}


def openapi() -> JsonObject:
    """The HTTP API as OpenAPI 3.1."""
    served, schemas = resources(), _schemas()
    paths: dict[str, JsonObject] = {}
    for route in ROUTES:
        operation = _operation(route, resource_of(route, served), schemas)
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Callboard",
            "version": VERSION,
            "description": "Production tracking for animation and VFX. Every path also answers "
            "under /api and with a trailing slash.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "tags": [
            {"name": name, "description": first_line(service_class(name))} for name in SERVICES
        ],
        "paths": paths,
        "components": _components(schemas),
    }


def _schemas() -> Schemas:
    kinds = [answer_type(route) for route in ROUTES]
    kinds += [body_type(route) for route in ROUTES]
    kinds += [route.query for route in ROUTES if isinstance(route.query, type)]
    return Schemas(kind for kind in kinds if kind is not None)


def _components(schemas: Schemas) -> JsonObject:
    refusal = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    return {
        "schemas": schemas.components | {"Refusal": REFUSAL},
        "responses": {
            status: {"description": text, "content": refusal} for status, text in REFUSALS.items()
        },
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
    }


def _operation(route: Route, resource: Resource | None, schemas: Schemas) -> JsonObject:
    operation: JsonObject = {
        "operationId": _operation_id(route),
        "summary": summary(route, resource),
        "tags": [route.service],
        "parameters": [*_path_parameters(route), *_query_parameters(route, resource, schemas)],
        "responses": _responses(route, schemas),
    }
    if route.access is not PUBLIC:
        operation["security"] = [{"token": []}]
    if route.body is not Body.NONE:
        operation["requestBody"] = {"content": _request_body(route, schemas)}
    if route.method == "POST":
        operation["parameters"].append(IDEMPOTENCY_KEY)
    return operation


def _operation_id(route: Route) -> str:
    words = re.sub(r"[^a-z0-9]+", "_", route.path.lower()).strip("_")
    return f"{route.method.lower()}_{words}"


def _path_parameters(route: Route) -> list[JsonObject]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]


def _query_parameters(
    route: Route, resource: Resource | None, schemas: Schemas
) -> list[JsonObject]:
    if isinstance(route.query, type):
        fields = schemas.fields_of(route.query)
        return [
            {
                "name": name,
                "in": "query",
                "required": name in fields.get("required", ()),
                "description": schema.pop("description", ""),
                "schema": schema,
            }
            for name, schema in copy.deepcopy(fields["properties"]).items()
        ]
    if resource is None or route.function != "list_rows":
        return []
    names = [*(column.name for column in resource.fields), *resource.lists]
    # A hidden column can't be filtered by either: answers would reveal its values.
    filters = [name for name in names if name not in resource.hidden]
    return [
        {"name": name, "in": "query", "schema": {"type": LIST_PARAMETERS.get(name, "string")}}
        for name in [*LIST_PARAMETERS, *filters]
    ]


def _request_body(route: Route, schemas: Schemas) -> JsonObject:
    kind = body_type(route)
    schema = {} if kind is None else schemas.of(kind)
    content: JsonObject = {"application/json": {"schema": schema}}
    if route.body is Body.MULTIPART:
        form = {"allOf": [schema, FORM]} if schema else FORM
        content["multipart/form-data"] = {"schema": form}
    return content


def _responses(route: Route, schemas: Schemas) -> JsonObject:
    success: JsonObject = {"description": "Done."}
    kind = answer_type(route)
    if kind is not None:
        media = "text/event-stream" if route.answer == "stream" else "application/json"
        success["content"] = {media: {"schema": schemas.of(kind)}}
    if route.answer == "file":
        success["content"] = {"*/*": {"schema": BINARY}}
    # All of them for every route: which ones a method raises is not declared.
    refusals = {status: {"$ref": f"#/components/responses/{status}"} for status in REFUSALS}
    return {str(route.status): success, **refusals}
