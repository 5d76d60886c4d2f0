"""Membership in productions."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.crud.validation import known_id
from services.common.database import row_counts
from services.common.database.prepared import parameter
from services.common.database.tables import table_of
from services.common.errors import Forbidden, NotFound
from services.tasks.models import Task

_PROJECT: Final = sa.cast(parameter("project", sa.Text), sa.Uuid)
TASKS_IN: Final = sa.select(
    row_counts.total(table_of(Task), row_counts.NOTES.c.project_id == _PROJECT)
)


def require_member(ctx: CallContext, project_id: str, *roles: str) -> UUID:
    """The id of a production whose team the caller is in, with one of ``roles`` if given.

    Administrators always pass. Raises NotFound, Forbidden.
    """
    project = known_id(project_id)
    role = ctx.actor.role_in(project)
    # A role proves that the production exists. Administrators have one everywhere: for them its
    # tasks prove it, which are deleted with it, and ``crud`` is asked only about one without any.
    if role is None or (ctx.actor.is_admin and not _has_tasks(ctx, project)):
        found = ctx.ask("crud", "find_existing_rows", tables={"project": [str(project)]})
        if not found["project"]:
            raise NotFound
    if role is None or (roles and role not in {"admin", *roles}):
        message = f"This requires to be {' or '.join(roles) or 'in the team'} of the production."
        raise Forbidden(message)
    return project


def _has_tasks(ctx: CallContext, project: UUID) -> bool:
    return bool(ctx.database.scalar(TASKS_IN, project=str(project)))
