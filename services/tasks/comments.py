"""Who reads a comment through generic CRUD, and what its JSON adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.rules import Facts, Rule
from services.common.contracts.tasks import TaskStatusChanged
from services.common.crud.cross_references import remove
from services.common.crud.resource import (
    CrudContext,
    Resource,
    ResourceRules,
    SimpleRules,
    embedded,
)
from services.common.database.sql_types import Expression
from services.common.database.tables import table_of
from services.common.errors import Forbidden
from services.common.json_types import JsonObject, Row, Values
from services.common.wire.rpc_client import Reply
from services.tasks.access import assignee, reader, task_facts
from services.tasks.comment_views import with_previews
from services.tasks.mentions import Circle, circle_of, find
from services.tasks.models import (
    AttachmentFile,
    Comment,
    News,
    Notification,
    Task,
    TaskStatus,
    comment_department_mentions,
    comment_mentions,
)
from services.tasks.posting import task_changed, write_mentions
from services.tasks.recount import recounted
from services.tasks.saying import check_status

_COMMENT: Final = Resource(path="comments", model=Comment)
WHOLE_COMMENT: Final = embedded(
    _COMMENT, Comment.id == AttachmentFile.comment_id, table_of(AttachmentFile)
)
"""The whole comment a file is attached to."""
MANAGERS: Final = frozenset({"admin", "manager"})
NO_MESSAGE: Final[Expression] = sa.literal_column("NULL::json")


def _reads(ctx: CallContext, facts: Facts) -> bool:
    """Managers and supervisors read all, clients what is theirs or for them, others the rest."""
    found = task_facts(ctx, facts["object_id"])
    if found is None or not reader.test(ctx, found):
        return False
    role = ctx.actor.role_in(found["project_id"])
    if role in {"admin", "manager", "supervisor"}:
        return True
    if role == "client" and (facts["for_client"] or facts["person_id"] == ctx.actor.id):
        return True
    author = people(ctx, [facts["person_id"]]).get(str(facts["person_id"]), {})
    by_client = author.get("role") == "client"
    if role != "client":
        return not by_client
    return by_client and not are_clients_isolated(ctx, found["project_id"])


def are_clients_isolated(ctx: CallContext, project: UUID | None) -> bool:
    """Whether the production hides from its clients what other clients say."""
    rules = ctx.ask("crud", "production_rules", project_id=str(project))
    return bool(rules.get("is_clients_isolated"))


may_read_comment: Final = Rule(
    "access to the comment", _reads, ("object_id", "for_client", "person_id")
)


def _edits(ctx: CallContext, facts: Facts) -> bool:
    """Its author edits a comment; supervisors pin and tick, assignees tick the checklist."""
    if facts["person_id"] == ctx.actor.id:
        return True
    fields = set(facts["body"]) - {"id", "created_at", "updated_at"}
    found = task_facts(ctx, facts["object_id"])
    if found is None or not fields <= {"pinned", "checklist"}:
        return False
    role, mine = ctx.actor.role_in(found["project_id"]), ctx.actor.departments
    if role == "supervisor" and (not mine or found["department_id"] in mine):
        return True
    return (
        role is not None
        and fields <= {"checklist"}
        and assignee.test(ctx, {"task_id": facts["object_id"]})
    )


may_edit: Final = Rule("to have written the comment", _edits, ("person_id", "object_id"))


class CommentRules(ResourceRules[Circle | None]):
    """What follows for mentions, tasks and feeds when a comment changes or goes."""

    completes = frozenset({"read"})

    def prepare(self, ctx: CrudContext, body: JsonObject, ident: UUID | None) -> Circle | None:
        """The team that an edited text may name."""
        if ident is None or not isinstance(body.get("text"), str):
            return None
        query = sa.select(Task.project_id).join(Comment, Comment.object_id == Task.id)
        with ctx.database.read() as connection:
            project = connection.scalar(query.where(Comment.id == ident))
        return circle_of(ctx, project, [body["text"]])

    def on_update(
        self, ctx: CrudContext, row: Row, values: Values, _body: JsonObject, _circle: Circle | None
    ) -> None:
        """Note the editor; whose comment it is and who sees it is for managers to change.

        Raises Forbidden for a status that isn't the caller's to give, and for a move to a
        production that isn't theirs to manage.
        """
        values["editor_id"] = ctx.actor.id
        role = ctx.actor.role_in(row["project_id"])
        if role not in MANAGERS:
            for name in ("for_client", "person_id", "object_id"):
                values.pop(name, None)
        if values.get("task_status_id") not in {None, row["task_status_id"]}:
            table = table_of(TaskStatus)
            given = sa.select(table).where(table.c.id == values["task_status_id"])
            status = ctx.tx.connection.execute(given).mappings().first()
            if status is not None:
                check_status(role, status)
        if values.get("object_id") not in {None, row["object_id"]}:
            _check_may_move(ctx, values["object_id"])

    def updated(
        self, ctx: CrudContext, before: Row, row: Row, body: JsonObject, circle: Circle | None
    ) -> None:
        """Whom the text names is read anew; another status or task sets the tasks anew."""
        if isinstance(body.get("text"), str) and circle is not None:
            for table in (comment_mentions, comment_department_mentions):
                ctx.tx.connection.execute(sa.delete(table).where(table.c.comment == row["id"]))
            write_mentions(ctx.tx, row["id"], find(body["text"], circle))
        if row["object_id"] != before["object_id"]:
            _follow(ctx, row)
            for one in sorted((before, row), key=lambda facts: facts["object_id"]):
                _set_task_anew(ctx, one)
        elif row["task_status_id"] != before["task_status_id"]:
            _set_task_anew(ctx, row)

    def on_delete(self, ctx: CrudContext, row: Row, _circle: Circle | None) -> None:
        """Remove what hangs off the comment, with its task locked."""
        task = sa.select(Task.id).where(Task.id == row["object_id"])
        ctx.tx.session.execute(task.with_for_update())
        remove(ctx.tx, ctx.name, ctx.metadata, "comment", [row["id"]])

    def deleted(self, ctx: CrudContext, row: Row, _circle: Circle | None) -> None:
        """Make the task what its remaining comments say."""
        _set_task_anew(ctx, row)

    def complete(
        self, ctx: CrudContext, rows: list[JsonObject], _verb: str, _circle: Circle | None
    ) -> None:
        """Name the author of a single comment, its files, and who replied."""
        ids = [row["person_id"] for row in rows]
        ids += [row["editor_id"] for row in rows]
        ids += [reply.get("person_id") for row in rows for reply in row["replies"] or []]
        known = people(ctx, ids)
        files = _files(ctx, [UUID(row["id"]) for row in rows])
        for row in rows:
            shown = _as_clients_know(known) if _is_client(ctx, row) else known
            row["person"] = shown.get(row["person_id"])
            if row["editor_id"] not in shown:
                row["editor_id"] = None
            row["attachment_files"] = files.get(row["id"], [])
            for reply in row["replies"] or []:
                reply["person"] = shown.get(reply.get("person_id"))

    def as_asked(self, ctx: CrudContext, reply: Reply, query: Mapping[str, str]) -> Reply:
        """Hold the comment's previews as rows, if they are asked for."""
        return with_previews(ctx, reply, query)


def _check_may_move(ctx: CallContext, task: UUID) -> None:
    """Raise Forbidden unless the caller manages the production of the task to move to."""
    there = sa.select(Task.project_id).where(Task.id == task)
    project = ctx.tx.session.scalar(there)
    if project is not None and ctx.actor.role_in(project) not in MANAGERS:
        message = "This requires to manage the production of the other task."
        raise Forbidden(message)


def _follow(ctx: CallContext, row: Facts) -> None:
    """What tells of a comment tells of it on the task it was moved to."""
    for model in (News, Notification):
        table = table_of(model)
        change = sa.update(table).where(table.c.comment_id == row["id"])
        ctx.tx.connection.execute(change.values(task_id=row["object_id"]))


def _set_task_anew(ctx: CrudContext, row: Facts) -> None:
    ident = row["object_id"]
    status = sa.select(Task.task_status_id).where(Task.id == ident)
    before = ctx.tx.session.scalar(status.with_for_update())
    recounted(ctx.tx, ident)
    after = ctx.tx.session.scalar(status)
    task_changed(ctx, {"id": ident, "project_id": row["project_id"]})
    if before != after:
        project = {"project_id": row["project_id"]} if row["project_id"] else {}
        told = TaskStatusChanged(
            task_id=ident,
            new_task_status_id=after,
            previous_task_status_id=before,
            person_id=row["person_id"],
            **project,
        )
        ctx.tx.emit(told)


def people(ctx: CallContext, ids: list[UUID | str | None]) -> dict[str, JsonObject]:
    """People in their short form, by id."""
    wanted = sorted({str(ident) for ident in ids if ident})
    answer: dict[str, JsonObject] = ctx.ask("auth", "short_persons", ids=wanted)
    return answer


def without_departments(person: Any) -> Any:
    """A person in full, as comments and tasks embed them."""
    return person and {name: value for name, value in person.items() if name != "departments"}


def _is_client(ctx: CallContext, row: Row) -> bool:
    """Whether the caller is a client in the comment's production."""
    found = task_facts(ctx, UUID(row["object_id"]))
    return found is not None and ctx.actor.role_in(found["project_id"]) == "client"


def _as_clients_know(known: dict[str, JsonObject]) -> dict[str, JsonObject]:
    """Other clients; who works for the studio is not told to them."""
    return {ident: person for ident, person in known.items() if person["role"] == "client"}


def _files(ctx: CallContext, comments: list[UUID]) -> dict[str, list[JsonObject]]:
    table = AttachmentFile
    statement = sa.select(
        table.comment_id, table.id, table.name, table.extension, table.size
    ).where(table.comment_id.in_(comments))
    found: dict[str, list[JsonObject]] = {}
    with ctx.database.read() as connection:
        for comment, ident, name, extension, size in connection.execute(statement):
            shown = {"id": str(ident), "name": name, "extension": extension, "size": size}
            found.setdefault(str(comment), []).append(shown)
    return found


class AttachmentRules(SimpleRules):
    """A file of a chat message embeds that message, which ``chat`` keeps."""

    completes = frozenset({"list", "read"})

    def complete(
        self, ctx: CrudContext, rows: list[JsonObject], _verb: str, _prepared: None
    ) -> None:
        """Embed the messages."""
        for row in rows:
            if row["chat_message_id"]:
                asked = {"path": "chat-messages", "ident": row["chat_message_id"]}
                row["chat_message"] = ctx.ask("chat", "read_row", **asked)
