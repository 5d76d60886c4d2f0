"""A production day, played by scripts with ``gazu``: repeated, and two at once."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.running import System
from tests.world import World

MINUTES = 5 * 60


def day_process(system: System) -> subprocess.Popen[str]:
    """A day that runs in its own process."""
    command = [
        sys.executable,
        "-m",
        "tests.system.day",
        system.base,
        "admin@example.com",
        "mypassword",
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def wait_for_end(day: subprocess.Popen[str]) -> None:
    """Wait for its end; a failed step fails the test."""
    said, _ = day.communicate(timeout=MINUTES)
    if day.returncode:
        pytest.fail(said, pytrace=False)
    assert "ok  evening: go home" in said


@pytest.fixture(scope="module")
def studio(system: System) -> System:
    """A system with a small studio, shared by all days."""
    system.load(World().tables)
    return system


def test_a_day_works(studio: System) -> None:
    """Every step of it."""
    wait_for_end(day_process(studio))


def test_two_more_days_run_concurrently(studio: System) -> None:
    """Neither the data of the first nor each other is in their way."""
    for day in [day_process(studio) for _ in range(2)]:
        wait_for_end(day)
