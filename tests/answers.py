"""Holds answers to their declared types: every 2xx answer that a test gets, in any tier."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import msgspec
import requests

from deploy.docs.http_api.answer_types import answer_type
from gateway.routes import ROUTES
from gateway.routes.table import Route

#: Routes whose answers were held to their types in this process.
SEEN: Final[set[str]] = set()


def hold(answer: requests.Response, *_: Any, **options: Any) -> None:
    """A hook of ``requests``: hold an answer to its route's type, unless the test streams it."""
    if options.get("stream"):
        return
    request = answer.request
    url = urlsplit(str(request.url))
    route = route_of(str(request.method), url.path)
    if route is None or answer.status_code != route.status or not answer.ok:
        return
    if answer.headers.get("content-type", "").startswith("application/json"):
        hold_body([route], answer.content, parse_qs(url.query))


def hold_reply(method: str, service: str, arguments: Mapping[str, Any], body: bytes) -> None:
    """Hold an RPC reply to the type of a route that makes this call."""
    routes = [
        route
        for route in by_rpc()[f"{service}.{method}"]
        if all(arguments.get(name) == value for name, value in route.fixed)
    ]
    if routes and body:
        hold_body(routes, body, arguments.get("query") or {})


def hold_body(routes: Iterable[Route], body: bytes, query: Mapping[str, Any]) -> None:
    """Raise AssertionError unless the body is of the type of one of these routes."""
    faults = []
    for route in routes:
        kind = answer_type(route, partial="fields" in query)
        if kind is None:
            return
        try:
            decoder(kind).decode(body)
        except msgspec.ValidationError as error:
            faults.append(f"{route.method} {route.path} promises {kind}: {error}")
        else:
            SEEN.add(f"{route.method} {route.path}")
            return
    shown = body[:300].decode("utf-8", "replace")
    raise AssertionError("\n".join([*faults, shown]))


@cache
def decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """The decoder of a type."""
    return msgspec.json.Decoder(kind)


@cache
def by_rpc() -> dict[str, list[Route]]:
    """The routes by their RPC method."""
    found: dict[str, list[Route]] = defaultdict(list)
    for route in ROUTES:
        # What the gateway answers itself is no reply of its method.
        if not route.is_live:
            found[route.rpc].append(route)
    return found


@cache
def _by_shape() -> dict[tuple[str, int], list[tuple[re.Pattern[str], Route]]]:
    """The routes by method and number of segments; those with fewer fields first."""
    found: dict[tuple[str, int], list[tuple[re.Pattern[str], Route]]] = defaultdict(list)
    for route in sorted(ROUTES, key=lambda one: one.path.count("{")):
        pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", route.path))
        found[route.method, route.path.count("/")].append((pattern, route))
    return found


@cache
def route_of(method: str, path: str) -> Route | None:
    """The route that serves a path."""
    path = path.removeprefix("/api").rstrip("/")
    for pattern, route in _by_shape()[method, path.count("/")]:
        if pattern.fullmatch(path):
            return route
    return None
