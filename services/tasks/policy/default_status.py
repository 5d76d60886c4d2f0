"""The default statuses of new tasks."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common.access.context import CallContext
from services.common.crud.resource import CrudContext
from services.common.database.tables import table_of
from services.tasks.models import TaskStatus

NOT_BEGUN: Final = {"name": "Todo", "short_name": "todo", "color": "#f5f5f5", "for_concept": False}
NEUTRAL: Final = {
    "name": "Neutral",
    "short_name": "neutral",
    "color": "#CCCCCC",
    "for_concept": True,
}

FIRST_VALUES: Final = {
    "is_default": True,
    "priority": 1,
    "archived": False,
    "is_done": False,
    "is_retake": False,
    "is_feedback_request": False,
    "is_wip": False,
    "is_artist_allowed": True,
    "is_client_allowed": True,
}


def lock_defaults(ctx: CallContext) -> None:
    """Wait for concurrent writers of default statuses: there may be no row yet to lock."""
    ctx.tx.lock_key("default task status")


def default_status(ctx: CrudContext, *, concept: bool) -> UUID:
    """The default status, created at first use; then emits ``task-status:new``."""
    table, wanted = table_of(TaskStatus), NEUTRAL if concept else NOT_BEGUN
    default = (
        sa.select(table.c.id)
        .where(
            table.c.is_default.is_(True),
            sa.func.coalesce(table.c.for_concept, False).is_(concept),
        )
        .limit(1)
    )
    named = sa.select(table.c.id).where(table.c.short_name == wanted["short_name"])
    found: UUID | None = ctx.tx.connection.scalar(default)
    if found is not None:
        return found
    lock_defaults(ctx)
    other: UUID | None = ctx.tx.connection.scalar(default)
    if other is not None:
        return other
    row = {**FIRST_VALUES, **wanted, "id": uuid4()}
    # Two first tasks at once: the second transaction waits here, and takes the first one's status.
    made = insert(table).values(row).on_conflict_do_nothing().returning(table.c.id)
    ident: UUID | None = ctx.tx.connection.scalar(made)
    if ident is None:
        existing: UUID = ctx.tx.connection.execute(named).scalar_one()
        return existing
    resource = ctx.registry["task-status"]
    ctx.tx.emit(ctx.registry.event(resource, "new", {"id": ident}))
    return ident
