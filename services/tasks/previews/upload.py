"""Processing the files of previews.

Thumbnails are rendered in a worker process, and everything is stored, before the transaction, under
keys that no other upload has. Then the row is locked and names this upload as its own. If that does
not commit, the preview is as before, and what was stored is swept; the uploaded file is deleted
only after the commit. Movies are stored unchanged: they are not transcoded.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.contracts.tasks.events import PreviewFileAdded, PreviewSetMain, PreviewUpdate
from services.common.crud.resource_rules import CrudContext
from services.common.database.tables import NOW
from services.common.errors import InvalidInput, Refused
from services.common.files.storage import Upload
from services.common.files.storage_access import storage_of
from services.common.files.thumbnails.client import (
    PictureBroken,
    PictureTooLarge,
    Rendered,
    rendered,
)
from services.common.json_types import JsonObject, Row, Values
from services.tasks.models import PreviewFile, Task
from services.tasks.previews import kinds
from services.tasks.previews.announce import comment_changed
from services.tasks.previews.facts import comment_of, may_take_a_file
from services.tasks.previews.removal import remove_previews
from services.tasks.state.task_changes import in_project

#: The columns of a preview whose picture could not be read.
BROKEN: Final[JsonObject] = {"status": kinds.BROKEN}


def fill(ctx: CrudContext, facts: Row, upload: Upload, key: str) -> None:
    """Process the uploaded file at ``key`` as the preview's, and emit the changes.

    Raises NotFound (no file there), Refused (the preview has one), InvalidInput (too many pixels).
    """
    # A call to ``crud``: before the transaction, so that no lock is held while waiting.
    automated = _sets_main_preview(ctx, facts)
    too_large = False
    try:
        values = _store(ctx, facts["id"], upload, key)
    except PictureBroken:
        values = BROKEN
    except PictureTooLarge:
        values, too_large = BROKEN, True
    _lock(ctx, facts)
    _write(ctx, facts, upload, key, values)
    _emit_changes(ctx, facts, values, automated=automated and values["status"] == kinds.READY)
    if too_large:
        # Committed before the refusal, which would roll the status back.
        ctx.commit_now()
        message = "The picture has too many pixels."
        raise InvalidInput(message)


def refuse_unknown_kind(ctx: CrudContext, facts: Row, upload: Upload) -> None:
    """Delete a preview whose file is of an unknown kind. Raises InvalidInput then."""
    if upload.extension in kinds.PICTURES | kinds.MOVIES | kinds.OTHERS:
        return
    remove_previews(ctx, [facts["id"]])
    # Committed before the refusal, which would roll the delete back.
    ctx.commit_now()
    message = f"Wrong file format, extension: {upload.extension}"
    raise InvalidInput(message)


def _sets_main_preview(ctx: CallContext, facts: Row) -> bool:
    """Whether the production makes each new preview the main one of its entity."""
    if facts["project_id"] is None:
        return False
    project = str(facts["project_id"])
    return bool(ctx.ask("crud", "sets_main_previews", project_id=project))


def _store(ctx: CallContext, ident: UUID, upload: Upload, key: str) -> JsonObject:
    """Store the file and its thumbnails; returns the values of the preview's columns.

    Raises PictureBroken, PictureTooLarge, NotFound.
    """
    if upload.extension in kinds.PICTURES:
        with rendered(storage_of(ctx), key, kinds.SHAPES) as picture:
            return _store_picture(ctx, ident, upload, picture)
    storage_of(ctx).copy(key, kinds.FILES.key(ident, kinds.ORIGINAL, upload.id))
    is_movie = upload.extension in kinds.MOVIES
    extension = kinds.MOVIE if is_movie else upload.extension
    return {"status": kinds.READY, "extension": extension, "file_size": upload.size}


def _store_picture(ctx: CallContext, ident: UUID, upload: Upload, picture: Rendered) -> JsonObject:
    for name, path in picture.files.items():
        storage_of(ctx).put(kinds.FILES.key(ident, name, upload.id), path)
    return {
        "status": kinds.READY,
        "extension": kinds.PICTURE,
        "width": picture.width,
        "height": picture.height,
        "file_size": picture.files[kinds.ORIGINAL].stat().st_size,
    }


def _lock(ctx: CallContext, facts: Row) -> None:
    """Lock the row, which serializes uploads to the preview. Raises NotFound, Refused."""
    # The task before its preview, as everywhere. FOR NO KEY UPDATE: rows that reference the task,
    # such as comments, can be inserted meanwhile.
    task = sa.select(Task.id).where(Task.id == facts["task_id"])
    ctx.tx.session.execute(task.with_for_update(key_share=True))
    row = ctx.tx.get(PreviewFile, facts["id"], lock=True)
    state = {
        "status": row.status,
        "file_size": row.file_size,
        "original_name": row.original_name,
    }
    if not may_take_a_file(state):
        message = "This preview already has a file."
        raise Refused(message)


def _write(ctx: CallContext, facts: Row, upload: Upload, key: str, values: Values) -> None:
    stem = upload.name.rpartition(".")[0] or upload.name
    ctx.tx.session.execute(
        sa.update(PreviewFile)
        .where(PreviewFile.id == facts["id"])
        .values(**values, original_name=stem, updated_at=NOW)
    )
    if values["status"] == kinds.READY and facts["task_id"] is not None:
        ctx.tx.session.execute(
            sa.update(Task)
            .where(Task.id == facts["task_id"])
            .values(last_preview_file_id=facts["id"])
        )
    kinds.FILES.take(ctx, facts["id"], UUID(upload.id), key)


def _emit_changes(ctx: CrudContext, facts: Row, values: Values, *, automated: bool) -> None:
    ident, project = facts["id"], in_project(facts)
    if automated and facts["entity_id"] is not None:
        main = PreviewSetMain(
            entity_id=facts["entity_id"],
            preview_file_id=ident,
            preview_file_status=values["status"],
            **project,
        )
        ctx.tx.emit(main)
    ctx.tx.emit(PreviewUpdate(preview_file_id=ident, **project))
    comment = comment_of(ctx.tx, ident)
    if comment is None or values["status"] != kinds.READY:
        return
    comment_changed(ctx, comment, facts)
    ctx.tx.emit(
        PreviewFileAdded(
            comment_id=comment,
            task_id=facts["task_id"],
            preview_file_id=ident,
            revision=facts["revision"] or 1,
            extension=values["extension"],
            status=values["status"],
            **project,
        )
    )


def mark_broken(ctx: CallContext, facts: Row, upload: Upload, key: str) -> None:
    """Mark a preview as broken; another file may be uploaded. Raises NotFound, Refused."""
    _lock(ctx, facts)
    _write(ctx, facts, upload, key, BROKEN)
    ctx.tx.emit(PreviewUpdate(preview_file_id=facts["id"], **in_project(facts)))
