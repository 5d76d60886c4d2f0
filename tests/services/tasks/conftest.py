"""Fixtures: a loaded series at work."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.services.tasks.desk import Desk
from tests.system import Caller, System

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
