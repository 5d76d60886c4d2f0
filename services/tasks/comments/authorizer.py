"""Authorization of comments and replies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.crud.validation import known_id
from services.common.database.sql_types import Condition
from services.common.database.tables import table_of
from services.common.errors import Forbidden, NotFound
from services.common.json_types import Row
from services.tasks.comments.context import CommentContext, Draft
from services.tasks.models import Comment, comment_department_mentions, comment_mentions
from services.tasks.policy import access
from services.tasks.policy.people import caller_id
from services.tasks.policy.task_authorizer import TaskAuthorizer

MAY_COMMENT: Final = "This requires to work on the task."
MAY_SET: Final = "This requires a role that may give that status."


def check_status(role: str | None, status: Row) -> None:
    """Raise Forbidden for a status that artists or clients may not set."""
    if (role == "user" and not status["is_artist_allowed"]) or (
        role == "client" and not status["is_client_allowed"]
    ):
        raise Forbidden(MAY_SET)


class CommentAuthorizer(TaskAuthorizer):
    """The caller's permissions on comments and their tasks; each task is read once per request."""

    def __init__(self, ctx: CallContext, context: CommentContext | None = None) -> None:
        super().__init__(ctx, context.tasks if context else None)
        self._statuses: dict[UUID, Row] = context.statuses if context else {}

    def is_mentioned(self, task: Row) -> bool:
        """Whether a comment or reply on the task mentions the caller or their department."""
        # Vendors see their own tasks only: a mention gives no access to another.
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
        mentioned = {"mentions": [str(actor.id)]}
        tests.append(self._in_replies(ids, mentioned))
        # jsonb's ``@>`` with one element each: it finds arrays that contain the person.
        tests += [
            self._in_replies(ids, {"department_mentions": [str(department)]})
            for department in actor.departments
        ]
        with self.ctx.database.read() as connection:
            return bool(connection.scalar(sa.select(sa.or_(*tests))))

    @staticmethod
    def _in_replies(ids: Any, mentioned: dict[str, list[str]]) -> Condition:
        table = table_of(Comment)
        return sa.exists().where(table.c.id.in_(ids), table.c.replies.contains([mentioned]))

    def check(self, drafts: Sequence[Draft], *, answering: bool = False) -> None:
        """Raise Forbidden unless the caller may act on the tasks of all drafts.

        ``answering`` also permits comments of people mentioned on a task, if they leave its status
        unchanged.
        """
        for draft in drafts:
            task = self.task(draft.task_id)
            if self.may_act(task):
                continue
            keeps_status = draft.status_id == task["task_status_id"]
            if not answering or not keeps_status or not self.is_mentioned(task):
                raise Forbidden(MAY_COMMENT)
        self.check_statuses(drafts)

    def check_statuses(self, drafts: Sequence[Draft]) -> None:
        """Check that the caller's role may set the statuses. Raises Forbidden, NotFound."""
        for draft in drafts:
            status = self._statuses.get(draft.status_id)
            if status is None:
                raise NotFound
            check_status(self.role(self.task(draft.task_id)), status)

    def check_reply(self, task: Row, comment: Row) -> None:
        """The comment's author may reply, and everybody who may comment. Raises Forbidden.

        Clients may not reply to clients of another studio.
        """
        if comment["person_id"] == self.ctx.actor.id:
            return
        # Mentions let people answer whose role alone would not (e.g. artists of another task).
        if not self.may_act(task) and not self.is_mentioned(task):
            raise Forbidden(MAY_COMMENT)
        if self.role(task) == "client":
            ids = [str(comment["person_id"]), str(self.ctx.actor.id)]
            people = self.ctx.ask("auth", "list_full_persons", ids=ids)
            author, caller = (people.get(ident, {}) for ident in ids)
            if author.get("role") == "client" and author.get("studio_id") != caller.get(
                "studio_id"
            ):
                message = "This requires to be of the same studio as the comment's author."
                raise Forbidden(message)

    def comment_of_task(self, task_id: str, comment_id: str) -> tuple[Row, Row]:
        """A task and its comment. Raises NotFound, and Forbidden for a comment of another task."""
        task = self.task(known_id(task_id))
        comment = access.comment_facts(self.ctx, known_id(comment_id))
        if comment["object_id"] != task["id"]:
            message = "The comment is on another task."
            raise Forbidden(message)
        return task, comment

    def check_author(self, task: Row, comment: Row) -> None:
        """Raise Forbidden unless the caller wrote the comment or manages the production."""
        if comment["person_id"] != caller_id(self.ctx) and not access.manages(self.ctx, task):
            message = "This requires to have written the comment or to manage the production."
            raise Forbidden(message)
