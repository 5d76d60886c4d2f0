"""Who reads a comment through generic CRUD, and what its JSON adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.rules import Facts, Rule, Work
from services.common.contracts.tasks import TaskStatusChanged
from services.common.crud.cross_references import remove
from services.common.crud.resource import Resource, embedded
from services.common.database.tables import table_of
from services.common.errors import Forbidden
from services.tasks.access import assignee, reader, task_facts
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
NO_MESSAGE: Final[sa.ColumnElement[Any]] = sa.literal_column("NULL::json")


def _reads(work: Work, facts: Facts) -> bool:
    """Managers and supervisors read all, clients what is theirs or for them, others the rest."""
    found = task_facts(work, facts["object_id"])
    if found is None or not reader.test(work, found):
        return False
    role = work.actor.role_in(found["project_id"])
    if role in {"admin", "manager", "supervisor"}:
        return True
    if role == "client" and (facts["for_client"] or facts["person_id"] == work.actor.id):
        return True
    author = people(work, [facts["person_id"]]).get(str(facts["person_id"]), {})
    by_client = author.get("role") == "client"
    if role != "client":
        return not by_client
    return by_client and not are_clients_isolated(work, found["project_id"])


def are_clients_isolated(work: Work, project: UUID | None) -> bool:
    """Whether the production hides from its clients what other clients say."""
    rules = work.ask("crud", "production_rules", project_id=str(project))
    return bool(rules.get("is_clients_isolated"))


may_read_comment: Final = Rule(
    "access to the comment", _reads, ("object_id", "for_client", "person_id")
)


def _edits(work: Work, facts: Facts) -> bool:
    """Its author edits a comment; supervisors pin and tick, assignees tick the checklist."""
    if facts["person_id"] == work.actor.id:
        return True
    fields = set(facts["body"]) - {"id", "created_at", "updated_at"}
    found = task_facts(work, facts["object_id"])
    if found is None or not fields <= {"pinned", "checklist"}:
        return False
    role, mine = work.actor.role_in(found["project_id"]), work.actor.departments
    if role == "supervisor" and (not mine or found["department_id"] in mine):
        return True
    return (
        role is not None
        and fields <= {"checklist"}
        and assignee.test(work, {"task_id": facts["object_id"]})
    )


may_edit: Final = Rule("to have written the comment", _edits, ("person_id", "object_id"))


def prepare(work: Any, body: Mapping[str, Any], ident: UUID | None) -> Circle | None:
    """The team that an edited text may name."""
    if ident is None or not isinstance(body.get("text"), str):
        return None
    query = sa.select(Task.project_id).join(Comment, Comment.object_id == Task.id)
    with work.database.read() as connection:
        project = connection.scalar(query.where(Comment.id == ident))
    return circle_of(work, project, [body["text"]])


def on_update(work: Any, row: Facts, values: dict[str, Any], _body: Mapping[str, Any]) -> None:
    """The editor is noted; whose comment it is and who sees it is for managers to change.

    Raises Forbidden for a status that isn't the caller's to give, and for a move to a production
    that isn't theirs to manage.
    """
    values["editor_id"] = work.actor.id
    role = work.actor.role_in(row["project_id"])
    if role not in MANAGERS:
        for name in ("for_client", "person_id", "object_id"):
            values.pop(name, None)
    if values.get("task_status_id") not in {None, row["task_status_id"]}:
        table = table_of(TaskStatus)
        given = sa.select(table).where(table.c.id == values["task_status_id"])
        status = work.tx.connection.execute(given).mappings().first()
        if status is not None:
            check_status(role, status)
    if values.get("object_id") not in {None, row["object_id"]}:
        there = sa.select(Task.project_id).where(Task.id == values["object_id"])
        project = work.tx.session.scalar(there)
        if project is not None and work.actor.role_in(project) not in MANAGERS:
            message = "This requires to manage the production of the other task."
            raise Forbidden(message)


def updated(work: Any, before: Facts, row: Facts, body: Mapping[str, Any]) -> None:
    """Whom the text names is read anew; another status or task sets the tasks anew."""
    if isinstance(body.get("text"), str) and work.prepared is not None:
        for table in (comment_mentions, comment_department_mentions):
            work.tx.connection.execute(sa.delete(table).where(table.c.comment == row["id"]))
        write_mentions(work.tx, row["id"], find(body["text"], work.prepared))
    if row["object_id"] != before["object_id"]:
        _follow(work, row)
        for one in sorted((before, row), key=lambda facts: facts["object_id"]):
            _set_task_anew(work, one)
    elif row["task_status_id"] != before["task_status_id"]:
        _set_task_anew(work, row)


def _follow(work: Any, row: Facts) -> None:
    """What tells of a comment tells of it on the task it was moved to."""
    for model in (News, Notification):
        table = table_of(model)
        change = sa.update(table).where(table.c.comment_id == row["id"])
        work.tx.connection.execute(change.values(task_id=row["object_id"]))


def on_delete(work: Any, row: Facts, _force: bool) -> None:
    """What hangs off a comment goes with it."""
    work.tx.session.execute(sa.select(Task.id).where(Task.id == row["object_id"]).with_for_update())
    remove(work.tx, work.name, work.metadata, "comment", [row["id"]])


def deleted(work: Any, row: Facts) -> None:
    """The task is what its remaining comments say."""
    _set_task_anew(work, row)


def _set_task_anew(work: Any, row: Facts) -> None:
    ident = row["object_id"]
    status = sa.select(Task.task_status_id).where(Task.id == ident)
    before = work.tx.session.scalar(status.with_for_update())
    recounted(work.tx, ident)
    after = work.tx.session.scalar(status)
    task_changed(work, {"id": ident, "project_id": row["project_id"]})
    if before != after:
        project = {"project_id": row["project_id"]} if row["project_id"] else {}
        told = TaskStatusChanged(
            task_id=ident,
            new_task_status_id=after,
            previous_task_status_id=before,
            person_id=row["person_id"],
            **project,
        )
        work.tx.emit(told)


def people(work: Work, ids: list[UUID | str | None]) -> dict[str, dict[str, Any]]:
    """People in their short form, by id."""
    wanted = sorted({str(ident) for ident in ids if ident})
    answer: dict[str, dict[str, Any]] = work.ask("auth", "short_persons", ids=wanted)
    return answer


def without_departments(person: Any) -> Any:
    """A person in full, as comments and tasks embed them."""
    return person and {name: value for name, value in person.items() if name != "departments"}


def complete(work: Any, rows: list[dict[str, Any]], _verb: str) -> None:
    """A single comment names its author, its files, and who replied."""
    ids = [row["person_id"] for row in rows]
    ids += [row["editor_id"] for row in rows]
    ids += [reply.get("person_id") for row in rows for reply in row["replies"] or []]
    known = people(work, ids)
    files = _files(work, [UUID(row["id"]) for row in rows])
    for row in rows:
        shown = _as_clients_know(known) if _is_client(work, row) else known
        row["person"] = shown.get(row["person_id"])
        if row["editor_id"] not in shown:
            row["editor_id"] = None
        row["attachment_files"] = files.get(row["id"], [])
        for reply in row["replies"] or []:
            reply["person"] = shown.get(reply.get("person_id"))


def _is_client(work: Work, row: Mapping[str, Any]) -> bool:
    """Whether the caller is a client in the comment's production."""
    found = task_facts(work, UUID(row["object_id"]))
    return found is not None and work.actor.role_in(found["project_id"]) == "client"


def _as_clients_know(known: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Other clients; who works for the studio is not told to them."""
    return {ident: person for ident, person in known.items() if person["role"] == "client"}


def _files(work: Any, comments: list[UUID]) -> dict[str, list[dict[str, Any]]]:
    table = AttachmentFile
    statement = sa.select(
        table.comment_id, table.id, table.name, table.extension, table.size
    ).where(table.comment_id.in_(comments))
    found: dict[str, list[dict[str, Any]]] = {}
    with work.database.read() as connection:
        for comment, ident, name, extension, size in connection.execute(statement):
            shown = {"id": str(ident), "name": name, "extension": extension, "size": size}
            found.setdefault(str(comment), []).append(shown)
    return found


def complete_attachments(work: Any, rows: list[dict[str, Any]], verb: str) -> None:
    """A file of a chat message embeds that message, which ``chat`` keeps."""
    if verb in {"new", "update"}:
        return
    for row in rows:
        if row["chat_message_id"]:
            asked = {"path": "chat-messages", "ident": row["chat_message_id"]}
            row["chat_message"] = work.ask("chat", "read_row", **asked)
