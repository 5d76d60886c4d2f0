"""No way of events loses one, or disorders a row, whichever process dies."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.chaos.ways import VICTIMS, trial
from tests.running import Caller, System
from tests.world import World

pytestmark = pytest.mark.alone
#: Two minutes show more: ``CHAOS_SECONDS=120``.
SECONDS = float(os.environ.get("CHAOS_SECONDS", "15"))


@pytest.fixture(autouse=True)
def restored(system: System) -> Iterator[None]:
    """Restart killed processes for the next test."""
    yield
    system.restore()


def test_each_way_tells_each_event_whatever_is_killed(
    system: System, world: World, admin: Caller
) -> None:
    """Stream, polls, an account's queue and a webhook, under SIGKILLs in turn."""
    result = trial(system, world, admin, SECONDS)
    print(result)
    assert result.written > len(VICTIMS)
    assert set(result.refused) <= {0, 502}
