"""The chapters of a day, in order."""

from __future__ import annotations

from typing import Final

from tests.system.day import breakdown, evening, files, people, production, refusals, talk, work
from tests.system.day.script import Step

CHAPTERS: Final[dict[str, list[Step]]] = {
    "people": people.STEPS,
    "production": production.STEPS,
    "breakdown": breakdown.STEPS,
    "work": work.STEPS,
    "talk": talk.STEPS,
    "files": files.STEPS,
    "refusals": refusals.STEPS,
    "evening": evening.STEPS,
}
