"""Processing the files of previews.

Thumbnails are rendered before the transaction, in a worker process; then the row is locked, the
files are stored and the row is updated. If that does not commit, the next upload overwrites the
files. Movies are stored unchanged: they are not transcoded.
"""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.contracts.tasks import PreviewFileAdded, PreviewSetMain, PreviewUpdate
from services.common.crud import cross_references
from services.common.crud.resource import CrudContext
from services.common.database.tables import NOW
from services.common.errors import InvalidInput, Refused, ServiceError
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
from services.tasks.policy.task_changes import in_project
from services.tasks.previews import kinds
from services.tasks.previews.announce import comment_changed
from services.tasks.previews.facts import comment_of, may_take_a_file
from services.tasks.previews.rules import unlink_preview


def fill(ctx: CrudContext, facts: Row, upload: Upload, key: str) -> None:
    """Process the uploaded file at ``key`` as the preview's, and emit the changes.

    Raises NotFound (no file there), Refused (the preview has one), InvalidInput (too many pixels).
    """
    # First: once the row is locked, no other service may be called.
    automated = _sets_main_preview(ctx, facts)
    if upload.extension in kinds.PICTURES:
        values = _take_picture(ctx, facts, upload, key)
    else:
        values = _take_as_it_is(ctx, facts, upload, key)
    _write(ctx, facts, upload, key, values)
    _emit_changes(ctx, facts, values, automated=automated and values["status"] == kinds.READY)


def refuse_unknown_kind(ctx: CrudContext, facts: Row, upload: Upload) -> None:
    """Delete a preview whose file is of an unknown kind. Raises InvalidInput then."""
    if upload.extension in kinds.PICTURES | kinds.MOVIES | kinds.OTHERS:
        return
    unlink_preview(ctx, facts)
    cross_references.remove(ctx.tx, ctx.name, ctx.metadata, "preview_file", [facts["id"]])
    resource = ctx.registry["preview-files"]
    ctx.tx.emit(ctx.registry.event(resource, "delete", facts))
    # Committed before the refusal, which would roll the delete back.
    ctx.commit_now()
    message = f"Wrong file format, extension: {upload.extension}"
    raise InvalidInput(message)


def _sets_main_preview(ctx: CallContext, facts: Row) -> bool:
    """Whether the newest preview is to stand for its entity in this production."""
    if facts["project_id"] is None:
        return False
    project = str(facts["project_id"])
    return bool(ctx.ask("crud", "sets_main_previews", project_id=project))


def _take_picture(ctx: CallContext, facts: Row, upload: Upload, key: str) -> JsonObject:
    try:
        with rendered(storage_of(ctx), key, kinds.SHAPES) as picture:
            # Locked only now: rendering takes seconds, during which no connection may be held.
            _lock(ctx, facts["id"])
            return _store_picture(ctx, facts["id"], picture)
    except PictureBroken:
        _lock(ctx, facts["id"])
        return {"status": kinds.BROKEN}
    except PictureTooLarge:
        _lock(ctx, facts["id"])
        _write(ctx, facts, upload, key, {"status": kinds.BROKEN})
        ctx.tx.emit(PreviewUpdate(preview_file_id=facts["id"], **in_project(facts)))
        # Committed before the refusal, which would roll the status back.
        ctx.commit_now()
        message = "The picture has too many pixels."
        raise InvalidInput(message) from None


def _store_picture(ctx: CallContext, ident: UUID, picture: Rendered) -> JsonObject:
    for name, path in picture.files.items():
        storage_of(ctx).put(kinds.key_of(ident, name), path)
    return {
        "status": kinds.READY,
        "extension": kinds.PICTURE,
        "width": picture.width,
        "height": picture.height,
        "file_size": picture.files[kinds.ORIGINAL].stat().st_size,
    }


def _take_as_it_is(ctx: CallContext, facts: Row, upload: Upload, key: str) -> JsonObject:
    _lock(ctx, facts["id"])
    storage_of(ctx).move(key, kinds.key_of(facts["id"], kinds.ORIGINAL))
    is_movie = upload.extension in kinds.MOVIES
    extension = kinds.MOVIE if is_movie else upload.extension
    return {"status": kinds.READY, "extension": extension, "file_size": upload.size}


def _lock(ctx: CallContext, ident: UUID) -> None:
    """Lock the row, which serializes uploads to the preview. Raises NotFound, Refused."""
    row = ctx.tx.get(PreviewFile, ident, lock=True)
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
    with suppress(ServiceError):  # the sweep removes what is left
        storage_of(ctx).delete(key)


def _emit_changes(ctx: CrudContext, facts: Row, values: Values, *, automated: bool) -> None:
    ident, project = facts["id"], in_project(facts)
    if automated and facts["entity_id"] is not None:
        main = PreviewSetMain(entity_id=facts["entity_id"], preview_file_id=ident, **project)
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
    """Mark a preview as broken; another file may be uploaded."""
    _write(ctx, facts, upload, key, {"status": kinds.BROKEN})
