"""Authorization rules.

The gateway authenticates; the service that owns a row authorizes. A rule reads the *facts* of a row
(``project_id``, ``created_by`` …) and may call other services through the call's context. Lists are
scoped in SQL by the resource, never filtered by rules.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.common.access.context import CallContext
from services.common.errors import Forbidden
from services.common.json_types import Row

#: The columns of a row that rules read, by name.
Facts = Row


def only_persons(ctx: CallContext) -> UUID:
    """The id of the caller, who must not be a bot, whatever its role. Raises Forbidden."""
    if ctx.actor.is_bot or ctx.actor.id is None:
        message = "This requires a person."
        raise Forbidden(message)
    return ctx.actor.id


@dataclass(frozen=True)
class Rule:
    """A named condition; the name is part of the 403's message."""

    name: str
    test: Callable[[CallContext, Facts], bool]
    #: The facts it reads; a rule without any is checked before the row is loaded.
    needs: tuple[str, ...] = ()

    def check(self, ctx: CallContext, facts: Facts) -> None:
        """Raise Forbidden unless the rule holds; administrators always pass."""
        # Administrators pass here, once, so no rule has to mention them.
        if not ctx.actor.is_admin and not self.test(ctx, facts):
            message = f"This requires {self.name}."
            raise Forbidden(message)


def any_of(*rules: Rule) -> Rule:
    """A rule that holds when one of ``rules`` does."""
    needs = tuple(dict.fromkeys(name for rule in rules for name in rule.needs))
    name = " or ".join(rule.name for rule in rules)
    return Rule(name, lambda ctx, facts: any(rule.test(ctx, facts) for rule in rules), needs)


def role_in_project(name: str, *roles: str) -> Rule:
    """Members of the row's production whose role there is one of ``roles`` (all when empty)."""

    def test(ctx: CallContext, facts: Facts) -> bool:
        role = ctx.actor.role_in(facts["project_id"])
        return role is not None and (not roles or role in roles)

    return Rule(name, test, ("project_id",))


def is_self(fact: str) -> Rule:
    """The person the row is about, named by ``fact``."""

    def test(ctx: CallContext, facts: Facts) -> bool:
        return ctx.actor.id is not None and facts[fact] == ctx.actor.id

    return Rule("to be the person concerned", test, (fact,))


def has_role(name: str, *roles: str) -> Rule:
    """Anyone whose global role is one of ``roles``."""
    return Rule(name, lambda ctx, _facts: ctx.actor.role in roles)


anyone: Final = Rule("to be signed in", lambda _ctx, _facts: True)
admin: Final = Rule("an administrator", lambda _ctx, _facts: False)
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
