"""Who reads people's days off: they, and those who plan their work."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.rules import Facts, Rule, any_of, is_self
from services.crud.models import project_person_link

#: What supervisors aren't shown: why somebody is away.
REASON: Final = "description"


def _roles_over(ctx: CallContext, person: UUID | None) -> frozenset[str]:
    """The caller's roles in the productions whose team the person is in."""
    link, roles = project_person_link.c, ctx.actor.projects
    planned = [project for project, role in roles.items() if role in {"manager", "supervisor"}]
    if not planned or person is None:
        return frozenset()
    shared = sa.select(link.project_id).where(
        link.person_id == person, link.project_id.in_(planned)
    )
    with ctx.database.read() as connection:
        return frozenset(roles[project] for project in connection.scalars(shared))


def _shares_department(ctx: CallContext, person: UUID) -> bool:
    """Whether they are in a department of the caller's, or the caller is in none."""
    mine = ctx.actor.departments
    if not mine:
        return True
    people = ctx.ask("auth", "list_full_persons", ids=[str(person)])
    theirs = people.get(str(person), {}).get("departments", ())
    return bool(mine & {UUID(str(department)) for department in theirs})


def _manages(ctx: CallContext, facts: Facts) -> bool:
    return "manager" in _roles_over(ctx, facts["person_id"])


def _supervises(ctx: CallContext, facts: Facts) -> bool:
    person = facts["person_id"]
    return "supervisor" in _roles_over(ctx, person) and _shares_department(ctx, person)


_BY_PERSON: Final = ("person_id",)
#: Those who are shown why somebody is away.
reader_of_reason: Final = any_of(
    is_self("person_id"), Rule("to manage a production of the person's", _manages, _BY_PERSON)
)
reader: Final = any_of(
    reader_of_reason,
    Rule("to supervise the person's department in a production of theirs", _supervises, _BY_PERSON),
)


def sees_reason(ctx: CallContext, person: UUID | None) -> bool:
    """Whether somebody who may read a day off is told the reason, too."""
    return ctx.actor.is_admin or reader_of_reason.test(ctx, {"person_id": person})
