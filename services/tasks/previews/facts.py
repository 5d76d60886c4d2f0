"""Previews with the columns that authorization on their task needs."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.database.transaction import Transaction
from services.common.errors import Forbidden, NotFound
from services.common.json_types import Row
from services.tasks.models import PreviewFile, Task, comment_preview_link
from services.tasks.policy import access
from services.tasks.policy.comments import COMMENTS
from services.tasks.policy.previews import PREVIEWS
from services.tasks.previews import kinds


def preview_facts(ctx: CallContext, ident: UUID) -> Row:
    """A preview with the columns that authorization on its task needs. Raises NotFound."""
    row = PreviewFile
    statement = (
        sa.select(
            row.id,
            row.task_id,
            row.extension,
            row.status,
            row.file_size,
            row.revision,
            row.original_name,
            row.updated_at,
            Task.project_id,
            Task.entity_id,
            access.TASK_DEPARTMENT.label("department_id"),
            Task.task_type_id,
            kinds.FILES.upload(ctx),
        )
        # Outer: a preview without a task is found, and then refused by the rule.
        .outerjoin(Task, Task.id == row.task_id)
        .where(row.id == ident)
    )
    with ctx.database.read() as connection:
        facts = connection.execute(statement).mappings().first()
    if facts is None:
        raise NotFound
    return dict(facts)


def preview_to_act_on(ctx: CallContext, ident: UUID) -> Row:
    """The facts of a preview that the caller may read, of a task that they may work on.

    Raises NotFound, Forbidden.
    """
    facts = preview_facts(ctx, ident)
    PREVIEWS.reader.check(ctx, facts)
    task = facts["task_id"]
    if task is None or not access.may_act(ctx, task, facts):
        message = "This requires to work on the task."
        raise Forbidden(message)
    return facts


def may_take_a_file(facts: Row) -> bool:
    """Whether a preview has no file yet, or a broken one."""
    # A processing preview with a size or a name has its file already, and is being rendered.
    return facts["status"] != kinds.READY and (
        facts["status"] != kinds.PROCESSING or not (facts["file_size"] or facts["original_name"])
    )


def comment_of(tx: Transaction, preview: UUID) -> UUID | None:
    """The comment that shows a preview; None if it was unlinked."""
    link = comment_preview_link.c
    statement = sa.select(link.comment).where(link.preview_file == preview).limit(1)
    comment: UUID | None = tx.session.scalar(statement)
    return comment


def check_may(ctx: CallContext, action: str, comment: UUID, task: Row) -> None:
    """Raise NotFound unless the comment is one of the task, Forbidden if they may not do that."""
    found = access.comment_facts(ctx, comment)
    if found["object_id"] != task["id"]:
        raise NotFound
    COMMENTS.may[action].check(ctx, {**task, **found, "task_id": task["id"]})
