"""Creation of previews without a file, for a comment; the file is uploaded or processed later."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid4

import msgspec
import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.contracts.tasks.events import PreviewNew, PreviewReceived
from services.common.crud.resource_rules import CrudContext
from services.common.database.tables import NOW, table_of
from services.common.database.transaction import Transaction
from services.common.errors import InvalidInput, Refused
from services.common.files.storage_access import storage_of
from services.common.json_types import JsonObject, Row
from services.tasks.attachments.files import attachment_key
from services.tasks.models import Comment, News, PreviewFile, Task, comment_preview_link
from services.tasks.previews import kinds
from services.tasks.state.task_changes import in_project

NAME_LENGTH: Final = 13


def announce(
    ctx: CrudContext,
    task: UUID,
    comment: UUID,
    facts: Row,
    requested: int | None = None,
    *,
    ident: UUID | None = None,
) -> bytes:
    """Create a preview without a file, of the requested revision or the next; returns its JSON.

    Raises Refused (the revision exists), NotFound (the task or comment was deleted meanwhile).
    """
    # The task is locked: otherwise two concurrent uploads could get the same revision. Deleting the
    # comment takes the same lock, so the comment read below stays until the commit.
    ctx.tx.get(Task, task, lock=True)
    ctx.tx.get(Comment, comment)
    try:
        revision, position = _place_in_revisions(ctx.tx, task, comment, requested)
    except ValueError:
        message = (
            f"Revision {requested} already exists for this task. Choose a different revision "
            "number, or omit it to let the revision auto-increment."
        )
        raise Refused(message) from None
    row = PreviewFile(
        id=ident or uuid4(),
        name=str(uuid4())[:NAME_LENGTH],
        revision=revision,
        position=position,
        task_id=task,
        person_id=ctx.actor.id,
        source="webgui",
        extension=kinds.MOVIE,
        status=kinds.PROCESSING,
    )
    ctx.tx.session.add(row)
    ctx.tx.session.flush()
    _show_in_comment(ctx, row.id, comment)
    ctx.tx.emit(PreviewNew(preview_file_id=row.id, comment_id=comment, **in_project(facts)))
    comment_changed(ctx, comment, facts)
    return ctx.registry["preview-files"].view(ctx.tx, row.id)


def receive_upload(ctx: CallContext, upload: JsonObject) -> UUID:
    """Copy a file that was posted with a comment to a new preview's key; returns the preview's id.

    Called before the transaction that creates the preview. The sweep spares keys of previews,
    however long the file waits to be processed. Raises InvalidInput for an unknown kind of file.
    """
    if upload["extension"] not in kinds.PICTURES | kinds.MOVIES | kinds.OTHERS:
        message = f"Wrong file format, extension: {upload['extension']}"
        raise InvalidInput(message)
    ident = uuid4()
    key = kinds.FILES.key(ident, kinds.RECEIVED)
    storage_of(ctx).copy(attachment_key(upload["id"]), key)
    return ident


def announce_upload(
    ctx: CrudContext, task: Row, comment: UUID, ident: UUID, upload: JsonObject
) -> JsonObject:
    """Create the preview of a received upload; an event handler processes the file.

    Rendering thumbnails takes seconds, for which the request must not wait.
    Emits ``preview-file:new`` and ``preview-file:received``.
    """
    body = announce(ctx, task["id"], comment, task, ident=ident)
    preview: JsonObject = msgspec.json.decode(body)
    ctx.tx.emit(PreviewReceived(preview_file_id=ident, upload=upload), project=task["project_id"])
    storage, source = storage_of(ctx), attachment_key(upload["id"])
    # If the process dies before that, the sweep deletes the file: no attachment has its id.
    ctx.tx.after_commit(lambda: storage.delete(source))
    return preview


def _show_in_comment(ctx: CallContext, preview: UUID, comment: UUID) -> None:
    run = ctx.tx.session.execute
    link = {"comment": comment, "preview_file": preview}
    run(sa.insert(comment_preview_link).values(link))
    run(sa.update(Comment).where(Comment.id == comment).values(updated_at=NOW))
    run(
        sa.update(News)
        .where(News.comment_id == comment, News.preview_file_id.is_(None))
        .values(preview_file_id=preview)
    )


def comment_changed(ctx: CrudContext, comment: UUID, facts: Row) -> None:
    """Emit ``comment:update``."""
    table = table_of(Comment)
    told = (table.c.id, table.c.person_id, table.c.for_client, table.c.object_id.label("task_id"))
    found = ctx.tx.connection.execute(sa.select(*told).where(table.c.id == comment)).mappings()
    # None: it was deleted meanwhile.
    if (row := found.first()) is not None:
        about = {**row, "project_id": facts["project_id"]}
        ctx.tx.emit(ctx.registry.event(ctx.registry["comments"], "update", about))


def _place_in_revisions(
    tx: Transaction, task: UUID, comment: UUID, revision: int | None
) -> tuple[int, int]:
    """Revision and position of a new preview, with the task locked.

    Further previews of a comment join its revision; other previews get ``revision`` or the next
    number. Raises ValueError if another comment's previews have the number.
    """
    file, link = PreviewFile, comment_preview_link.c
    of_comment = (
        # Both may be null in rows that clients created by generic CRUD.
        sa.select(file.revision, sa.func.coalesce(sa.func.max(file.position), 0).label("last"))
        .join(comment_preview_link, link.preview_file == file.id)
        .where(link.comment == comment, file.revision.is_not(None))
        .group_by(file.revision)
        .order_by(file.revision.desc())
    )
    last_positions: dict[int, int] = {
        row.revision: row.last for row in tx.session.execute(of_comment)
    }
    if revision is None and last_positions:
        revision = max(last_positions)
    if revision is not None and revision in last_positions:
        return revision, last_positions[revision] + 1
    newest = sa.select(sa.func.max(file.revision)).where(file.task_id == task)
    if revision is None:
        return (tx.session.scalar(newest) or 0) + 1, 1
    in_use = sa.select(file.id).where(file.task_id == task, file.revision == revision)
    if tx.session.scalar(in_use.limit(1)):
        raise ValueError(revision)
    return revision, 1
