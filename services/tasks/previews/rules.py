"""Hooks of generic CRUD for previews."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.actor import Actor
from services.common.crud.listing import filters
from services.common.crud.resource_rules import CrudContext, ResourceRules
from services.common.database.sql_types import Condition
from services.common.database.tables import table_of
from services.common.errors import Refused
from services.common.json_types import JsonObject, Row, Values
from services.tasks.models import Comment, News, PreviewFile, comment_preview_link
from services.tasks.previews.removal import Mains, main_previews, replace_preview

#: Fields that only upload, processing and reordering set, and the author.
SET_BY_ROUTES: Final = frozenset(
    {
        "name",
        "original_name",
        "position",
        "extension",
        "path",
        "source",
        "file_size",
        "status",
        "width",
        "height",
        "duration",
        "data",
        "is_movie",
        "url",
        "uploaded_movie_url",
        "uploaded_movie_name",
        "person_id",
        "source_file_id",
    }
)


def of_project(_ctx: CallContext, text: str) -> Condition:
    """The filter ``project_id`` of lists: previews of the production's tasks."""
    condition: Condition = table_of(PreviewFile).c.production_id == filters.uuid(text)
    return condition


def fixed(actor: Actor) -> frozenset[str]:
    """The fields that an update ignores: none for administrators, who import previews."""
    return frozenset() if actor.is_admin else SET_BY_ROUTES


class PreviewRules(ResourceRules[Mains]):
    """Keeps revisions together, and references to previews intact."""

    def prepare(self, ctx: CrudContext, body: JsonObject, ident: UUID | None) -> Mains:
        """Before a delete, ask ``assets`` whether the preview is the main one of its entity."""
        return main_previews(ctx, [ident]) if ident is not None and "force" in body else {}

    def on_update(
        self, ctx: CrudContext, row: Row, values: Values, _body: JsonObject, _prepared: Mains
    ) -> None:
        """Change a whole revision with that of its first preview.

        Raises Refused if the new revision exists.
        """
        revision = values.get("revision")
        if revision is None or revision == row["revision"] or row["position"] != 1:
            return
        in_use = sa.select(PreviewFile.id).where(
            PreviewFile.task_id == row["task_id"], PreviewFile.revision == revision
        )
        if ctx.tx.session.scalar(in_use.limit(1)):
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

    def on_delete(self, ctx: CrudContext, row: Row, prepared: Mains) -> None:
        """Replace the preview as its task's last and its entity's main one; clear references."""
        # Before the delete, which foreign keys that still reference the row would refuse.
        ident, run = row["id"], ctx.tx.session.execute
        run(sa.delete(comment_preview_link).where(comment_preview_link.c.preview_file == ident))
        run(sa.update(Comment).where(Comment.preview_file_id == ident).values(preview_file_id=None))
        run(sa.update(News).where(News.preview_file_id == ident).values(preview_file_id=None))
        replace_preview(ctx, row, prepared.get(ident))
