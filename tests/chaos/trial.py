"""One fault under load, and the checks that follow it."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import Final

from tests.chaos.faults import Fault
from tests.running import System
from tests.subscribing import Subscriber
from tests.traffic import Traffic
from tests.world import World

BUSY, UNKNOWN = 502, 0
WHILE_RUNNING: Final = 409
"""What a careful client is told that asks again while its first request is still at work."""


@dataclass(frozen=True)
class Outcome:
    """The effect of a fault on clients."""

    fault: str
    requests: int
    refused: Counter[int]
    """Answers that were none, by status."""
    slowest: float
    """Seconds that the longest answer took."""
    recovery: float
    """Seconds from the end of the fault until each kind of row was written again."""


def trial(system: System, world: World, subscriber: Subscriber, fault: Fault) -> Outcome:
    """Inject a fault under load. Raises AssertionError if a guarantee was violated.

    Every acknowledged write is there, once; every event of it is told and logged, once; nothing was
    answered but by success, "not now", or (where the gateway itself went) a broken connection.
    """
    with Traffic(system, world) as traffic:
        traffic.until_some(2)
        with fault.inject(system):
            traffic.stopping.wait(fault.seconds)
        repaired = time.monotonic()
        traffic.until_some(2)
        recovery = time.monotonic() - repaired
    refused: Counter[int] = Counter()
    for (_method, status, _text), count in traffic.failures().items():
        refused[status] += count
    allowed = {BUSY, WHILE_RUNNING} | ({UNKNOWN} if fault.loses_connections else set())
    assert set(refused) <= allowed, traffic.failures()
    traffic.check(subscriber)
    return Outcome(fault.name, len(traffic.answers), refused, traffic.slowest(), recovery)
