"""Holds answers to their declared types: every 2xx answer that a test gets, in any tier.

It also keeps which routes gave one, for a run of all tests ends with the routes that no test saw.
"""

from __future__ import annotations

import re
import threading
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

#: The names of the routes whose 2xx answers were seen in this process.
SEEN: Final[set[str]] = set()
MAKING: Final = threading.Lock()
FIELD: Final = re.compile(r"{(\w+)}")
PARTIAL: Final = 206


def hold(answer: requests.Response, *_: Any, **options: Any) -> None:
    """A hook of ``requests``: hold an answer to its route's type, unless the test streams it."""
    request = answer.request
    url = urlsplit(str(request.url))
    route = route_of(str(request.method), url.path)
    if route is None or answer.status_code not in {route.status, PARTIAL}:
        return
    SEEN.add(name_of(route))
    is_json = answer.headers.get("content-type", "").startswith("application/json")
    if is_json and not options.get("stream"):
        hold_body([route], answer.content, parse_qs(url.query))


def hold_reply(method: str, service: str, arguments: Mapping[str, Any], body: bytes) -> None:
    """Hold an RPC reply to the type of a route that makes this call."""
    routes = [
        route
        for route in by_rpc()[f"{service}.{method}"]
        if all(arguments.get(name) == value for name, value in route.fixed)
        and arguments.keys() >= set(FIELD.findall(route.path))
    ]
    if routes and body:
        routes = hold_body(routes, body, arguments.get("query") or {})
    SEEN.update(map(name_of, routes))


def hold_body(routes: Iterable[Route], body: bytes, query: Mapping[str, Any]) -> list[Route]:
    """The routes of whose type the body is. Raises AssertionError if there is none."""
    faults, fitting = [], []
    for route in routes:
        decoder = decoder_of(route, partial="fields" in query)
        try:
            decoder.decode(body)
        except msgspec.ValidationError as error:
            faults.append(f"{name_of(route)} promises {decoder.type}: {error}")
        else:
            fitting.append(route)
    if not fitting:
        shown = body[:300].decode("utf-8", "replace")
        raise AssertionError("\n".join([*faults, shown]))
    return fitting


def name_of(route: Route) -> str:
    """What a route is called in reports."""
    return f"{route.method} {route.path}"


def decoder_of(route: Route, *, partial: bool) -> msgspec.json.Decoder[Any]:
    """The decoder of a route's answers."""
    # One thread at a time makes types and decoders: while msgspec reads a type that holds itself,
    # another thread would find it half done, and crash.
    with MAKING:
        kind = answer_type(route, partial=partial)
        return _decoder(Any if kind is None else kind)


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


@cache
def by_rpc() -> dict[str, list[Route]]:
    """The routes by their RPC method."""
    found: dict[str, list[Route]] = defaultdict(list)
    for route in ROUTES:
        # What the gateway answers itself is no reply of its method.
        if not route.is_live:
            for rpc in (route.rpc, *route.joined):
                found[rpc].append(route)
    return found


@cache
def _by_shape() -> dict[tuple[str, int], list[tuple[re.Pattern[str], Route]]]:
    """The routes by method and number of segments; those with fewer fields first."""
    found: dict[tuple[str, int], list[tuple[re.Pattern[str], Route]]] = defaultdict(list)
    for route in sorted(ROUTES, key=lambda one: one.path.count("{")):
        pattern = re.compile(FIELD.sub("[^/]+", route.path))
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
