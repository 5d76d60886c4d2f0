"""Breaking changes between two snapshots, for clients and subscribers; additions are none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

PUBLIC: Final = "public"
PARAMETER: Final = re.compile(r"\{[^}]*\}")


class Fields(msgspec.Struct, frozen=True, omit_defaults=True):
    """The fields of a JSON object and their types in words; optional ones may be missing."""

    required: dict[str, str] = {}
    optional: dict[str, str] = {}

    @property
    def types(self) -> dict[str, str]:
        """The types of all fields."""
        return self.required | self.optional


class RoutePromise(msgspec.Struct, frozen=True, omit_defaults=True):
    """A route's access, status, body and answer; None for one without a declared type."""

    access: str
    status: int
    body: Fields | None = None
    answer: Fields | None = None


class Snapshot(msgspec.Struct, frozen=True):
    """The public interface of a release."""

    release: str
    #: By method and path.
    routes: dict[str, RoutePromise]
    events: dict[str, Fields]


def breaking_changes(before: Snapshot, now: Snapshot) -> list[str]:
    """The breaking changes since the release ``before``, one sentence each."""
    return [*_of_routes(before, now), *_of_events(before, now)]


def _of_routes(before: Snapshot, now: Snapshot) -> Iterator[str]:
    routes = {_without_names(name): promise for name, promise in now.routes.items()}
    paths = {name.partition(" ")[2] for name in routes}
    for name, was in before.routes.items():
        promise = routes.get(_without_names(name))
        if promise is not None:
            yield from (f"{name}: {why}" for why in _of_route(was, promise))
        elif _without_names(name).partition(" ")[2] in paths:
            yield f"{name}: the method was removed"
        else:
            yield f"{name}: the route was removed"


def _without_names(route: str) -> str:
    """A route without the names of its path parameters: renaming one breaks no client."""
    return PARAMETER.sub("{}", route)


def _of_route(was: RoutePromise, now: RoutePromise) -> Iterator[str]:
    if now.status != was.status:
        yield f"the status {was.status} became {now.status}"
    if now.access not in {PUBLIC, was.access}:
        yield f"the access {was.access!r} became {now.access!r}"
    if was.body is not None and now.body is not None:
        yield from (f"body: {why}" for why in _for_writers(was.body, now.body))
    if was.answer is not None and now.answer is not None:
        yield from (f"answer: {why}" for why in _for_readers(was.answer, now.answer))


def _of_events(before: Snapshot, now: Snapshot) -> Iterator[str]:
    for name, was in before.events.items():
        if name not in now.events:
            yield f"{name}: the event was removed"
            continue
        # During a rolling upgrade old services consume new events and new services old ones.
        reasons = [*_for_readers(was, now.events[name]), *_for_writers(was, now.events[name])]
        yield from (f"{name}: {why}" for why in dict.fromkeys(reasons))


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
            yield f"{name} was removed"
        elif now.types[name] != kind:
            yield f"{name} was {kind} and is {now.types[name]}"
