"""Previews: which files they may be, where those lie, whose they are."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.database.transaction import Transaction
from services.common.errors import Forbidden, NotFound
from services.common.files.thumbnails.order import AS_IS, Shape
from services.common.json_types import JsonObject, Row
from services.tasks import access
from services.tasks.models import Comment, PreviewFile, Task, comment_preview_link

PREFIX: Final = "previews"
PICTURES: Final = frozenset({"jpe", "jpeg", "jpg", "png"})
MOVIES: Final = frozenset({"avi", "m4v", "mkv", "mov", "mp4", "webm", "wmv"})
OTHERS: Final = frozenset(
    {
        "ae",
        "ai",
        "blend",
        "clip",
        "comp",
        "diff",
        "exr",
        "fbx",
        "fla",
        "flv",
        "gif",
        "glb",
        "gltf",
        "hip",
        "kra",
        "ma",
        "mb",
        "md",
        "mp3",
        "obj",
        "pdf",
        "psd",
        "psb",
        "rar",
        "rev",
        "riv",
        "sai",
        "sai2",
        "sbbkp",
        "svg",
        "swf",
        "tvpp",
        "wav",
        "zip",
    }
)
PICTURE, MOVIE = "png", "mp4"
"""The extensions that pictures and movies have once they are ours."""
ORIGINAL: Final = "original"
SHAPES: Final = {
    ORIGINAL: Shape(AS_IS),
    "preview": Shape("wide", 1200),
    "thumbnail": Shape("fit", 150, 100),
    "square": Shape("fit", 100, 100),
}
RECEIVED: Final = "received"
"""Where a file that came with its comment waits to become a preview."""
NAMES: Final = tuple(f"/{name}" for name in (*SHAPES, RECEIVED))
READY, BROKEN, PROCESSING = "ready", "broken", "processing"


def key_of(ident: UUID, name: str) -> str:
    """Where a file of a preview lies."""
    return f"{PREFIX}/{ident}/{name}"


def facts_of(ctx: CallContext, ident: UUID) -> JsonObject:
    """A preview with what rights on its task hang on. Raises NotFound."""
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
        )
        .outerjoin(Task, Task.id == row.task_id)
        .where(row.id == ident)
    )
    with ctx.database.read() as connection:
        found = connection.execute(statement).mappings().first()
    if found is None:
        raise NotFound
    return dict(found)


def in_project(facts: Row) -> dict[str, UUID]:
    """The production as events name it: not at all where there is none."""
    return {"project_id": facts["project_id"]} if facts["project_id"] else {}


def check_may_act(ctx: CallContext, task: UUID | None, facts: JsonObject) -> None:
    """Raise Forbidden unless the caller may work on the task."""
    if task is None or not access.may_act(ctx, task, facts):
        message = "This requires to work on the task."
        raise Forbidden(message)


def may_take_a_file(facts: Row) -> bool:
    """Whether a preview still waits for its file, or for a better one."""
    return facts["status"] != READY and (
        facts["status"] != PROCESSING or not (facts["file_size"] or facts["original_name"])
    )


def comment_of(tx: Transaction, preview: UUID) -> UUID | None:
    """The comment that shows a preview."""
    link = comment_preview_link.c
    statement = sa.select(link.comment).where(link.preview_file == preview).limit(1)
    found: UUID | None = tx.session.scalar(statement)
    return found


def place_in_revisions(
    tx: Transaction, task: UUID, comment: UUID, wanted: int | None
) -> tuple[int, int]:
    """Revision and position of a new preview, with the task locked.

    A comment's further previews join its revision; otherwise the next number is taken.
    ``wanted`` must be free. Raises ValueError if it isn't.
    """
    file, link = PreviewFile, comment_preview_link.c
    own = (
        sa.select(file.revision, sa.func.max(file.position))
        .join(comment_preview_link, link.preview_file == file.id)
        .where(link.comment == comment)
        .group_by(file.revision)
        .order_by(file.revision.desc())
    )
    mine: dict[int, int] = dict(tx.session.execute(own).tuples().all())  # type: ignore[arg-type]
    if wanted is None and mine:
        wanted = max(mine)
    if wanted is not None and wanted in mine:
        return wanted, mine[wanted] + 1
    newest = sa.select(sa.func.max(file.revision)).where(file.task_id == task)
    if wanted is None:
        return (tx.session.scalar(newest) or 0) + 1, 1
    taken = sa.select(file.id).where(file.task_id == task, file.revision == wanted)
    if tx.session.scalar(taken.limit(1)):
        raise ValueError(wanted)
    return wanted, 1


def comment_in(ctx: CallContext, task: UUID, ident: UUID) -> None:
    """Raise NotFound unless the comment is one of the task."""
    found = sa.exists().where(Comment.id == ident, Comment.object_id == task)
    with ctx.database.read() as connection:
        if not connection.scalar(sa.select(found)):
            raise NotFound
