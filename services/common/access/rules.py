"""Who is calling, and rules about what they may do.

The gateway establishes the actor; the owning service applies rules with the row in hand. A rule
reads the *facts* of a row (``project_id``, ``created_by`` …) and, where another service holds the
answer, asks it through ``work``. Lists are scoped in SQL by the resource, never filtered here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec

from services.common.errors import Forbidden

ROLES: Final = ("user", "admin", "supervisor", "manager", "client", "vendor")


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """The person or bot behind a request, as ``auth`` knew it moments ago."""

    id: UUID | None = None
    role: str = "user"
    is_bot: bool = False
    departments: frozenset[UUID] = frozenset()
    projects: dict[UUID, str] = {}
    """Productions whose team they are in, with the role they have there."""
    open_projects: frozenset[UUID] = frozenset()
    """Those of ``projects`` whose status is Open."""

    @property
    def is_admin(self) -> bool:
        """Administrators may do everything everywhere."""
        return self.role == "admin"

    @property
    def works_as_vendor(self) -> bool:
        """Whether what they see depends on what they are assigned to."""
        return "vendor" in {self.role, *self.projects.values()}

    def sees_all_of(self, project: UUID) -> bool:
        """Whether lists of what belongs to a production leave nothing out for them."""
        mine = project in self.open_projects and self.projects.get(project) != "vendor"
        return self.is_admin or mine

    def role_in(self, project: UUID | None) -> str | None:
        """Their effective role in a production; None when not in its team."""
        if self.is_admin:
            return "admin"
        return self.projects.get(project) if project else None


SYSTEM: Final = Actor(role="admin")
"""Acts for the system itself: handlers of events, the command line."""


class Work(Protocol):
    """What a rule or a scope may use: the caller, and questions to other services."""

    @property
    def actor(self) -> Actor:
        """Who is calling."""

    @property
    def database(self) -> Any:
        """The service's own database, for reading."""

    def ask(self, service: str, method: str, /, **kwargs: Any) -> Any:
        """Call another service and return its decoded answer."""

    def ask_all(self, questions: list[tuple[str, str, dict[str, Any]]]) -> list[Any]:
        """Several questions at once, answered in order."""


Facts = Mapping[str, Any]


def only_persons(work: Work) -> UUID:
    """The id of the caller, who must not be a bot, whatever its role. Raises Forbidden."""
    if work.actor.is_bot or work.actor.id is None:
        message = "This requires a person."
        raise Forbidden(message)
    return work.actor.id


@dataclass(frozen=True)
class Rule:
    """A named condition; the name is what a refusal says was required."""

    name: str
    test: Callable[[Work, Facts], bool]
    needs: tuple[str, ...] = ()
    """The facts it reads; a rule without any can be decided before the row is loaded."""

    def check(self, work: Work, facts: Facts) -> None:
        """Raise Forbidden unless the rule holds; administrators always pass."""
        if not work.actor.is_admin and not self.test(work, facts):
            message = f"This requires {self.name}."
            raise Forbidden(message)


def any_of(*rules: Rule) -> Rule:
    """A rule that holds when one of ``rules`` does."""
    needs = tuple(dict.fromkeys(name for rule in rules for name in rule.needs))
    name = " or ".join(rule.name for rule in rules)
    return Rule(name, lambda work, facts: any(rule.test(work, facts) for rule in rules), needs)


def role_in_project(name: str, *roles: str) -> Rule:
    """Members of the row's production whose role there is one of ``roles`` (all when empty)."""

    def test(work: Work, facts: Facts) -> bool:
        held = work.actor.role_in(facts["project_id"])
        return held is not None and (not roles or held in roles)

    return Rule(name, test, ("project_id",))


def is_self(fact: str) -> Rule:
    """The person the row is about, named by ``fact``."""

    def test(work: Work, facts: Facts) -> bool:
        return work.actor.id is not None and facts[fact] == work.actor.id

    return Rule("to be the person concerned", test, (fact,))


def has_role(name: str, *roles: str) -> Rule:
    """Anyone whose global role is one of ``roles``."""
    return Rule(name, lambda work, _facts: work.actor.role in roles)


anyone: Final = Rule("to be signed in", lambda _work, _facts: True)
admin: Final = Rule("an administrator", lambda _work, _facts: False)
not_vendor: Final = has_role(
    "a role other than vendor", "user", "supervisor", "manager", "client", "admin"
)
studio_manager: Final = has_role("a manager", "manager")
team: Final = role_in_project("to be in the production's team")
team_but_vendor: Final = role_in_project(
    "to be in the production's team, not as vendor", "user", "supervisor", "manager", "client"
)
manager: Final = role_in_project("to manage the production", "manager")
supervisor: Final = role_in_project("to supervise the production", "manager", "supervisor")
