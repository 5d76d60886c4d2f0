"""Fixtures: a loaded series with work in progress."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.desk import Desk
from tests.running import Caller, System

As = Callable[[str], Caller]


@pytest.fixture
def desk(system: System) -> Desk:
    """A series with work in progress, loaded for each test."""
    found = Desk()
    system.load(found.tables)
    return found


@pytest.fixture
def who(system: System, desk: Desk) -> As:
    """Clients by name: ``who("artist")``."""
    return lambda name: system.caller(desk.people[name])


@pytest.fixture
def stage(system: System, desk: Desk) -> Desk:
    """Each kind of entity has a task of the artist and an unassigned one."""
    desk.cut = desk.entity("Cut", "Edit", parent_id=desk.episode)
    for entity in (desk.episode, desk.opening, desk.scene, desk.cut, desk.shots[0]):
        desk.task_on(entity, "modeling", "artist")
        desk.task_on(entity, "rigging", priority=None)
    system.load(desk.tables)
    return desk
