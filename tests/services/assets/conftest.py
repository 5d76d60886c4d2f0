"""Fixtures: a loaded series."""

from __future__ import annotations

import pytest

from tests.services.assets.show import Show
from tests.system import Caller, System


@pytest.fixture
def show(system: System) -> Show:
    """A series in production, loaded afresh."""
    found = Show()
    system.load(found.tables)
    return found


@pytest.fixture
def admin(system: System, show: Show) -> Caller:
    """The administrator."""
    return system.caller(show.admin)
