"""Where the walk goes: the same set of things in two corners of one production and in another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from tests.rights.people import FILM, PEOPLE, SERIES, SOMEBODY, SOMEBODY_ELSE, Person

Ids = dict[str, str]


@dataclass(frozen=True, eq=False)
class Place:
    """One set of things: an entity of each kind with its task, and all that hangs on them."""

    name: str
    production: str
    #: The people about whom the rows are.
    author: Person
    #: Whether the assigned people are assigned to its tasks.
    assigned: bool = False
    #: Whether the maker created its entities.
    made: bool = False
    #: The department of its task types.
    department: str = "modeling"

    @property
    def exists(self) -> bool:
        """Whether the ids are those of rows."""
        return bool(self.production)


ASSIGNED: Final = Place("assigned", FILM, SOMEBODY, assigned=True)
OTHER: Final = Place("other", FILM, SOMEBODY, made=True, department="animation")
ELSEWHERE: Final = Place("elsewhere", SERIES, SOMEBODY_ELSE)
#: Ids of nothing.
NOWHERE: Final = Place("nowhere", "", SOMEBODY)
#: For routes that name no thing.
STUDIO: Final = Place("studio", "", SOMEBODY)
FURNISHED: Final = (ASSIGNED, OTHER, ELSEWHERE)


@dataclass(frozen=True, eq=False)
class Case:
    """Somebody at a place: what a rule decides about."""

    who: Person
    at: Place
    #: Whether the rows are about the caller: own comments, days off, filters.
    own: bool = False

    @property
    def role(self) -> str | None:
        """Their role in the place's production."""
        return self.who.role_in(self.at.production)

    @property
    def assigned(self) -> bool:
        """Whether they have a task there."""
        return self.who.assigned and self.at.assigned

    @property
    def covered(self) -> bool:
        """Whether the department of the tasks there is theirs, or they have none."""
        return self.who.department in {"", self.at.department}

    def __str__(self) -> str:
        """For reports."""
        return f"{self.who.name} at {'own, ' if self.own else ''}{self.at.name}"


class Nothing(dict[str, str]):
    """Ids that no row has."""

    def __missing__(self, key: str) -> str:
        """A new one for each kind."""
        return self.setdefault(key, str(uuid4()))


#: Who has rows of their own: those in or once in the film.
OWNERS: Final = tuple(p for p in PEOPLE if FILM in p.seats or p.name == "former member")
