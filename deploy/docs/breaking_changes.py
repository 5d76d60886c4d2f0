"""What a client or a subscriber of the release before would notice; additions they don't."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

PUBLIC: Final = "public"
PARAMETER: Final = re.compile(r"\{[^}]*\}")


class Fields(msgspec.Struct, frozen=True, omit_defaults=True):
    """The fields of a JSON object and their types in words; optional ones may be left out."""

    required: dict[str, str] = {}
    optional: dict[str, str] = {}

    @property
    def types(self) -> dict[str, str]:
        """All of them."""
        return self.required | self.optional


class RoutePromise(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a route takes and answers; ``None`` for a body or an answer of no declared type."""

    access: str
    status: int
    body: Fields | None = None
    answer: Fields | None = None


class Snapshot(msgspec.Struct, frozen=True):
    """What a release promises."""

    release: str
    #: By method and path.
    routes: dict[str, RoutePromise]
    events: dict[str, Fields]


def breaking_changes(before: Snapshot, now: Snapshot) -> list[str]:
    """Every promise of the release before that is not kept, a sentence each."""
    return [*_of_routes(before, now), *_of_events(before, now)]


def _of_routes(before: Snapshot, now: Snapshot) -> Iterator[str]:
    routes = {_unnamed(name): promise for name, promise in now.routes.items()}
    paths = {name.partition(" ")[2] for name in routes}
    for name, was in before.routes.items():
        promise = routes.get(_unnamed(name))
        if promise is not None:
            yield from (f"{name}: {why}" for why in _of_route(was, promise))
        elif _unnamed(name).partition(" ")[2] in paths:
            yield f"{name}: the method is gone"
        else:
            yield f"{name}: the route is gone"


def _unnamed(route: str) -> str:
    """A route without the names of its parameters, which no client sends."""
    return PARAMETER.sub("{}", route)


def _of_route(was: RoutePromise, now: RoutePromise) -> Iterator[str]:
    if now.status != was.status:
        yield f"the status {was.status} became {now.status}"
    if now.access not in {PUBLIC, was.access}:
        yield f"the access {was.access!r} became {now.access!r}"
    if was.body is not None and now.body is not None:
        yield from (f"of the body, {why}" for why in _for_writers(was.body, now.body))
    if was.answer is not None and now.answer is not None:
        yield from (f"of the answer, {why}" for why in _for_readers(was.answer, now.answer))


def _of_events(before: Snapshot, now: Snapshot) -> Iterator[str]:
    for name, was in before.events.items():
        if name not in now.events:
            yield f"{name}: the event is gone"
            continue
        # While an upgrade runs, old services read new events and new ones read old events.
        found = [*_for_readers(was, now.events[name]), *_for_writers(was, now.events[name])]
        yield from (f"{name}: {why}" for why in dict.fromkeys(found))


def _for_readers(was: Fields, now: Fields) -> Iterator[str]:
    yield from _gone_or_retyped(was, now)
    for name in was.required:
        if name in now.optional:
            yield f"{name} may be missing"


def _for_writers(was: Fields, now: Fields) -> Iterator[str]:
    yield from _gone_or_retyped(was, now)
    for name in now.required:
        if name not in was.required:
            yield f"{name} became required"


def _gone_or_retyped(was: Fields, now: Fields) -> Iterator[str]:
    for name, kind in was.types.items():
        if name not in now.types:
            yield f"{name} is gone"
        elif now.types[name] != kind:
            yield f"{name} was {kind} and is {now.types[name]}"
