"""Breaking changes between two snapshots, for clients and subscribers; additions are none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

PUBLIC: Final = "public"
#: Whether a type's alternatives may change so.
IsFine = Callable[[frozenset[str], frozenset[str]], bool]
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
    """What a route promises; its body and answer are types in words, whose fields ``Snapshot`` has.

    None where it takes or answers no JSON, and for one of a snapshot that does not tell.
    """

    access: str
    status: int
    #: Its operation id, the name of a function in generated clients.
    name: str | None = None
    query: Fields = Fields()
    body: str | None = None
    answer: str | None = None


class WayPromise(msgspec.Struct, frozen=True):
    """A way that events come on: where subscribers find it, and the names that it carries."""

    where: str
    events: list[str]


class Snapshot(msgspec.Struct, frozen=True):
    """The public interface of a release."""

    release: str
    #: By method and path.
    routes: dict[str, RoutePromise]
    events: dict[str, Fields]
    #: The objects in bodies and in answers, by the names of their types.
    bodies: dict[str, Fields] = {}
    answers: dict[str, Fields] = {}
    ways: dict[str, WayPromise] = {}
    #: The headers of messages with events, by the names of their types.
    headers: dict[str, Fields] = {}


def breaking_changes(before: Snapshot, now: Snapshot) -> list[str]:
    """The breaking changes since the release ``before``, one sentence each."""
    return [
        *_of_routes(before, now),
        *_of_types(before, now),
        *_of_events(before, now),
        *_of_ways(before, now),
    ]


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
    if was.name is None:
        return  # a snapshot of access and status only
    if now.name != was.name:
        yield f"the operation {was.name} became {now.name}"
    yield from (f"query: {why}" for why in _for_writers(was.query, now.query))
    if was.body != now.body:
        yield f"the body was {was.body} and is {now.body}"
    if was.answer is not None and was.answer != now.answer:
        yield f"the answer was {was.answer} and is {now.answer}"


def _of_types(before: Snapshot, now: Snapshot) -> Iterator[str]:
    """Changes of the objects in bodies and answers; a type that no route names any more is none."""
    for name, was in before.bodies.items():
        if name in now.bodies:
            yield from (f"{name} in bodies: {why}" for why in _for_writers(was, now.bodies[name]))
    for name, was in before.answers.items():
        if name in now.answers:
            yield from (f"{name} in answers: {why}" for why in _for_readers(was, now.answers[name]))


def _of_events(before: Snapshot, now: Snapshot) -> Iterator[str]:
    for name, was in before.events.items():
        if name not in now.events:
            yield f"{name}: the event was removed"
            continue
        # During a rolling upgrade old services consume new events and new services old ones.
        reasons = [*_for_readers(was, now.events[name]), *_for_writers(was, now.events[name])]
        yield from (f"{name}: {why}" for why in dict.fromkeys(reasons))


def _of_ways(before: Snapshot, now: Snapshot) -> Iterator[str]:
    for name, was in before.ways.items():
        way = now.ways.get(name)
        if way is None or way.where != was.where:
            yield f"events by {name}: found at {was.where}, now {way.where if way else 'nowhere'}"
            continue
        # An event that is gone altogether is told already.
        gone = (set(was.events) - set(way.events)) & now.events.keys()
        yield from (f"events by {name}: {event} is not carried any more" for event in sorted(gone))
    for name, fields in before.headers.items():
        reasons = _for_readers(fields, now.headers.get(name, Fields()))
        yield from (f"{name} of messages: {why}" for why in reasons)


def _for_readers(was: Fields, now: Fields) -> Iterator[str]:
    yield from _gone_or_retyped(was, now, lambda before, after: after <= before)
    for name in was.required:
        if name in now.optional:
            yield f"{name} may be missing"


def _for_writers(was: Fields, now: Fields) -> Iterator[str]:
    yield from _gone_or_retyped(was, now, lambda before, after: before <= after)
    for name in now.required:
        if name not in was.required:
            yield f"{name} became required"


def _gone_or_retyped(was: Fields, now: Fields, is_fine: IsFine) -> Iterator[str]:
    for name, kind in was.types.items():
        if name not in now.types:
            yield f"{name} was removed"
        elif not is_fine(_alternatives(kind), _alternatives(now.types[name])):
            yield f"{name} was {kind} and is {now.types[name]}"


def _alternatives(kind: str) -> frozenset[str]:
    """``one of a, b or null`` → a, b, null."""
    parts = kind.split(" or ")
    return frozenset(one for part in parts for one in part.removeprefix("one of ").split(", "))
