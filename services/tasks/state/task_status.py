"""Deriving a task's status and dates from its comments."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.common.database.sql_types import Select
from services.common.database.tables import NOW, table_of
from services.common.database.transaction import Transaction
from services.common.json_types import JsonObject, Row, Values
from services.tasks.models import Comment, Task, TaskStatus, TaskType, TimeSpent

CONCEPT: Final = "Concept"


def with_status(task: Row, status: Row, commented_at: datetime, now: datetime) -> JsonObject:
    """The columns of a task that a comment with that status, of ``commented_at``, sets.

    A change to a retake status increments the retake count, to work in progress sets the real start
    date, to a feedback request the end date, to a done status the done date; any other status
    clears the done date.
    """
    values: Values = {"task_status_id": status["id"], "last_comment_date": commented_at}
    if task["task_status_id"] == status["id"]:
        return values
    if status["is_retake"]:
        values["retake_count"] = (task["retake_count"] or 0) + 1
    # Work starts once: a return to it does not move the date.
    if status["is_wip"] and task["real_start_date"] is None:
        values["real_start_date"] = now
    if status["is_feedback_request"]:
        values["end_date"] = now
    elif not status["is_done"]:
        values["end_date"] = None
    values["done_date"] = now if status["is_done"] else None
    return values


def recount_task(tx: Transaction, ident: UUID) -> None:
    """Recompute a task's status, dates, counts and duration; the task must be locked."""
    values: Values = {
        "task_status_id": _default(tx, ident),
        "retake_count": 0,
        "real_start_date": None,
        "end_date": None,
        "done_date": None,
        "last_comment_date": None,
    }
    # Replays the comments: after a deletion, any of the columns may change.
    for row in tx.connection.execute(_status_history(ident)).mappings():
        # Its status was deleted; it still is the last comment.
        if row["task_status_id"] is None:
            values["last_comment_date"] = row["created_at"]
            continue
        status = {**row, "id": row["task_status_id"]}
        values |= with_status(values, status, row["created_at"], row["created_at"])
    spent = sa.select(sa.func.coalesce(sa.func.sum(TimeSpent.duration), 0.0))
    values["duration"] = spent.where(TimeSpent.task_id == ident).scalar_subquery()
    task = table_of(Task)
    update = sa.update(task).where(task.c.id == ident).values(**values, updated_at=NOW)
    tx.connection.execute(update)


def _status_history(task: UUID) -> Select:
    """SELECT the statuses that a task's comments set, oldest first."""
    table, status = table_of(Comment), table_of(TaskStatus)
    return (
        sa.select(
            table.c.created_at,
            table.c.task_status_id,
            status.c.is_retake,
            status.c.is_wip,
            status.c.is_feedback_request,
            status.c.is_done,
        )
        .outerjoin(status, status.c.id == table.c.task_status_id)
        .where(table.c.object_id == task)
        .order_by(table.c.created_at, table.c.id)
    )


def _default(tx: Transaction, task: UUID) -> UUID | None:
    """The status of a task without comments; concepts have a default of their own."""
    kind = sa.select(TaskType.for_entity).join(Task, Task.task_type_id == TaskType.id)
    concept = tx.session.scalar(kind.where(Task.id == task)) == CONCEPT
    of_kind = sa.func.coalesce(TaskStatus.for_concept, False).is_(concept)
    query = (
        sa.select(TaskStatus.id)
        .where(TaskStatus.is_default.is_(True))
        # The default for its own kind; if there is none, the other one.
        .order_by(of_kind.desc(), TaskStatus.created_at)
        .limit(1)
    )
    return tx.session.scalar(query)
