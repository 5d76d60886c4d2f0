"""The duration of a task: the sum of the time spent on it."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from services.common.crud.resource_rules import CrudContext
from services.tasks.models import Task, TimeSpent


def recompute_duration(ctx: CrudContext, task: UUID | None) -> None:
    """Set a task's duration to the sum of its time spent. Emits ``task:update``."""
    if task is None:
        return
    # Locked first: a second writer's sum must see what the first one committed. In one statement
    # it would be made from the snapshot of before the wait. Not FOR UPDATE: both writers hold the
    # key of the task already, by the foreign key of what they inserted, and would deadlock.
    lock = sa.select(Task.id).where(Task.id == task).with_for_update(key_share=True)
    ctx.tx.session.execute(lock)
    total = sa.select(sa.func.coalesce(sa.func.sum(TimeSpent.duration), 0.0)).where(
        TimeSpent.task_id == task
    )
    update = sa.update(Task).where(Task.id == task).values(duration=total.scalar_subquery())
    # RETURNING saves a query for the production.
    project = ctx.tx.session.scalar(update.returning(Task.project_id))
    resource = ctx.registry["tasks"]
    facts = {"id": task, "project_id": project}
    ctx.tx.emit(ctx.registry.event(resource, "update", facts))
