"""Which refusals an operation may answer with, from its route and its RPC method's docstring."""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import Final

from deploy.docs.declarations import resources, service_class
from gateway.errors import TABLE
from gateway.routes.table import PUBLIC, Body, Route
from gateway.steps.restrict import SETUP_ROUTES
from services.common.json_types import JsonObject

#: What each status says.
REFUSALS: Final = {
    "400": "The request is invalid, or a rule forbids the change.",
    "401": "The token is missing, expired or revoked; or the credentials are wrong.",
    "403": "The caller lacks permission, or must set up a second factor first.",
    "404": "There is no such thing, or the caller may not know of it.",
    "405": "Nothing is sent to this address; the message says where to.",
    "409": "The same request, by its Idempotency-Key, is still running.",
    "413": "The body exceeds the size limit.",
    "422": "The token is malformed, or the Idempotency-Key was used with another request.",
    "429": "Too many attempts; retry after Retry-After seconds.",
    "502": "A part of the system is unavailable; retry after Retry-After seconds.",
}
RETRY: Final[JsonObject] = {
    "Retry-After": {
        "description": "When to try again, in seconds.",
        "schema": {"type": "integer", "examples": [2]},
    }
}
HEADERS: Final = {"429": RETRY, "502": RETRY}
EXAMPLES: Final[dict[str, JsonObject]] = {
    "400": {
        "error": True,
        "message": "Validation error.",
        "data": {"errors": [{"field": "name", "message": "Field required"}]},
    },
    "401": {"msg": "Missing JWT in cookies or headers"},
    "403": {
        "error": True,
        "message": "You don't have the permission to access the requested resource.",
    },
    "404": {
        "error": True,
        "message": "404 Not Found: The requested URL was not found on the server.",
    },
    "405": {"error": True, "message": "The method is not allowed for the requested URL."},
    "409": {"error": True, "message": "This request is still running."},
    "413": {"error": True, "message": "The data value transmitted exceeds the capacity limit."},
    "422": {"msg": "Not enough segments"},
    "429": {"error": True, "message": "Too many attempts, try again later.", "login": False},
    "502": {"error": True, "message": "The gateway is busy."},
}
REFUSAL: Final[JsonObject] = {
    "type": "object",
    "description": "Why a request was refused.",
    "properties": {
        "error": {
            "type": ["boolean", "string"],
            "description": "True; the sentence itself where a route assigns somebody unknown.",
        },
        "message": {"type": "string", "description": "What is wrong, in a sentence."},
        "msg": {"type": "string", "description": "What is wrong with a token, in a sentence."},
        "login": {"type": "boolean", "description": "False where too many attempts were made."},
        "data": {
            "type": ["object", "null"],
            "description": "More for programs: `errors` names each invalid field. Free JSON.",
        },
    },
}
#: The statuses of the errors that docstrings name.
STATUSES: Final = {kind.__name__: str(status) for kind, (status, _) in TABLE.items()}
#: The hooks of a resource's rules that may refuse a new row.
CREATING: Final = ("facts_for_create", "prepare", "on_create", "created")
ELSEWHERE: Final = re.compile(r"\b(?:as|those of) ``(\w+)``")


def statuses(route: Route) -> list[str]:
    """The statuses of a route's refusals."""
    return sorted(_of_gateway(route) | _of_method(route.service, route.function) | _of_rules(route))


def _of_gateway(route: Route) -> set[str]:
    """What the gateway itself refuses, before or instead of the call."""
    found = {"502"}
    if route.access is not PUBLIC:
        found |= {"401", "422"}
        if route.path not in SETUP_ROUTES:
            found.add("403")
    if route.body is not Body.NONE:
        found |= {"400", "413"}
    if route.method == "POST":
        found |= {"409", "422"}
    if route.query:
        found.add("400")
    if "{" in route.path:
        found |= {"400", "404"}
    return found


@cache
def _of_method(service: str, function: str) -> frozenset[str]:
    """What the docstring says it raises, and those that it refers to."""
    method = getattr(service_class(service), function, None)
    text = _doc(method)
    found = _named_in(text)
    for name in ELSEWHERE.findall(text):
        if name != function:
            found |= _of_method(service, name)
    return frozenset(found)


def _of_rules(route: Route) -> set[str]:
    """What the hooks of the resource say they raise when a row of it is created."""
    if route.function != "create_row":
        return set()
    rules = resources()[dict(route.fixed)["path"]].rules
    return set().union(*(_named_in(_doc(getattr(rules, hook))) for hook in CREATING))


def _doc(method: object) -> str:
    return " ".join((inspect.getdoc(method) or "").split())


def _named_in(text: str) -> set[str]:
    return {status for name, status in STATUSES.items() if re.search(rf"\b{name}\b", text)}
