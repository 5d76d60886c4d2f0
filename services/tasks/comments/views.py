"""Comments as each role may see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.crud import row_statements
from services.common.crud.resource import CrudContext
from services.common.crud.row_json import rows_as_json
from services.common.database.sql_types import Column, Condition, Expression
from services.common.database.tables import table_of
from services.common.errors import NotFound
from services.common.json_types import JsonObject
from services.common.wire.rpc_protocol import Reply
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
from services.tasks.rows import decode_rows
from services.tasks.shapes import replies_in

COMMENT: Final = table_of(Comment)
#: Artists and vendors don't see what clients write, clients see what is for them.
SEES_ALL: Final = frozenset({"admin", "manager", "supervisor"})
CLIENT: Final = "client"
REJECTED: Final = "rejected"
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


def _objects(table: sa.Table, names: tuple[str, ...], *where: Condition, order: Any) -> Any:
    """Rows of ``table`` as a JSON array of objects with these names."""
    pairs: list[Any] = []
    for name in names:
        pairs += [sa.literal(name), table.c[name]]
    row = sa.func.json_build_object(*pairs)
    array = sa.select(sa.func.json_agg(sa.text("o.v ORDER BY o.n"))).select_from(
        # ``n`` is there to sort by, and not part of the JSON.
        sa.select(row.label("v"), order.label("n"))
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
            preview, PREVIEW, preview.c.id.in_(of_comment), order=preview.c.position
        ),
        "attachment_files": _objects(
            files, ATTACHED, files.c.comment_id == COMMENT.c.id, order=files.c.created_at
        ),
        "task_status": _status(),
    }
    return [*plain, *(column.label(name) for name, column in lists.items())]


def of_task(ctx: CrudContext, task: UUID, role: str | None, *, isolated: bool) -> list[JsonObject]:
    """The comments of a task, newest first, as a role may see them.

    ``isolated`` says whether the production hides its clients from each other.
    """
    rows = (
        sa.select(*_columns(ctx.registry["comments"]))
        .where(COMMENT.c.object_id == task)
        .order_by(COMMENT.c.created_at.desc(), COMMENT.c.id)
    )
    with ctx.database.read() as connection:
        texts = connection.execute(rows_as_json(rows)).scalars().all()
    # Decoded, although PostgreSQL built the JSON: visibility depends on persons, which auth owns.
    comments = decode_rows(texts)
    for comment in comments:
        comment["replies"] = replies_in(comment["replies"])
    people = _people(ctx, comments)
    visible = [
        comment for comment in comments if _visible(ctx, comment, role, people, isolated=isolated)
    ]
    for comment in visible:
        _embed_people(comment, role, people)
    return visible


def _people(ctx: CallContext, comments: list[JsonObject]) -> JsonObject:
    """Everybody who wrote, edited or replied, by id."""
    ids = {comment[name] for comment in comments for name in ("person_id", "editor_id")}
    ids |= {reply.get("person_id") for comment in comments for reply in comment["replies"]}
    person_ids = sorted(ident for ident in ids if ident)
    if not person_ids:
        return {}
    people: JsonObject = ctx.ask("auth", "list_short_persons", ids=person_ids)
    return people


def _by_client(comment: JsonObject, people: JsonObject) -> bool:
    return bool(people.get(comment["person_id"], {}).get("role") == CLIENT)


def _visible(
    ctx: CallContext, comment: JsonObject, role: str | None, people: JsonObject, *, isolated: bool
) -> bool:
    """Whether the caller may see a comment; clients see the studio's pictures without its text."""
    if role in SEES_ALL:
        return True
    by_client = _by_client(comment, people)
    if role != CLIENT:
        return not by_client
    is_author = comment["person_id"] == str(ctx.actor.id)
    if comment["for_client"] or is_author or (by_client and not isolated):
        return True
    if by_client or not comment["previews"]:
        return False
    comment |= {"text": "", "attachment_files": [], "checklist": [], "replies": []}
    return True


def _embed_people(comment: JsonObject, role: str | None, people: JsonObject) -> None:
    """Embed the persons; clients don't see who works for the studio."""

    def visible_person(ident: str | None) -> Any:
        person = people.get(ident or "")
        hidden = role == CLIENT and (person or {}).get("role") != CLIENT
        return None if hidden else person

    comment["person"] = visible_person(comment["person_id"])
    if comment["editor_id"]:
        editor = visible_person(comment["editor_id"])
        comment["editor"] = editor and {name: editor[name] for name in EDITOR}
    for reply in comment["replies"]:
        reply["person"] = visible_person(reply.get("person_id"))
    if role == CLIENT:
        comment["previews"] = [
            preview for preview in comment["previews"] if preview["validation_status"] != REJECTED
        ]


def with_previews(ctx: CrudContext, reply: Reply, query: Mapping[str, str]) -> Reply:
    """Add a comment's previews to its answer, if the query asks for them."""
    if query.get("with_previews", "").lower() != "true":
        return reply
    comment: JsonObject = msgspec.json.decode(reply.body)
    comment["previews"] = previews_of(ctx, comment["id"])
    return reply._replace(body=msgspec.json.encode(comment))


def previews_of(ctx: CrudContext, comment: str) -> list[JsonObject]:
    """A comment's previews as rows, in their order."""
    resource, link = ctx.registry["preview-files"], comment_preview_link.c
    of_comment = sa.select(link.preview_file).where(link.comment == UUID(comment))
    rows = (
        sa.select(*resource.columns(None, relations=False))
        .where(resource.table.c.id.in_(of_comment))
        .order_by(resource.table.c.position)
    )
    with ctx.database.read() as connection:
        texts = connection.execute(rows_as_json(rows)).scalars().all()
    return decode_rows(texts)


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
    rows = sa.select(*columns).where(table.c.comment_id == comment).order_by(table.c.created_at)
    files = ctx.tx.connection.execute(rows).mappings()
    return [{**row, "id": str(row["id"])} for row in files]
