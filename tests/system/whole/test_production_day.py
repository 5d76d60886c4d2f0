"""A production's day, as scripts of the ``gazu`` client play it: again, and two at once."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.running import System
from tests.world import World

MINUTES = 5 * 60


def begun(system: System) -> subprocess.Popen[str]:
    """A day being played by a process of its own."""
    command = [
        sys.executable,
        "-m",
        "tests.system.day",
        system.base,
        "admin@example.com",
        "mypassword",
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def lived_through(day: subprocess.Popen[str]) -> None:
    """Wait for its end; a step that failed is the test's failure."""
    said, _ = day.communicate(timeout=MINUTES)
    if day.returncode:
        pytest.fail(said, pytrace=False)
    assert "ok  evening: go home" in said


@pytest.fixture(scope="module")
def studio(system: System) -> System:
    """A system with a small studio in it, loaded once for all days."""
    system.load(World().tables)
    return system


def test_a_day_follows_another(studio: System) -> None:
    """What one leaves behind is in nobody's way."""
    for _ in range(2):
        lived_through(begun(studio))


def test_two_days_go_on_at_once(studio: System) -> None:
    """Neither sees nor hinders the other."""
    for day in [begun(studio) for _ in range(2)]:
        lived_through(day)
