"""Marks: texts in all that is hidden from somebody, each with the rule of who may see it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from tests.rights.people import FILM, SERIES, Person
from tests.rights.places import ASSIGNED, ELSEWHERE, FURNISHED, STUDIO, Case, Place
from tests.rights.rules import holds

READER: Final = "to be in the team, and a vendor to be assigned"
NO_CLIENT: Final = "to be in the team, not as client, and a vendor to be assigned"
#: What stands somewhere, and the rule that its readers keep, whichever route shows it.
SEEN_BY: Final = {
    "production": "to be in the production's team",
    **{
        f"{kind} name": READER for kind in ("episode", "sequence", "shot", "scene", "edit", "asset")
    },
    "concept name": NO_CLIENT,
    "concept folder": "to be in the production's team, not as vendor or client",
    **{
        f"{kind} task": READER for kind in ("episode", "sequence", "shot", "scene", "edit", "asset")
    },
    "concept task": NO_CLIENT,
    "due date": NO_CLIENT,
    "open data": READER,
    "bound data": "to be in the production's team, not as vendor",
    "bound descriptor": "to be in the production's team, not as vendor",
    "internal descriptor": "to be in the production's team, not as client",
    "instance": READER,
    "internal comment": "to read internal comments",
    "reply": "to read internal comments",
    "checklist": "to read internal comments",
    "attachment": "to read internal comments",
    "client comment": "to supervise the production",
    "comment for clients": READER,
    "rejected": NO_CLIENT,
    "preview": READER,
    "chat message": READER,
    "working file": READER,
    "output file": READER,
    "milestone": "to be in the production's team, not as vendor or client",
    "schedule version": "to be in the production's team, not as vendor or client",
    "budget": "to manage the production",
    "budgeted salary": "to manage the production",
    "playlist": "to be in the production's team, not as vendor or client",
    "client playlist": "to be in the production's team, not as vendor",
    "filter": "an administrator",
    "filter group": "an administrator",
    "webhook": "to manage the production",
    "preview account": "to manage the production",
    "day off": "to manage a production of the person's",
    # Of the studio.
    "phone": "a manager or to manage a production",
    "mail": "a manager or to manage a production",
    "salary": "a manager or to manage a production",
    "person data": "a manager or to manage a production",
    "stranger": "a role other than client",
    "chat token": "an administrator",
    "address": "an administrator",
    "hardware": "an administrator",
    "custom action": "a role other than vendor",
    "plugin": "to be signed in",
    "template": "a manager",
    "scale": "an administrator",
    "event": "an administrator",
}
PLACES: Final = {
    **{place.name: place for place in FURNISHED},
    "studio": STUDIO,
    FILM: ASSIGNED,
    SERIES: ELSEWHERE,
}
#: What holds no text has a number or a day that stands nowhere else.
NUMBERS: Final = ("salary", "scale", "budgeted salary")


@dataclass(frozen=True, eq=False)
class Mark:
    """One text somewhere."""

    place: Place
    what: str
    text: str

    def is_for(self, who: Person) -> bool:
        """Whether they may see it."""
        return holds(SEEN_BY[self.what], Case(who, self.place))


def mark(place: str, what: str) -> str:
    """The text that marks something at a place."""
    number = [*SEEN_BY].index(what) * 100 + [*PLACES].index(place)
    if what in NUMBERS:
        return str(76_540_000 + number)
    if what == "due date":
        return f"20{41 + [*PLACES].index(place)}-07-07"
    return f"zq-{place}-{what.replace(' ', '-')}-zq"


@cache
def marks() -> dict[str, Mark]:
    """All marks by their text."""
    return {
        mark(name, what): Mark(place, what, mark(name, what))
        for name, place in PLACES.items()
        for what in SEEN_BY
    }


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, marks())))


def leaked(who: Person, text: str) -> set[Mark]:
    """The marks in a text that somebody may not see."""
    found = {marks()[one] for one in _pattern().findall(text)}
    return {one for one in found if not one.is_for(who)}
