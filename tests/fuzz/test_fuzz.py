"""A short ``make fuzz``."""

from __future__ import annotations

import time

from schemathesis import GenerationMode

from tests.fuzz.attack import Attack
from tests.running import System
from tests.world import World

EXAMPLES = 2
SECONDS = 80.0
SOME = 100


def test_every_answer_is_one_that_the_description_knows(system: System, world: World) -> None:
    """No 5xx; statuses, content types and bodies match the description."""
    end = time.monotonic() + SECONDS
    attack = Attack(system, world, EXAMPLES, seed=1, modes=[GenerationMode.POSITIVE])
    findings = list(attack.run(lambda _name: time.monotonic() < end))
    assert not findings, "\n\n".join(f"{f.operation}\n{f.what}\n{f.how}" for f in findings)
    assert attack.sent > SOME
    for role, statuses in attack.statuses.items():
        assert statuses[200] > sum(statuses.values()) / 50, role
