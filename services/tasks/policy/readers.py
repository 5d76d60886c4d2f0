"""The people who are told of something, with the rights that they have now."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext, seen_by
from services.common.actor import Actor
from services.common.database.sql_types import Condition
from services.tasks.policy.clients import clients_in
from services.tasks.policy.notifications import NOTE
from services.tasks.policy.people import short_persons
from services.tasks.policy.tasks import LEADING


def readers_of(ctx: CallContext, notes: Condition) -> Iterator[CallContext]:
    """The call as each reader of these notifications would make it."""
    statement = sa.select(NOTE.c.person_id, NOTE.c.production_id).where(notes).distinct()
    with ctx.database.read() as connection:
        found = connection.execute(statement).all()
    projects = sorted({project for _, project in found if project})
    people = sorted({person for person, _ in found})
    roles = ctx.ask(
        "crud",
        "list_roles",
        project_ids=[str(project) for project in projects],
        person_ids=[str(person) for person in people],
    )
    known = short_persons(ctx, list(people))
    actors = [_actor(UUID(ident), person["role"], roles) for ident, person in known.items()]
    if any(set(actor.projects.values()) - LEADING for actor in actors):
        # For all of them, who then need not be asked for one by one.
        clients_in(ctx, projects)
    yield from (seen_by(ctx, actor) for actor in actors)


def _actor(person: UUID, role: str, roles: dict[str, dict[str, str | None]]) -> Actor:
    held = {
        UUID(project): seats[str(person)] or role
        for project, seats in roles.items()
        if str(person) in seats
    }
    return Actor(id=person, role=role, projects=held)
