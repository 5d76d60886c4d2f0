"""The people of the walk: every kind that somebody may be in a production."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.world import ident

#: Two open productions, by name.
FILM, SERIES = "film", "series"
MEMBER: Final[Mapping[str, str | None]] = {FILM: None}


@dataclass(frozen=True, eq=False)
class Person:
    """Somebody who walks: what rights depend on, as the world has it."""

    name: str
    #: In the studio.
    role: str = "user"
    #: The productions whose team they are in, and the role they have there; None: the studio's.
    seats: Mapping[str, str | None] = field(default_factory=lambda: MEMBER)
    department: str = ""
    #: Whether the tasks of the place ``assigned`` are theirs.
    assigned: bool = False
    #: Whether they created the entities of the place ``other``.
    maker: bool = False
    bot: bool = False
    active: bool = True

    @property
    def id(self) -> str:
        """Their id."""
        return ident(f"person {self.name}")

    def role_in(self, production: str) -> str | None:
        """Their role in a production; None outside its team."""
        if self.role == "admin":
            return "admin"
        if production not in self.seats:
            return None
        return self.seats[production] or self.role


PEOPLE: Final = (
    Person("admin", "admin", seats={}),
    Person("manager", "manager"),
    Person("supervisor", "supervisor"),
    Person("supervisor of animation", "supervisor", department="animation"),
    Person("artist", department="modeling", assigned=True),
    Person("idle artist"),
    Person("maker", maker=True),
    Person("vendor", "vendor", department="modeling", assigned=True),
    Person("idle vendor", "vendor"),
    Person("client", "client"),
    Person("second client", "client"),
    Person("bot", bot=True),
    Person("managing bot", "manager", bot=True),
    # Whose role in the production differs from the studio's.
    Person("manager as vendor", "manager", seats={FILM: "vendor"}),
    Person("artist as client", seats={FILM: "client"}),
    Person("client as artist", "client", seats={FILM: "user"}),
    Person("artist as manager", seats={FILM: "manager"}),
    Person("manager elsewhere", "manager", seats={SERIES: None}),
    # With a comment, a subscription and a task from the time in the team.
    Person("former member", seats={}, department="modeling", assigned=True),
)
DEACTIVATED: Final = Person("deactivated", "manager", active=False)
#: They are what others' rows are about; nobody walks as them.
SOMEBODY: Final = Person("somebody", department="modeling")
SOMEBODY_ELSE: Final = Person("somebody else", seats={SERIES: None})
GUEST: Final = Person("first client", "client")
NEWCOMER: Final = Person("newcomer", seats={})
EVERYBODY: Final = (*PEOPLE, DEACTIVATED, SOMEBODY, SOMEBODY_ELSE, GUEST, NEWCOMER)
