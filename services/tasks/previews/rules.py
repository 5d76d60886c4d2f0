"""Hooks of generic CRUD for previews."""

from __future__ import annotations

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.crud.resource import CrudContext, SimpleRules
from services.common.errors import Refused
from services.common.json_types import JsonObject, Row, Values
from services.tasks.models import Comment, News, PreviewFile, Task, comment_preview_link


class PreviewRules(SimpleRules):
    """Keeps revisions together, and references to previews intact."""

    def on_update(
        self, ctx: CrudContext, row: Row, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Change the revision of all its files with that of the first.

        Raises Refused if the revision is taken.
        """
        revision = values.get("revision")
        if revision is None or revision == row["revision"] or row["position"] != 1:
            return
        taken = sa.select(PreviewFile.id).where(
            PreviewFile.task_id == row["task_id"], PreviewFile.revision == revision
        )
        if ctx.tx.session.scalar(taken.limit(1)):
            message = (
                f"Revision {revision} already exists for this task. "
                "Choose a different revision number."
            )
            raise Refused(message)
        ctx.tx.session.execute(
            sa.update(PreviewFile)
            .where(
                PreviewFile.task_id == row["task_id"],
                PreviewFile.revision == row["revision"],
                PreviewFile.id != row["id"],
            )
            .values(revision=revision)
        )

    def on_delete(self, ctx: CrudContext, row: Row, _prepared: None) -> None:
        """Remove the references to the preview."""
        unlink_preview(ctx, row)


def unlink_preview(ctx: CallContext, row: Row) -> None:
    """Remove a preview from comments, news and its task's ``last_preview_file_id``."""
    ident, run = row["id"], ctx.tx.session.execute
    run(sa.delete(comment_preview_link).where(comment_preview_link.c.preview_file == ident))
    run(sa.update(Comment).where(Comment.preview_file_id == ident).values(preview_file_id=None))
    run(sa.update(News).where(News.preview_file_id == ident).values(preview_file_id=None))
    newest = (
        sa.select(PreviewFile.id)
        .where(PreviewFile.task_id == row["task_id"], PreviewFile.id != ident)
        .order_by(PreviewFile.revision.desc(), PreviewFile.created_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    run(
        sa.update(Task)
        .where(Task.last_preview_file_id == ident)
        .values(last_preview_file_id=newest)
    )
