"""Fixtures: a loaded series at work."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.desk import Desk
from tests.running import Caller, System

As = Callable[[str], Caller]


@pytest.fixture
def desk(system: System) -> Desk:
    """A series at work, loaded afresh."""
    found = Desk()
    system.load(found.tables)
    return found


@pytest.fixture
def who(system: System, desk: Desk) -> As:
    """Sessions by name: ``who("artist")``."""
    return lambda name: system.caller(desk.people[name])


@pytest.fixture
def stage(system: System, desk: Desk) -> Desk:
    """Every kind of entity has a task of the artist's and one of nobody's."""
    desk.cut = desk.entity("Cut", "Edit", parent_id=desk.episode)
    for entity in (desk.episode, desk.opening, desk.scene, desk.cut, desk.shots[0]):
        desk.task_on(entity, "modeling", "artist")
        desk.task_on(entity, "rigging", priority=None)
    system.load(desk.tables)
    return desk
