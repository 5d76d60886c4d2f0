"""A part of the walk that is small enough for every test run, and the same each time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final
from zlib import crc32

from tests.rights.walk import Step

#: What most is hidden in: everybody tries these.
RISKY: Final = ("comments", "notifications", "/full", "attachment", "persons", "playlists")
#: One in so many of the other reads.
READS: Final = 14
#: How many people try a write that is refused, and one that is allowed.
REFUSED, ALLOWED = 4, 1


def number(step: Step) -> int:
    """A number that looks random, the same in every run."""
    return crc32(f"{step.name} {step.case}".encode())


def some_reads(steps: Iterable[Step]) -> Iterator[Step]:
    """Every route by somebody, and the risky ones by everybody somewhere."""
    for _, of_route in groupby(steps, key=lambda step: step.name):
        ordered = sorted(of_route, key=number)
        chosen = [step for step in ordered if number(step) % READS == 0] or ordered[:1]
        if any(word in chosen[0].name for word in RISKY):
            people = {step.case.who.name: step for step in ordered}
            chosen = [*people.values()]
        yield from chosen


def some_writes(steps: Iterable[Step], people: int) -> Iterator[Step]:
    """Every route by so many."""
    for _, of_route in groupby(steps, key=lambda step: step.name):
        yield from sorted(of_route, key=number)[:people]
