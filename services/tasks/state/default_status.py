"""The default statuses of new tasks."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common.access.context import CallContext
from services.common.crud.resource_rules import CrudContext
from services.common.database.tables import table_of
from services.tasks.models import TaskStatus

DEFAULT: Final = {"name": "Todo", "short_name": "todo", "color": "#f5f5f5", "for_concept": False}
CONCEPT_DEFAULT: Final = {
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
    """The id of the default status, created on first use. Emits ``task-status:new`` then."""
    table, values = table_of(TaskStatus), CONCEPT_DEFAULT if concept else DEFAULT
    default = (
        sa.select(table.c.id)
        .where(
            table.c.is_default.is_(True),
            sa.func.coalesce(table.c.for_concept, False).is_(concept),
        )
        .limit(1)
    )
    status_id: UUID | None = ctx.tx.connection.scalar(default)
    if status_id is None:
        lock_defaults(ctx)
        status_id = ctx.tx.connection.scalar(default)
    if status_id is not None:
        return status_id
    row = {**FIRST_VALUES, **values, "id": uuid4()}
    # Two first tasks at once: the second transaction waits here, and uses the first one's status.
    statement = insert(table).values(row).on_conflict_do_nothing().returning(table.c.id)
    ident: UUID | None = ctx.tx.connection.scalar(statement)
    if ident is None:
        by_name = sa.select(table.c.id).where(table.c.short_name == values["short_name"])
        concurrent: UUID = ctx.tx.connection.execute(by_name).scalar_one()
        return concurrent
    resource = ctx.registry["task-status"]
    ctx.tx.emit(ctx.registry.event(resource, "new", {"id": ident}))
    return ident
