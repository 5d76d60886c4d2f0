"""Authorization on productions, and the event and answer of a change."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.rules import Rule
from services.common.contracts.crud.events import ProjectUpdated
from services.common.crud.resource_rules import CrudContext
from services.common.crud.validation import known_id, path_id
from services.common.database.tables import NOW
from services.common.errors import NotFound
from services.common.wire.rpc_protocol import Reply
from services.crud.models import Project


def permitted_project(ctx: CallContext, project_id: str, rule: Rule) -> UUID:
    """The id of an existing production for which the caller passes the rule.

    Raises NotFound, Forbidden.
    """
    project = known_id(project_id)
    with ctx.database.read() as connection:
        if not connection.scalar(sa.select(sa.exists().where(Project.id == project))):
            raise NotFound
    rule.check(ctx, {"project_id": project})
    return project


def permitted_project_or_told(ctx: CallContext, project_id: str, rule: Rule) -> UUID:
    """As ``permitted_project``; administrators are told of what is no id.

    Of nobody else is a malformed production one that they may see. Raises InvalidInput, too.
    """
    if ctx.actor.is_admin:
        path_id(project_id)
    return permitted_project(ctx, project_id, rule)


def project_changed(ctx: CallContext, project: UUID, *people: UUID) -> None:
    """Emit ``project:update``, about the memberships of these people."""
    ctx.tx.emit(ProjectUpdated(project_id=project, person_ids=list(people)))


def touch_project(ctx: CallContext, project: UUID) -> None:
    """Set the production's time of change: who or what it uses is part of it."""
    ctx.tx.connection.execute(
        sa.update(Project).where(Project.id == project).values(updated_at=NOW)
    )


def project_reply(ctx: CrudContext, project: UUID) -> Reply:
    """The production's JSON, as routes that change it return it."""
    return Reply(ctx.registry["projects"].view(ctx.tx, project, relations=False))
