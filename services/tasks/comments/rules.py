"""Hooks of generic CRUD for comments: mentions, the task's status, the feed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.rules import Facts
from services.common.contracts.shapes import AttachedFile, ShortPerson
from services.common.contracts.tasks.comments import CommentQuery
from services.common.contracts.tasks.events import TaskStatusChanged
from services.common.contracts.types import Id, RowQuery
from services.common.crud import cross_references
from services.common.crud.resource_rules import CrudContext, ResourceRules
from services.common.database.tables import table_of
from services.common.errors import Forbidden
from services.common.json_types import JsonObject, Row, Values
from services.common.wire.rpc_protocol import Reply
from services.tasks.comments import mentions
from services.tasks.comments.authorizer import Opened, ask_opened, check_status
from services.tasks.comments.views import clients_among, with_previews, without_rejected
from services.tasks.models import (
    AttachmentFile,
    Comment,
    News,
    Notification,
    Task,
    TaskStatus,
)
from services.tasks.policy import access
from services.tasks.policy.clients import CLIENT
from services.tasks.policy.people import short_persons
from services.tasks.previews.removal import (
    Mains,
    main_previews,
    only_shown_by,
    remove_previews,
)
from services.tasks.shapes import replies_in
from services.tasks.state.task_changes import task_changed
from services.tasks.state.task_status import recount_task

MANAGERS: Final = frozenset({"admin", "manager"})
#: What routes of their own add to a comment, each with its rights.
SET_BY_ROUTES: Final = frozenset({"replies", "acknowledgements"})
#: What a comment has from its text and its previews; an import by this API brings it along.
FIXED: Final = frozenset({"mentions", "department_mentions", "previews", "object_type"})


@dataclass(frozen=True)
class Prefetched:
    """What other services said before a comment is changed or deleted."""

    #: The team that an edited text may mention; None if the text stays.
    team: mentions.Team | None = None
    #: Which statuses the production opens to clients or closes, where the caller is one.
    opened: Opened = field(default_factory=dict)
    #: Those of a deleted comment's previews that stand for their entity.
    mains: Mains = field(default_factory=dict)


class CommentRules(ResourceRules[Prefetched]):
    """Keeps mentions, the task's status and the feed up to date with a comment."""

    completes = frozenset({"read"})
    adds: ClassVar = {
        "person": ShortPerson | None,
        # Ids in lists.
        "attachment_files": list[AttachedFile | Id],
        # Ids, or with ``with_previews`` the previews' rows.
        "previews": list[Id | JsonObject],
    }

    def prepare(self, ctx: CrudContext, body: JsonObject, ident: UUID | None) -> Prefetched:
        """Ask for the team that an edited text may mention, and what a deleted comment shows."""
        if ident is None:
            return Prefetched()
        if "force" in body:
            with ctx.database.read() as connection:
                previews = list(connection.scalars(only_shown_by(ident)))
            return Prefetched(mains=main_previews(ctx, previews))
        edits = isinstance(body.get("text"), str)
        if not edits and "task_status_id" not in body:
            return Prefetched()
        query = sa.select(Task.project_id).join(Comment, Comment.object_id == Task.id)
        with ctx.database.read() as connection:
            project = connection.scalar(query.where(Comment.id == ident))
        team = mentions.ask_team(ctx, project, [body["text"]]) if edits else None
        return Prefetched(team, ask_opened(ctx, project))

    def on_update(
        self,
        ctx: CrudContext,
        row: Row,
        values: Values,
        _body: JsonObject,
        prefetched: Prefetched,
    ) -> None:
        """Set the editor of a change; only managers may change author, task and visibility.

        Raises Forbidden for a status the caller may not set, and for a move to a production they
        don't manage.
        """
        # Clients read a list.
        if "checklist" in values and values["checklist"] is None:
            values["checklist"] = []
        # Who sends no change edits nothing, and may not have been allowed to.
        if values:
            values["editor_id"] = ctx.actor.id
        role = ctx.actor.role_in(row["project_id"])
        if role not in MANAGERS:
            for name in ("for_client", "person_id", "object_id"):
                values.pop(name, None)
        if values.get("task_status_id") not in {None, row["task_status_id"]}:
            table = table_of(TaskStatus)
            query = sa.select(table).where(table.c.id == values["task_status_id"])
            status = ctx.tx.connection.execute(query).mappings().first()
            if status is not None:
                check_status(role, status, prefetched.opened)
        if values.get("object_id") not in {None, row["object_id"]}:
            _check_may_move(ctx, values["object_id"])

    def updated(
        self,
        ctx: CrudContext,
        before: Row,
        row: Row,
        body: JsonObject,
        prefetched: Prefetched,
    ) -> None:
        """Update the mentions, and recount the tasks if status or task have changed."""
        if prefetched.team is not None:
            mentions.edit_mentions(
                ctx, row, mentions.find(body["text"], prefetched.team), prefetched.team
            )
        if row["object_id"] != before["object_id"]:
            _follow(ctx, row)
            # Both tasks are locked in the order of their ids: a comment that is moved the other way
            # at the same time waits, instead of a deadlock.
            for facts in sorted((before, row), key=lambda facts: facts["object_id"]):
                _recount(ctx, facts)
        elif row["task_status_id"] != before["task_status_id"]:
            _recount(ctx, row)

    def on_delete(self, ctx: CrudContext, row: Row, prefetched: Prefetched) -> None:
        """Delete what depends on the comment and what only it showed, with its task locked."""
        task = sa.select(Task.id).where(Task.id == row["object_id"])
        # The task first, then the comment's rows: the lock order of whoever writes comments.
        ctx.tx.session.execute(task.with_for_update())
        previews = list(ctx.tx.session.scalars(only_shown_by(row["id"])))
        remove_previews(ctx, previews, prefetched.mains)
        cross_references.remove(ctx, "comment", [row["id"]])

    def deleted(self, ctx: CrudContext, row: Row, _prefetched: Prefetched) -> None:
        """Recount the task from its remaining comments."""
        _recount(ctx, row)

    def complete(
        self, ctx: CrudContext, rows: list[JsonObject], _verb: str, _prefetched: Prefetched | None
    ) -> None:
        """Add the author, the files and the authors of replies."""
        for row in rows:
            row["replies"] = replies_in(row["replies"])
        ids = [row["person_id"] for row in rows]
        ids += [row["editor_id"] for row in rows]
        ids += [reply.get("person_id") for row in rows for reply in row["replies"]]
        people = short_persons(ctx, ids)
        files = _files(ctx, [UUID(row["id"]) for row in rows])
        for row in rows:
            visible, hidden = people, _project_as_client(ctx, row)
            if hidden is not None:
                visible = clients_among(ctx, hidden, people)
                if "previews" in row:
                    with ctx.database.read() as connection:
                        row["previews"] = without_rejected(connection, row["previews"])
            row["person"] = visible.get(row["person_id"])
            if row["editor_id"] not in visible:
                row["editor_id"] = None
            row["attachment_files"] = files.get(row["id"], [])
            for reply in row["replies"]:
                reply["person"] = visible.get(reply.get("person_id"))

    def reply_for(self, ctx: CrudContext, reply: Reply, asked: RowQuery) -> Reply:
        """Add the comment's previews, if they are asked for."""
        assert isinstance(asked, CommentQuery)
        return with_previews(ctx, reply) if asked.with_previews else reply


def _check_may_move(ctx: CallContext, task: UUID) -> None:
    """Raise Forbidden unless the caller manages the production of the task to move to."""
    project_query = sa.select(Task.project_id).where(Task.id == task)
    project = ctx.tx.session.scalar(project_query)
    if project is not None and ctx.actor.role_in(project) not in MANAGERS:
        message = "This requires to manage the production of the other task."
        raise Forbidden(message)


def _follow(ctx: CallContext, row: Facts) -> None:
    """Move the comment's news and notifications to the task it was moved to."""
    for model in (News, Notification):
        table = table_of(model)
        change = sa.update(table).where(table.c.comment_id == row["id"])
        ctx.tx.connection.execute(change.values(task_id=row["object_id"]))


def _recount(ctx: CrudContext, row: Facts) -> None:
    ident = row["object_id"]
    status = sa.select(Task.task_status_id).where(Task.id == ident)
    # Locked before it is read: what is compared below is this transaction's own change.
    before = ctx.tx.session.scalar(status.with_for_update())
    recount_task(ctx.tx, ident)
    after = ctx.tx.session.scalar(status)
    task_changed(ctx, {"id": ident, "project_id": row["project_id"]})
    if before != after:
        project = {"project_id": row["project_id"]} if row["project_id"] else {}
        event = TaskStatusChanged(
            task_id=ident,
            new_task_status_id=after,
            previous_task_status_id=before,
            person_id=row["person_id"],
            **project,
        )
        ctx.tx.emit(event)


def _project_as_client(ctx: CallContext, row: Row) -> UUID | None:
    """The comment's production, if the caller is a client there."""
    found = access.task_facts(ctx, UUID(row["object_id"]))
    project: UUID | None = found["project_id"] if found else None
    return project if ctx.actor.role_in(project) == CLIENT else None


def _files(ctx: CallContext, comments: list[UUID]) -> dict[str, list[JsonObject]]:
    table = AttachmentFile
    statement = sa.select(
        table.comment_id, table.id, table.name, table.extension, table.size
    ).where(table.comment_id.in_(comments))
    files: dict[str, list[JsonObject]] = {}
    with ctx.database.read() as connection:
        for comment, ident, name, extension, size in connection.execute(statement):
            file = {"id": str(ident), "name": name, "extension": extension, "size": size}
            files.setdefault(str(comment), []).append(file)
    return files
