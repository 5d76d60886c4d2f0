"""The core that a starting broker has to itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from deploy.local.cores import Cores

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="one core, or a system that tells nothing of cores, can't be divided",
)


@pytest.fixture
def sleepers() -> Iterator[ExitStack]:
    """Processes that end with the test."""
    with ExitStack() as stack:
        yield stack


def sleeper(stack: ExitStack) -> int:
    """A process that does nothing; its number."""
    process = stack.enter_context(subprocess.Popen(["sleep", "60"]))
    stack.callback(process.kill)
    return process.pid


def test_what_starts_apart_has_a_core_to_itself_until_all_are_shared(sleepers: ExitStack) -> None:
    """We, too, leave it alone meanwhile."""
    cores = Cores()
    everywhere = os.sched_getaffinity(0)
    before = sleeper(sleepers)
    with cores.one_apart():
        apart = sleeper(sleepers)
    after = sleeper(sleepers)
    try:
        own = os.sched_getaffinity(apart)
        assert len(own) == 1
        assert os.sched_getaffinity(after) == os.sched_getaffinity(0) == everywhere - own
        assert os.sched_getaffinity(before) == everywhere
    finally:
        cores.share()
    for pid in (0, before, apart, after):
        assert os.sched_getaffinity(pid) == everywhere
