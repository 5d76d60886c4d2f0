"""A short form of ``make rights``: what somebody may not see or do, they don't."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import groupby
from typing import Final
from zlib import crc32

import pytest

from gateway.routes import ROUTES
from gateway.routes.table import Access, Route
from tests.rights.bodies import body_of
from tests.rights.corner import furnished
from tests.rights.database import Databases, changes
from tests.rights.expectations import rule_of
from tests.rights.people import DEACTIVATED, PEOPLE
from tests.rights.places import ASSIGNED, STUDIO, Case
from tests.rights.rules import holds
from tests.rights.steps import Step
from tests.rights.targets import kinds
from tests.rights.walk import Walk
from tests.running import Caller, System

GUARDED: Final = [route for route in ROUTES if route.access is not Access.PUBLIC]
#: A stream has no end; ``test_heard`` reads events.
READS: Final = [route for route in GUARDED if route.method == "GET" and route.answer != "stream"]
WRITES: Final = [route for route in GUARDED if route.method != "GET"]
WORLD: Final = furnished()
#: What most is hidden in: everybody tries these.
RISKY: Final = ("comments", "notifications", "/full", "attachment", "persons", "playlists")
#: One in so many of the other reads.
OTHER_READS: Final = 14
#: How many people try a write that is refused, and one that is allowed.
REFUSED, ALLOWED = 4, 1


def number(step: Step) -> int:
    """A number that looks random, the same in every run."""
    return crc32(f"{step.name} {step.case}".encode())


def some_reads(steps: Iterable[Step]) -> Iterator[Step]:
    """Every route by somebody, and the risky ones by everybody somewhere."""
    for _, of_route in groupby(steps, key=lambda step: step.name):
        ordered = sorted(of_route, key=number)
        chosen = [step for step in ordered if number(step) % OTHER_READS == 0] or ordered[:1]
        if any(word in chosen[0].name for word in RISKY):
            people = {step.case.who.name: step for step in ordered}
            chosen = [*people.values()]
        yield from chosen


def some_writes(steps: Iterable[Step], people: int) -> Iterator[Step]:
    """Every route by so many."""
    for _, of_route in groupby(steps, key=lambda step: step.name):
        yield from sorted(of_route, key=number)[:people]


@pytest.fixture(scope="module")
def walk(system: System) -> Iterator[Walk]:
    """Everybody with a session, in a studio where all that is hidden bears a mark."""
    with closing(Databases(system.parts.urls)) as databases:
        yield Walk(system, furnished(), databases)


@pytest.fixture
def found(walk: Walk) -> Iterator[Walk]:
    """The walk, whose differences fail the test."""
    walk.differences.clear()
    yield walk
    assert not walk.differences, "\n".join(sorted({one.row() for one in walk.differences}))


def nothing() -> None:
    """No bar."""


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_has_a_rule_with_a_meaning_and_a_body(route: Route) -> None:
    """A new one needs an entry in ``expectations``, ``rules``, ``targets`` or ``bodies``."""
    kinds(route)
    body_of(route, WORLD, WORLD.ids[ASSIGNED.name])
    for who in PEOPLE:
        holds(rule_of(route), Case(who, ASSIGNED))


def test_reads_show_nobody_what_is_not_for_them(found: Walk) -> None:
    """Nor refuse what is."""
    found.read(list(some_reads(found.steps(READS))), nothing)


def test_writes_of_those_who_may_not_change_nothing(found: Walk) -> None:
    """In any service."""
    steps = [step for step in found.steps(WRITES) if not step.allowed]
    for _, of_route in groupby(some_writes(steps, REFUSED), key=lambda step: step.name):
        found.refuse(list(of_route), nothing)


def test_writes_of_those_who_may_are_done(found: Walk) -> None:
    """Else the refusals above would prove nothing."""
    steps = (step for step in found.steps(WRITES) if step.allowed)
    found.allow(some_writes(steps, ALLOWED), nothing)


def test_nobody_passes_without_a_token_or_deactivated(found: Walk) -> None:
    """Whatever the route."""
    stranger, gone = Caller(found.system.base, None), found.callers[DEACTIVATED.name]
    for route in GUARDED:
        step = Step(route, Case(DEACTIVATED, ASSIGNED if kinds(route) else STUDIO))
        assert found.send(step, stranger).status_code == 401, step.name
        if route.access is Access.SIGNED_IN:
            assert found.send(step, gone).status_code == 401, step.name


def test_head_changes_nothing(found: Walk) -> None:
    """It is sent by caches and monitors, even to routes whose GET does something."""
    admin = found.callers["admin"]
    # The first list of the scale makes its rows.
    admin.get("/data/salary-scales")
    before = found.databases.rows()
    for route in READS:
        step = Step(route, Case(PEOPLE[0], ASSIGNED if kinds(route) else STUDIO))
        assert found.head(step, admin) < 500, step.name
    assert changes(before, found.databases.rows()) == []
    assert admin.get("/auth/authenticated").status_code == 200
