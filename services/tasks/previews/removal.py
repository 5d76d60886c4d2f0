"""Removal of previews, with links and news, and of references to them in tasks and entities."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.contracts.tasks.events import PreviewSetMain
from services.common.crud.deletion import removal
from services.common.crud.resource_rules import CrudContext
from services.common.database.sql_types import Expression
from services.common.json_types import Row
from services.tasks.models import PreviewFile, Task, comment_preview_link
from services.tasks.previews import kinds
from services.tasks.state.task_changes import in_project

#: ``{preview: entity}`` of main previews.
Mains = dict[UUID, UUID]


def only_shown_by(comment: UUID) -> sa.Select[UUID]:
    """SELECT the previews that a comment shows and no other does."""
    link, other_link = comment_preview_link.c, comment_preview_link.alias("other").c
    shown_elsewhere = sa.exists().where(
        other_link.preview_file == link.preview_file, other_link.comment != comment
    )
    return sa.select(link.preview_file).where(link.comment == comment, ~shown_elsewhere)


def main_previews(ctx: CallContext, ids: Collection[UUID]) -> Mains:
    """Which of the previews are the main preview of their entity.

    Asks ``assets``, so callers open their transaction afterwards.
    """
    query = (
        sa.select(PreviewFile.id, Task.entity_id)
        .join(Task, Task.id == PreviewFile.task_id)
        .where(PreviewFile.id.in_(ids), Task.entity_id.is_not(None))
    )
    with ctx.database.read() as connection:
        entities: Mains = dict(connection.execute(query).all())  # type: ignore[arg-type]
    if not entities:
        return {}
    entity_ids = sorted({str(entity) for entity in entities.values()})
    briefs = ctx.ask("assets", "list_entities_in_brief", ids=entity_ids)
    return {
        preview: entity
        for preview, entity in entities.items()
        if briefs.get(str(entity), {}).get("preview_file_id") == str(preview)
    }


def remove_previews(ctx: CrudContext, ids: Collection[UUID], mains: Mains | None = None) -> None:
    """Delete previews, and replace them as a task's last and an entity's main preview.

    A handler of the delete event removes their files. Emits ``preview-file:delete`` for each, and
    ``preview-file:set-main``.
    """
    rows = _locked(ctx, ids)
    deleted = [row["id"] for row in rows]
    removal.remove(ctx, "preview_file", deleted)
    for row in rows:
        replace_preview(ctx, row, (mains or {}).get(row["id"]))
        ctx.tx.emit(ctx.registry.event(ctx.registry["preview-files"], "delete", row))


def replace_preview(ctx: CallContext, row: Row, entity: UUID | None) -> None:
    """Put the task's newest remaining preview in the place of a deleted one.

    As the task's last preview, and as the main one of ``entity``, if given.
    """
    newest = _newest(row, sa.true()).scalar_subquery()
    change = sa.update(Task).where(Task.last_preview_file_id == row["id"])
    ctx.tx.session.execute(change.values(last_preview_file_id=newest))
    if entity is None:
        return
    successor = ctx.tx.session.scalar(_newest(row, PreviewFile.status == kinds.READY))
    # Without one, ``rows:gone`` clears the entity's main preview.
    if successor is not None:
        # ``instead_of``: ``assets`` keeps a main preview that somebody chose in the meantime.
        told = PreviewSetMain(
            entity_id=entity,
            preview_file_id=successor,
            preview_file_status=kinds.READY,
            instead_of=row["id"],
            **in_project(row),
        )
        ctx.tx.emit(told)


def _newest(row: Row, condition: Expression) -> sa.Select[UUID]:
    """SELECT the newest preview of the deleted one's task."""
    file = PreviewFile
    return (
        sa.select(file.id)
        .where(file.task_id == row["task_id"], file.id != row["id"], condition)
        .order_by(file.revision.desc(), file.position, file.created_at.desc())
        .limit(1)
    )


def _locked(ctx: CallContext, ids: Collection[UUID]) -> list[Row]:
    """The previews that still exist, locked."""
    # Tasks before previews, both by id: the order in which all code locks them.
    tasks = sa.select(PreviewFile.task_id).where(PreviewFile.id.in_(ids))
    task_locks = sa.select(Task.id).where(Task.id.in_(tasks)).order_by(Task.id)
    ctx.tx.session.execute(task_locks.with_for_update(key_share=True))
    project = sa.select(Task.project_id).where(Task.id == PreviewFile.task_id)
    columns = (PreviewFile.id, PreviewFile.task_id, project.scalar_subquery().label("project_id"))
    rows = sa.select(*columns).where(PreviewFile.id.in_(ids)).order_by(PreviewFile.id)
    locked = rows.with_for_update(of=PreviewFile)
    return [dict(row) for row in ctx.tx.session.execute(locked).mappings()]
