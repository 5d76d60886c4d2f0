"""Who reads people's days off: they, and those who plan their work."""

from __future__ import annotations

from typing import Final, NamedTuple
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


class Seen(NamedTuple):
    """The people whose days off somebody reads, with the reasons and without."""

    whole: frozenset[UUID]
    brief: frozenset[UUID]


def people_seen(ctx: CallContext) -> Seen:
    """Of whom the caller, who is no administrator, reads the days off, as ``reader`` says."""
    managed = _people_of(ctx, "manager") | ({ctx.actor.id} if ctx.actor.id else frozenset())
    supervised = _people_of(ctx, "supervisor") - managed
    mine = ctx.actor.departments
    if mine and supervised:
        people = ctx.ask("auth", "list_full_persons", ids=sorted(map(str, supervised)))
        supervised = frozenset(
            person
            for person in supervised
            if mine & {UUID(one) for one in people.get(str(person), {}).get("departments", ())}
        )
    return Seen(managed, supervised)


def _people_of(ctx: CallContext, role: str) -> frozenset[UUID]:
    """The people of the productions in which the caller has a role."""
    link = project_person_link.c
    projects = [project for project, held in ctx.actor.projects.items() if held == role]
    if not projects:
        return frozenset()
    people = sa.select(link.person_id).where(link.project_id.in_(projects))
    with ctx.database.read() as connection:
        return frozenset(connection.scalars(people))


def sees_reason(ctx: CallContext, person: UUID | None) -> bool:
    """Whether somebody who may read a day off is told the reason, too."""
    return ctx.actor.is_admin or reader_of_reason.test(ctx, {"person_id": person})
