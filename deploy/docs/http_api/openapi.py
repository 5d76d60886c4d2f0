"""The HTTP API as OpenAPI, from the route tables and the registries of resources."""

from __future__ import annotations

import re
from typing import Final

from deploy.docs.declarations import resource_of, resources
from deploy.docs.http_api.answer_types import answer_type, body_type
from deploy.docs.http_api.examples import Examples, id_of
from deploy.docs.http_api.operations import description, operation_id, summary
from deploy.docs.http_api.parameters import IDEMPOTENCY_KEY, of_route, query_type
from deploy.docs.http_api.refusals import EXAMPLES, HEADERS, REFUSAL, REFUSALS, statuses
from deploy.docs.http_api.schemas import Schemas
from deploy.docs.http_api.topics import TOPICS, topic_of
from gateway.identity import ACCESS, COOKIES, REFRESH
from gateway.routes import ROUTES
from gateway.routes.table import PUBLIC, REFRESHING, Body, Route
from services.common.contracts.types import Query
from services.common.json_types import JsonObject
from services.common.version import VERSION

FIELD: Final = re.compile(r"\{(\w+)\}")
#: Lines of JSON, whose rows are as in the answer without them.
LINES: Final[JsonObject] = {"schema": {"type": "string"}}
BINARY: Final[JsonObject] = {"type": "string", "format": "binary"}
#: An endless answer: no schema can say that it is a sequence.
STREAM: Final[JsonObject] = {
    "schema": {
        "type": "string",
        "description": "Server-Sent Events; the `data` of each is a FullEvent as JSON.",
    },
    "example": 'id: 4711\nevent: task:update\ndata: {"position": 4711, "name": "task:update"}\n\n',
}
FORM: Final[JsonObject] = {
    "type": "object",
    "properties": {"file": {**BINARY, "description": "The file."}},
}
#: The form of a body that is an array.
BATCH: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "comments": {"type": "string", "description": "The array, as JSON text."},
        "attachment_file-0": {**BINARY, "description": "A file of the first member."},
    },
    "required": ["comments"],
}
DESCRIPTION: Final = """\
Production tracking for animation and VFX: people, productions, assets, shots, tasks, comments,
previews, playlists.

* **Log in** with `POST /auth/login`. Programs send the `access_token` as `Authorization: Bearer …`;
  browsers get it as a cookie.
* Every path also answers under `/api` and with a trailing slash. Times are UTC without a zone.
* **Lists** are filtered by the equality of a field: `?name=Lantern`. A filter may be a JSON array
  of texts, for any of them. With `page` they answer a page in its envelope.
* **Conditional requests**: GETs have an `ETag`; with `If-None-Match` they answer 304 while nothing
  has changed.
* **Repeated requests**: a POST with an `Idempotency-Key` is executed once.
* Fields and kinds of answers may be added in a release: clients ignore those that they don't know.
* Every change is an **event**: see the [AsyncAPI description](/asyncapi.json).
"""


def openapi() -> JsonObject:
    """The HTTP API as OpenAPI 3.1."""
    builder = _Builder()
    paths: dict[str, JsonObject] = {}
    names: dict[str, str] = {}
    for route in ROUTES:
        # A path may have one name for its parameter only, whatever its methods call it.
        path = names.setdefault(FIELD.sub("{}", route.path), route.path)
        operation = builder.operation(route)
        for parameter, name in zip(operation["parameters"], FIELD.findall(path), strict=False):
            parameter["name"] = name
        paths.setdefault(path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Callboard",
            "version": VERSION,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "The server that this description is read from."}],
        "tags": [{"name": topic.name, "description": topic.description} for topic in TOPICS],
        "paths": paths,
        "components": builder.components(),
        "security": [{"token": []}, {"cookie": []}],
    }


class _Builder:
    """Describes operations; collects what they share."""

    def __init__(self) -> None:
        self.served = resources()
        kinds = [answer_type(route) for route in ROUTES]
        kinds += [body_type(route) for route in ROUTES]
        self._queries = {query_type(route, resource_of(route, self.served)) for route in ROUTES}
        kinds += self._queries
        self.schemas = Schemas(kind for kind in kinds if kind is not None)
        self._examples = Examples(self.schemas.components)
        self._shared: dict[str, JsonObject] = {}

    def components(self) -> JsonObject:
        """What operations refer to."""
        queries = {kind.__name__ for kind in self._queries if kind is not None}
        schemas = {k: v for k, v in self.schemas.components.items() if k not in queries}
        return {
            "schemas": schemas | {"Refusal": REFUSAL},
            "parameters": {"IdempotencyKey": IDEMPOTENCY_KEY},
            "examples": dict(sorted(self._shared.items())),
            "responses": {status: _refusal(status) for status in REFUSALS},
            "securitySchemes": _schemes(),
        }

    def operation(self, route: Route) -> JsonObject:
        """An operation."""
        resource = resource_of(route, self.served)
        operation: JsonObject = {
            "operationId": operation_id(route),
            "summary": summary(route, resource),
            "description": description(route),
            "tags": [topic_of(route).name],
            "parameters": of_route(route, resource, self.schemas),
            "responses": self._responses(route),
        }
        for parameter in operation["parameters"]:
            if parameter.get("schema", {}).get("format") == "uuid":
                sentence = parameter["description"].removeprefix("The id of the ")
                parameter["example"] = id_of(sentence.rstrip(".").replace(" ", "_"))
        if route.access is PUBLIC:
            operation["security"] = []
        elif route.access is REFRESHING:
            operation["security"] = [{"refresh_token": []}, {"refresh_cookie": []}]
        if route.body is not Body.NONE:
            operation["requestBody"] = self._body(route)
        return operation

    def _body(self, route: Route) -> JsonObject:
        kind = body_type(route)
        content: JsonObject = {}
        if kind is not None:
            content["application/json"] = self._content(self.schemas.of(kind))
        if route.body is Body.MULTIPART:
            content["multipart/form-data"] = {"schema": self._form(kind)}
        required = kind is not None and bool(self.schemas.of(kind).get("type") == "array")
        return {"content": content, "required": required or self._needs_fields(kind)}

    def _form(self, kind: object) -> JsonObject:
        """The schema of a form: its text parts are the fields of the JSON body."""
        if kind is None:
            return FORM
        schema = self.schemas.of(kind)
        return BATCH if schema.get("type") == "array" else {"allOf": [schema, FORM]}

    def _needs_fields(self, kind: object) -> bool:
        """Whether a body has a field that it must have."""
        if kind is None or "$ref" not in self.schemas.of(kind):
            return False
        return bool(self.schemas.fields_of(kind).get("required"))

    def _responses(self, route: Route) -> JsonObject:
        success: JsonObject = {"description": "Done."}
        kind = answer_type(route)
        if route.answer == "stream":
            success["content"] = {"text/event-stream": STREAM}
        elif route.answer == "file":
            success["content"] = {"*/*": {"schema": BINARY}}
        elif kind is not None:
            success["content"] = {"application/json": self._content(self.schemas.of(kind))}
            if isinstance(route.query, type) and issubclass(route.query, Query):
                success["content"] |= dict.fromkeys(route.query.forms, LINES)
        refusals = {
            status: {"$ref": f"#/components/responses/{status}"} for status in statuses(route)
        }
        return {str(route.status): success, **refusals}

    def _content(self, schema: JsonObject) -> JsonObject:
        """A JSON body or answer, with its example; those of named schemas are shared."""
        name = _name_of(schema)
        example = self._examples.of(schema)
        if not name:
            return {"schema": schema, "example": example}
        self._shared.setdefault(name, {"summary": name, "value": example})
        return {
            "schema": schema,
            "examples": {"example": {"$ref": f"#/components/examples/{name}"}},
        }


def _name_of(schema: JsonObject) -> str:
    """The name of a schema, or of the list of it; none for others."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if schema.get("type") == "array" and "$ref" in schema.get("items", {}):
        return f"ListOf{_name_of(schema['items'])}"
    if "anyOf" in schema:
        return _name_of(schema["anyOf"][0])
    return ""


def _refusal(status: str) -> JsonObject:
    content = {
        "schema": {"$ref": "#/components/schemas/Refusal"},
        "example": EXAMPLES[status],
    }
    result: JsonObject = {
        "description": REFUSALS[status],
        "content": {"application/json": content},
    }
    return {**result, "headers": HEADERS[status]} if status in HEADERS else result


def _schemes() -> JsonObject:
    """How callers prove who they are."""

    def bearer(sentence: str) -> JsonObject:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": sentence}

    def cookie(name: str, sentence: str) -> JsonObject:
        return {"type": "apiKey", "in": "cookie", "name": name, "description": sentence}

    return {
        "token": bearer("The `access_token` of `POST /auth/login`, or a bot's token."),
        "cookie": cookie(COOKIES[ACCESS], "Set by `POST /auth/login` in browsers."),
        "refresh_token": bearer("The `refresh_token` of `POST /auth/login`."),
        "refresh_cookie": cookie(COOKIES[REFRESH], "Set by `POST /auth/login` in browsers."),
    }
