"""Who reads a comment through generic CRUD, and what its JSON adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.common.permissions import Facts, Rule, Work
from services.common.resources import Resource, embedded
from services.common.tables import table_of
from services.tasks.access import reader, task_facts
from services.tasks.models import AttachmentFile, Comment

_COMMENT: Final = Resource(path="comments", model=Comment)
WHOLE_COMMENT: Final = embedded(
    _COMMENT, Comment.id == AttachmentFile.comment_id, table_of(AttachmentFile)
)
"""The whole comment a file is attached to."""
NO_MESSAGE: Final[sa.ColumnElement[Any]] = sa.literal_column("NULL::json")


def _reads(work: Work, facts: Facts) -> bool:
    """Managers and supervisors read all, clients what is theirs or for them, others the rest."""
    found = task_facts(work, facts["object_id"])
    if found is None or not reader.test(work, found):
        return False
    role = work.actor.role_in(found["project_id"])
    if role in {"admin", "manager", "supervisor"}:
        return True
    if role == "client" and facts["for_client"]:
        return True
    author = people(work, [facts["person_id"]]).get(str(facts["person_id"]), {})
    by_client = author.get("role") == "client"
    return by_client if role == "client" else not by_client


may_read_comment: Final = Rule(
    "access to the comment", _reads, ("object_id", "for_client", "person_id")
)


def on_update(work: Any, row: Facts, values: dict[str, Any], _body: Mapping[str, Any]) -> None:
    """The editor is noted; whose comment it is and who sees it is for managers to change."""
    values["editor_id"] = work.actor.id
    if work.actor.role_in(row["project_id"]) not in {"admin", "manager"}:
        for name in ("for_client", "person_id", "object_id"):
            values.pop(name, None)


def people(work: Work, ids: list[UUID | str | None]) -> dict[str, dict[str, Any]]:
    """People in their short form, by id."""
    wanted = sorted({str(ident) for ident in ids if ident})
    answer: dict[str, dict[str, Any]] = work.ask("auth", "short_persons", ids=wanted)
    return answer


def complete(work: Any, rows: list[dict[str, Any]], _verb: str) -> None:
    """A single comment names its author, its files, and who replied."""
    ids = [row["person_id"] for row in rows]
    ids += [row["editor_id"] for row in rows]
    ids += [reply.get("person_id") for row in rows for reply in row["replies"] or []]
    known = people(work, ids)
    files = _files(work, [UUID(row["id"]) for row in rows])
    for row in rows:
        author = known.get(row["person_id"])
        hidden = work.actor.role == "client" and (author or {}).get("role") != "client"
        row["person"] = None if hidden else author
        if work.actor.role == "client" and known.get(row["editor_id"], {}).get("role") != "client":
            row["editor_id"] = None
        row["attachment_files"] = files.get(row["id"], [])
        for reply in row["replies"] or []:
            reply["person"] = known.get(reply.get("person_id"))


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
