"""Comments as each role may see them."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.crud import row_statements
from services.common.crud.resource_rules import CrudContext
from services.common.crud.row_json import rows_as_json
from services.common.database.sql_types import Column, Columns, Condition, Expression
from services.common.database.tables import table_of
from services.common.errors import NotFound
from services.common.json_types import JsonObject
from services.common.wire.rpc_protocol import Reply
from services.tasks.comments.authorizer import Sees
from services.tasks.models import (
    AttachmentFile,
    Comment,
    PreviewFile,
    TaskStatus,
    comment_acknoledgments,
    comment_department_mentions,
    comment_mentions,
    comment_preview_link,
)
from services.tasks.policy.clients import CLIENT, clients_in
from services.tasks.policy.comments import COMMENTS
from services.tasks.policy.previews import PREVIEWS, REJECTED, not_rejected
from services.tasks.rows import decode_rows
from services.tasks.shapes import replies_in

COMMENT: Final = table_of(Comment)
#: A comment without its words, as clients see those of the studio that have previews.
BLANK: Final[JsonObject] = {"text": "", "attachment_files": [], "checklist": [], "replies": []}
PREVIEW: Final = (
    "id",
    "task_id",
    "revision",
    "extension",
    "width",
    "height",
    "duration",
    "status",
    "validation_status",
    "original_name",
    "position",
    "annotations",
)
ATTACHED: Final = ("id", "name", "extension", "reply_id", "size")
EDITOR: Final = ("first_name", "last_name", "has_avatar", "role", "id")


def _ids(key: Column, column: Column) -> Expression:
    return sa.func.array(sa.select(column).where(key == COMMENT.c.id).scalar_subquery())


def _objects(table: sa.Table, names: tuple[str, ...], *where: Condition, order: Columns) -> Any:
    """Rows of ``table`` as a JSON array of objects with these names."""
    pairs: list[Any] = []
    for name in names:
        pairs += [sa.literal(name), table.c[name]]
    row = sa.func.json_build_object(*pairs)
    array = sa.select(sa.func.json_agg(sa.text("o.v ORDER BY o.n"))).select_from(
        # ``n`` is there to sort by, and not part of the JSON.
        sa.select(row.label("v"), sa.func.row(*order).label("n"))
        .select_from(table)
        .where(*where)
        .correlate(COMMENT)
        .lateral("o")
    )
    return sa.func.coalesce(array.scalar_subquery(), sa.literal_column("'[]'::json"))


def _status() -> Any:
    status = table_of(TaskStatus)
    pairs: list[Any] = []
    for name in ("name", "short_name", "color", "id"):
        pairs += [sa.literal(name), status.c[name]]
    row = sa.select(sa.func.json_build_object(*pairs))
    return row.where(status.c.id == COMMENT.c.task_status_id).scalar_subquery()


def _columns(resource: Any) -> list[Any]:
    plain = resource.columns(None, relations=False)
    preview, link = table_of(PreviewFile), comment_preview_link.c
    of_comment = sa.select(link.preview_file).where(link.comment == COMMENT.c.id).correlate(COMMENT)
    files = table_of(AttachmentFile)
    lists = {
        "acknowledgements": _ids(comment_acknoledgments.c.comment, comment_acknoledgments.c.person),
        "mentions": _ids(comment_mentions.c.comment, comment_mentions.c.person),
        "department_mentions": _ids(
            comment_department_mentions.c.comment, comment_department_mentions.c.department
        ),
        "previews": _objects(
            preview,
            PREVIEW,
            preview.c.id.in_(of_comment),
            order=(preview.c.position, preview.c.created_at, preview.c.id),
        ),
        "attachment_files": _objects(
            files,
            ATTACHED,
            files.c.comment_id == COMMENT.c.id,
            order=(files.c.created_at, files.c.id),
        ),
        "task_status": _status(),
    }
    return [*plain, *(column.label(name) for name, column in lists.items())]


def of_task(ctx: CrudContext, task: UUID, project: UUID | None) -> list[JsonObject]:
    """The comments of a task, newest first, as the caller sees them."""
    rows = (
        sa.select(*_columns(ctx.registry["comments"]))
        .where(COMMENT.c.object_id == task)
        .order_by(COMMENT.c.created_at.desc(), COMMENT.c.id)
    )
    as_client = ctx.actor.role_in(project) == CLIENT
    if project is not None and not ctx.actor.is_admin:
        rows = rows.where(COMMENTS.rows_in(ctx, [project]))
    if project is not None and as_client:
        rows = rows.add_columns(COMMENTS.readable_in(ctx, [project]).label("words"))
    with ctx.database.read() as connection:
        texts = connection.execute(rows_as_json(rows)).scalars().all()
    # Decoded, although PostgreSQL built the JSON: people are embedded, whom ``auth`` owns.
    comments = decode_rows(texts)
    for comment in comments:
        if not comment.pop("words", True):
            comment.update(BLANK)
        comment["replies"] = replies_in(comment["replies"])
    people = _people(ctx, comments)
    for comment in comments:
        _embed_people(comment, clients_among(ctx, project, people) if as_client else people)
        if as_client:
            comment["previews"] = [
                one for one in comment["previews"] if one["validation_status"] != REJECTED
            ]
    return comments


def _people(ctx: CallContext, comments: list[JsonObject]) -> JsonObject:
    """Everybody who wrote, edited or replied, by id."""
    ids = {comment[name] for comment in comments for name in ("person_id", "editor_id")}
    ids |= {reply.get("person_id") for comment in comments for reply in comment["replies"]}
    person_ids = sorted(ident for ident in ids if ident)
    if not person_ids:
        return {}
    people: JsonObject = ctx.ask("auth", "list_short_persons", ids=person_ids)
    return people


def clients_among(ctx: CallContext, project: UUID | None, people: JsonObject) -> JsonObject:
    """The clients among people: clients don't see who works for the studio."""
    if project is None:
        return {}
    clients = clients_in(ctx, [project])
    return {ident: one for ident, one in people.items() if clients.include(project, ident)}


def _embed_people(comment: JsonObject, people: JsonObject) -> None:
    """Embed those of the persons who are known."""
    comment["person"] = people.get(comment["person_id"] or "")
    if comment["editor_id"]:
        editor = people.get(comment["editor_id"])
        comment["editor"] = editor and {name: editor[name] for name in EDITOR}
    for reply in comment["replies"]:
        reply["person"] = people.get(reply.get("person_id") or "")


def with_previews(ctx: CrudContext, reply: Reply) -> Reply:
    """Add a comment's previews to its answer."""
    comment: JsonObject = msgspec.json.decode(reply.body)
    comment["previews"] = previews_of(ctx, UUID(comment["id"]))
    return reply._replace(body=msgspec.json.encode(comment))


def previews_of(ctx: CrudContext, comment: UUID) -> list[JsonObject]:
    """Those of a comment's previews that the caller may read, as rows in their order."""
    resource, link = ctx.registry["preview-files"], comment_preview_link.c
    of_comment = sa.select(link.preview_file).where(link.comment == comment)
    rows = (
        sa.select(*resource.columns(None, relations=False))
        .where(resource.table.c.id.in_(of_comment))
        .order_by(resource.table.c.position, *resource.order)
    )
    if not ctx.actor.is_admin:
        rows = rows.where(PREVIEWS.readable_in(ctx, ctx.actor.projects))
    with ctx.database.read() as connection:
        texts = connection.execute(rows_as_json(rows)).scalars().all()
    return decode_rows(texts)


def comment_shown(ctx: CrudContext, ident: UUID, sees: Sees) -> JsonObject:
    """A comment changed in this transaction, as somebody sees it. Raises NotFound."""
    shown = comment_json(ctx, ident)
    if not sees.words:
        shown |= BLANK
    if sees.as_client:
        shown["previews"] = without_rejected(ctx.tx.connection, shown["previews"])
    return shown


def without_rejected(connection: sa.Connection, previews: list[str]) -> list[str]:
    """The ids of those of a comment's previews that clients see."""
    table = table_of(PreviewFile)
    wanted = table.c.id.in_([UUID(ident) for ident in previews])
    rows = connection.scalars(sa.select(table.c.id).where(wanted, not_rejected(table)))
    kept = {str(ident) for ident in rows}
    return [ident for ident in previews if ident in kept]


def comment_json(ctx: CrudContext, ident: UUID) -> JsonObject:
    """A comment written in this transaction, with its lists and files. Raises NotFound."""
    resource = ctx.registry["comments"]
    statement = row_statements.shown(resource, resource.columns(None, relations=True))
    text = ctx.tx.text(statement, ident=str(ident))
    if text is None:
        raise NotFound
    comment: JsonObject = msgspec.json.decode(text)
    if comment["attachment_files"]:
        comment["attachment_files"] = _attached(ctx, ident)
    return comment


def _attached(ctx: CallContext, comment: UUID) -> list[JsonObject]:
    table = table_of(AttachmentFile)
    columns = (table.c.id, table.c.name, table.c.extension, table.c.size)
    rows = sa.select(*columns).where(table.c.comment_id == comment)
    rows = rows.order_by(table.c.created_at, table.c.id)
    files = ctx.tx.connection.execute(rows).mappings()
    return [{**row, "id": str(row["id"])} for row in files]
