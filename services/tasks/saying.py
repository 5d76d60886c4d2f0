"""Who may say what on which task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.crud.validation import known_id
from services.common.database.sql_types import Condition
from services.common.database.tables import table_of
from services.common.errors import Forbidden, NotFound
from services.common.json_types import JsonObject, Row
from services.tasks import access
from services.tasks.models import (
    Comment,
    Task,
    TaskType,
    comment_department_mentions,
    comment_mentions,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.tasks.background import CommentContext
    from services.tasks.posting import Draft

MAY_SAY: Final = "This requires to work on the task."
MAY_SET: Final = "This requires a role that may give that status."


def check_status(role: str | None, status: Row) -> None:
    """Raise Forbidden where artists or clients may not give the status."""
    if (role == "user" and not status["is_artist_allowed"]) or (
        role == "client" and not status["is_client_allowed"]
    ):
        raise Forbidden(MAY_SET)


class CommentAuthorizer:
    """Rights of the caller on tasks and their comments, read once a request."""

    def __init__(self, ctx: CallContext, known: CommentContext | None = None) -> None:
        self.ctx = ctx
        self._tasks: dict[UUID, JsonObject] = known.tasks if known else {}
        self._statuses: dict[UUID, JsonObject] = known.statuses if known else {}

    def task(self, ident: UUID) -> JsonObject:
        """A task with what rights hang on. Raises NotFound."""
        if ident not in self._tasks:
            table, kind = table_of(Task), table_of(TaskType)
            query = (
                sa.select(
                    table.c.id,
                    table.c.project_id,
                    table.c.entity_id,
                    table.c.task_status_id,
                    table.c.task_type_id,
                    kind.c.department_id,
                    access.assigned_to(self.ctx.actor.id, table.c.id).label("mine"),
                )
                .outerjoin(kind, kind.c.id == table.c.task_type_id)
                .where(table.c.id == ident)
            )
            with self.ctx.database.read() as connection:
                row = connection.execute(query).mappings().first()
            if row is None:
                raise NotFound
            self._tasks[ident] = dict(row)
        return self._tasks[ident]

    def readable(self, task_id: str) -> JsonObject:
        """The task of an id in a path, for who can see it. Raises NotFound, Forbidden."""
        task = self.task(known_id(task_id))
        self.check_reader(task)
        return task

    def comment(self, ident: UUID) -> JsonObject:
        """A comment with what rights hang on. Raises NotFound."""
        table = table_of(Comment)
        query = sa.select(table.c.id, table.c.object_id, table.c.person_id).where(
            table.c.id == ident
        )
        with self.ctx.database.read() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise NotFound
        return dict(row)

    def role(self, task: Row) -> str | None:
        """The caller's role in the task's production."""
        found: str | None = self.ctx.actor.role_in(task["project_id"])
        return found

    def supervises(self, task: Row) -> bool:
        """Whether the caller supervises the department that does such tasks."""
        departments = self.ctx.actor.departments
        mine = not departments or task["department_id"] in departments
        return self.role(task) == "supervisor" and mine

    def works_on(self, task: Row) -> bool:
        """Whether the caller supervises the task or is assigned to it, and still in the team."""
        return self.role(task) is not None and (task["mine"] or self.supervises(task))

    def may_act(self, task: Row) -> bool:
        """Managers, clients, assignees, supervisors, and who made the entity."""
        role = self.role(task)
        if role is None:
            return False
        if role in {"admin", "manager", "client"} or self.works_on(task):
            return True
        return access.made_entity(self.ctx, task["entity_id"])

    def is_mentioned(self, task: Row) -> bool:
        """Whether a comment or reply on the task names the caller or their department."""
        if self.role(task) in {None, "vendor"}:
            return False
        actor, table = self.ctx.actor, table_of(Comment)
        person, department = comment_mentions.c, comment_department_mentions.c
        ids = sa.select(table.c.id).where(table.c.object_id == task["id"])
        tests: list[Condition] = [
            sa.exists().where(person.comment.in_(ids), person.person == actor.id),
            sa.exists().where(
                department.comment.in_(ids), department.department.in_(actor.departments)
            ),
        ]
        named = {"mentions": [str(actor.id)]}
        tests.append(self._in_replies(ids, named))
        tests += [
            self._in_replies(ids, {"department_mentions": [str(one)]}) for one in actor.departments
        ]
        with self.ctx.database.read() as connection:
            return bool(connection.scalar(sa.select(sa.or_(*tests))))

    @staticmethod
    def _in_replies(ids: Any, named: dict[str, list[str]]) -> Condition:
        table = table_of(Comment)
        return sa.exists().where(table.c.id.in_(ids), table.c.replies.contains([named]))

    # --- checks ---------------------------------------------------------------------------------

    def check(self, drafts: Sequence[Draft], *, answering: bool = False) -> None:
        """Who works on a task may comment.

        One who is ``answering`` may who is mentioned, without changing the task's status.
        Raises Forbidden.
        """
        for draft in drafts:
            task = self.task(draft.task_id)
            if self.may_act(task):
                continue
            same = draft.status_id == task["task_status_id"]
            if not answering or not same or not self.is_mentioned(task):
                raise Forbidden(MAY_SAY)
        self.check_statuses(drafts)

    def check_statuses(self, drafts: Sequence[Draft]) -> None:
        """Artists and clients may give only some statuses. Raises Forbidden, NotFound."""
        for draft in drafts:
            status = self._statuses.get(draft.status_id)
            if status is None:
                raise NotFound
            check_status(self.role(self.task(draft.task_id)), status)

    def check_reader(self, task: Row) -> None:
        """Raise Forbidden for who can't see the task."""
        access.reader.check(self.ctx, task)

    def check_reply(self, task: Row, comment: Row) -> None:
        """A comment's author replies to it, as do those who may comment. Raises Forbidden.

        Clients of different studios don't reply to each other.
        """
        if comment["person_id"] == self.ctx.actor.id:
            return
        if not self.may_act(task) and not self.is_mentioned(task):
            raise Forbidden(MAY_SAY)
        if self.role(task) == "client":
            ids = [str(comment["person_id"]), str(self.ctx.actor.id)]
            people = self.ctx.ask("auth", "whole_persons", ids=ids)
            author, own = (people.get(ident, {}) for ident in ids)
            if author.get("role") == "client" and author.get("studio_id") != own.get("studio_id"):
                message = "This requires to be of the same studio as the comment's author."
                raise Forbidden(message)
