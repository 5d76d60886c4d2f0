"""Authorization of comments and replies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from services.common.access.context import CallContext
from services.common.crud.validation import known_id
from services.common.errors import Forbidden, NotFound
from services.common.json_types import JsonObject, Row
from services.tasks.comments.context import CommentContext, Draft
from services.tasks.policy import access
from services.tasks.policy.clients import CLIENT
from services.tasks.policy.comments import COMMENTS, is_mentioned
from services.tasks.policy.task_authorizer import TaskAuthorizer

MAY_COMMENT: Final = "This requires to work on the task."
MAY_SET: Final = "This requires a role that may give that status."


#: What a production lets its clients set, by the status's id; others are as the status says.
Opened = Mapping[str, bool]


def check_status(role: str | None, status: Row, opened: Opened) -> None:
    """Raise Forbidden for a status that artists or clients may not set."""
    if (role == "user" and not status["is_artist_allowed"]) or (
        role == CLIENT and not opened.get(str(status["id"]), status["is_client_allowed"])
    ):
        raise Forbidden(MAY_SET)


def ask_opened(ctx: CallContext, project: UUID | None) -> Opened:
    """What the production lets the caller set, if they are a client there."""
    if project is None or ctx.actor.role_in(project) != CLIENT:
        return {}
    rules: JsonObject = ctx.ask("crud", "read_production_rules", project_id=str(project))
    opened: Opened = rules.get("client_statuses", {})
    return opened


class Sees(NamedTuple):
    """What somebody sees of a comment."""

    #: All of it; otherwise only that it is there, and its previews.
    words: bool
    #: Without what is hidden from clients, such as rejected previews.
    as_client: bool


class CommentAuthorizer(TaskAuthorizer):
    """The caller's permissions on comments and their tasks; each task is read once per request."""

    def __init__(self, ctx: CallContext, context: CommentContext | None = None) -> None:
        super().__init__(ctx, context.tasks if context else None)
        self._statuses: dict[UUID, Row] = context.statuses if context else {}

    def check(self, drafts: Sequence[Draft], *, answering: bool = False) -> None:
        """Raise Forbidden unless the caller may act on the tasks of all drafts.

        ``answering`` also permits comments of people mentioned on a task, if they leave its status
        unchanged.
        """
        for draft in drafts:
            task = self.task(draft.task_id)
            if self.may_act(task):
                continue
            same = draft.status_id == task["task_status_id"]
            project = task["project_id"]
            if not answering or not same or not is_mentioned(self.ctx, task["id"], project):
                raise Forbidden(MAY_COMMENT)
        self.check_statuses(drafts)

    def check_statuses(self, drafts: Sequence[Draft]) -> None:
        """Check that the caller's role may set the statuses. Raises Forbidden, NotFound."""
        projects = {self.task(draft.task_id)["project_id"] for draft in drafts}
        opened = {project: ask_opened(self.ctx, project) for project in projects}
        for draft in drafts:
            status = self._statuses.get(draft.status_id)
            if status is None:
                raise NotFound
            task = self.task(draft.task_id)
            check_status(self.role(task), status, opened[task["project_id"]])

    def comment_of_task(self, task_id: str, comment_id: str) -> tuple[Row, Row]:
        """A task and its comment. Raises NotFound, and Forbidden for a comment of another task."""
        task = self.task(known_id(task_id))
        comment = access.comment_facts(self.ctx, known_id(comment_id))
        if comment["object_id"] != task["id"]:
            message = "The comment is on another task."
            raise Forbidden(message)
        return task, comment

    def check_may(self, action: str, task: Row, comment: Row) -> None:
        """Raise Forbidden unless the caller may do that to the comment."""
        COMMENTS.may[action].check(self.ctx, {**task, **comment, "task_id": task["id"]})

    def sees(self, task: Row, comment: Row) -> Sees:
        """What the caller sees of the comment. Raises Forbidden if it is nothing."""
        facts = {"id": comment["id"], "project_id": task["project_id"]}
        COMMENTS.viewer.check(self.ctx, facts)
        return Sees(
            words=self.ctx.actor.is_admin or COMMENTS.reader.test(self.ctx, facts),
            as_client=self.role(task) == CLIENT,
        )
