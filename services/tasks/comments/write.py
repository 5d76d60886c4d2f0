"""Writing comments: the row and all its effects.

One transaction commits the comment, mentions, files, the task's status and dates, notifications,
the entry in the production's feed, copies to the tasks in its hashtags, and the comments that
status automations add: readers see all of it at once, and this service owns all of it. Other
services follow by event: ``assets`` (an automation makes an entity ready), ``crud`` (an assignee
joins the team), ``auth`` (e-mail).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
import sqlalchemy as sa

from services.common.contracts.tasks.events import (
    CommentNew,
    NewsNew,
    TaskMakesReady,
    TaskStatusChanged,
    TaskToReview,
)
from services.common.crud.resource_rules import CrudContext
from services.common.database.sql_types import Condition
from services.common.database.tables import table_of
from services.common.errors import NotFound
from services.common.json_types import JsonObject, Row
from services.tasks.attachments.files import attach
from services.tasks.comments import mentions
from services.tasks.comments.context import CommentContext, Draft
from services.tasks.comments.sql import COMMENT, NEWS, SET_STATUS, TASK, TASK_KEYS
from services.tasks.models import Task, TaskType
from services.tasks.policy import access
from services.tasks.policy.notifications import notify
from services.tasks.state.task_changes import task_changed
from services.tasks.state.task_status import recount_task, with_status

COPIED: Final = "{text}\n\n____\nFrom {kind} task"
CONCEPT: Final = "Concept"


class CommentWriter:
    """Writes drafts in one transaction, with their tasks locked in order of ids."""

    def __init__(self, ctx: CrudContext, context: CommentContext) -> None:
        self.ctx, self.tx, self.context = ctx, ctx.tx, context
        self.automated: set[tuple[UUID, UUID]] = set()

    def post(self, drafts: Iterable[Draft]) -> list[UUID]:
        """Write the drafts and return their ids.

        Emits ``comment:new``, ``task:update``, and what follows from status and text.
        """
        batch = list(drafts)
        # A single comment needs no lock order: the statement that reads its task locks it.
        if len(batch) > 1 or self.context.follows(batch[0]):
            self._lock(batch)
        return [self._post(draft) for draft in batch]

    def _lock(self, drafts: list[Draft]) -> None:
        """Lock the tasks, and the entity's other tasks if automations may change them."""
        table = table_of(Task)
        condition: Condition = table.c.id.in_({draft.task_id for draft in drafts})
        entities = {
            self.context.tasks[draft.task_id]["entity_id"]
            for draft in drafts
            if self.context.follows(draft)
        }
        if entities:
            condition |= table.c.entity_id.in_(entities)
        # In id order, as everywhere: two batches over the same tasks may wait, but don't deadlock.
        query = sa.select(table.c.id).where(condition).order_by(table.c.id)
        self.tx.connection.execute(query.with_for_update())

    def _task(self, ident: UUID) -> JsonObject:
        """The task, locked FOR UPDATE, with its assignees and subscribers. Raises NotFound."""
        # The lock serializes comments on a task, and with them the changes of its status.
        rows = self.tx.run(TASK, task=str(ident))
        if not rows:  # deleted since the context was read
            raise NotFound
        return dict(zip(TASK_KEYS, rows[0], strict=True))

    def _post(self, draft: Draft) -> UUID:
        task = self._task(draft.task_id)
        status = self.context.statuses[draft.status_id]
        # Under the lock: the retake count can't change before the comment commits.
        self.context.check_retake(task, status)
        # The database's clock, read once the lock was acquired: see ``TASK``.
        now = task.pop("now")
        moment = draft.created_at or now
        team = self.context.team(task["project_id"])
        mentioned = mentions.find(draft.text, team)
        ident = self._row(draft, moment, mentioned)
        attach(self.ctx, draft.files, comment_id=ident)
        self._tell(task, draft, ident)
        self._copies(task, draft, moment)
        changed = self._set_status(task, draft, ident, moment, now)
        self._notify(task, draft, ident, mentioned.everybody(team), changed=changed)
        # Comments on concepts stay out of the production's feed.
        if self.context.kind_of(task["entity_id"]) != CONCEPT:
            self._news(task, draft, ident, changed=changed)
        if changed:
            self._automate(task, draft)
        return ident

    @staticmethod
    def _event_of(event: Any, task: Row, draft: Draft, **more: Any) -> Any:
        project = {"project_id": task["project_id"]} if task["project_id"] else {}
        return event(task_status_id=draft.status_id, **more, **project)

    def _tell(self, task: Row, draft: Draft, comment: UUID) -> None:
        """Emit ``comment:new``."""
        told = {"person_id": draft.author_id, "for_client": draft.for_client}
        about = {"comment_id": comment, "task_id": task["id"]}
        self.tx.emit(self._event_of(CommentNew, task, draft, **about, **told))

    # --- the comment ----------------------------------------------------------------------------

    def _row(self, draft: Draft, moment: datetime, mentioned: mentions.Mentions) -> UUID:
        ident = uuid4()
        self.tx.defer(
            COMMENT,
            id=str(ident),
            task=str(draft.task_id),
            text=draft.text,
            links=draft.links,
            checklist=msgspec.json.encode(draft.checklist).decode(),
            moment=moment,
            for_client=draft.for_client,
            status=str(draft.status_id),
            author=str(draft.author_id),
        )
        mentions.write_mentions(self.tx, ident, mentioned)
        return ident

    def _copies(self, task: Row, draft: Draft, moment: datetime) -> None:
        """Copy the comment to the entity's other tasks whose types its hashtags mention.

        Only to those that the caller may comment on.
        """
        hashtags = mentions.hashtags(draft.text)
        if not hashtags:
            return
        table, kind = table_of(Task), table_of(TaskType)
        other_tasks = (
            sa.select(
                table.c.id,
                table.c.task_status_id,
                table.c.project_id,
                table.c.entity_id,
                kind.c.department_id,
                kind.c.name,
                access.assigned_to(self.ctx.actor.id, table.c.id).label("mine"),
            )
            .join(kind, kind.c.id == table.c.task_type_id)
            .where(table.c.entity_id == task["entity_id"], table.c.id != task["id"])
            .order_by(table.c.id)
        )
        text = COPIED.format(text=draft.text, kind=task["type_name"])
        for row in self.tx.connection.execute(other_tasks).mappings().all():
            if mentions.EVERY_TASK not in hashtags and row["name"].lower() not in hashtags:
                continue
            if not self.context.may_copy(row):
                continue
            copy = Draft(
                row["id"],
                row["task_status_id"],
                draft.author_id,
                text,
                draft.checklist,
                draft.links,
                for_client=draft.for_client,
            )
            ident = self._row(
                copy, moment, mentions.find(text, self.context.team(row["project_id"]))
            )
            self._tell(row, copy, ident)

    # --- the task -------------------------------------------------------------------------------

    def _set_status(
        self,
        task: Row,
        draft: Draft,
        comment: UUID,
        moment: datetime,
        now: datetime,
    ) -> bool:
        """Set the task's status unless there is a later comment; returns whether it changed."""
        status = self.context.statuses[draft.status_id]
        last_comment = task["last_comment_date"]
        # This comment is back-dated, and a later one exists: all comments are replayed in order.
        if last_comment is not None and last_comment > moment:
            recount_task(self.tx, task["id"])
            task_changed(self.ctx, task)
            return False
        status_values = {**task, **with_status(task, status, moment, now)}
        ids = {"id": str(task["id"]), "task_status_id": str(status["id"])}
        self.tx.defer(SET_STATUS, **{**status_values, **ids})
        task_changed(self.ctx, task)
        if task["task_status_id"] == status["id"]:
            return False
        self._emit_status(task, draft, comment, status)
        return True

    def _emit_status(self, task: Row, draft: Draft, comment: UUID, status: Row) -> None:
        """Emit ``task:status-changed``, and ``task:to-review`` if the status requests feedback."""
        fields = {
            "task_id": task["id"],
            "new_task_status_id": status["id"],
            "previous_task_status_id": task["task_status_id"],
            "person_id": draft.author_id,
            "project_id": task["project_id"],
        }
        self.tx.emit(TaskStatusChanged(**fields))
        if status["is_feedback_request"]:
            self.tx.emit(TaskToReview(comment_id=comment, **fields))

    # --- notifications and news -----------------------------------------------------------------

    def _notify(
        self,
        task: Row,
        draft: Draft,
        comment: UUID,
        mentioned: set[UUID],
        *,
        changed: bool,
    ) -> None:
        recipients = {*task["assignees"], *task["watchers"], *self.context.sequence_watchers(task)}
        reasons = [(person, "comment") for person in sorted(recipients - {draft.author_id})]
        reasons += [(person, "mention") for person in sorted(mentioned - {draft.author_id})]
        facts = {"author_id": draft.author_id, "task_id": task["id"], "comment_id": comment}
        notify(self.tx, task["project_id"], reasons, change=changed, **facts)

    def _news(self, task: Row, draft: Draft, comment: UUID, *, changed: bool) -> None:
        ident = uuid4()
        self.tx.defer(
            NEWS,
            id=str(ident),
            change=changed,
            author=str(draft.author_id),
            comment=str(comment),
            task=str(task["id"]),
        )
        event = self._event_of(
            NewsNew, task, draft, news_id=ident, task_type_id=task["task_type_id"]
        )
        self.tx.emit(event)

    # --- automations ----------------------------------------------------------------------------

    def _automate(self, task: Row, draft: Draft) -> None:
        """Apply the production's automations for this status, each task and status at most once."""
        self.automated.add((task["id"], draft.status_id))
        for rule in self.context.automations(task, draft.status_id):
            if rule["out_field_type"] == "ready_for":
                event = TaskMakesReady(
                    entity_id=task["entity_id"],
                    task_type_id=rule["out_task_type_id"],
                    project_id=task["project_id"],
                )
                self.tx.emit(event)
            else:
                self._follow(task, rule, draft)

    def _follow(self, task: Row, rule: Row, draft: Draft) -> None:
        table, status = table_of(Task), rule["out_task_status_id"]
        other_tasks = (
            sa.select(table.c.id)
            .where(
                table.c.entity_id == task["entity_id"],
                table.c.task_type_id == rule["out_task_type_id"],
                table.c.task_status_id.is_distinct_from(status),
            )
            .order_by(table.c.id)
            .with_for_update()
        )
        for ident in self.tx.connection.scalars(other_tasks).all():
            # Automations may trigger each other in a circle; each task takes a status once.
            if (ident, status) not in self.automated and status in self.context.statuses:
                self.automated.add((ident, status))
                self._post(Draft(ident, status, draft.author_id))
