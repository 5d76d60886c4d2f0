"""Events of ``tasks`` besides those of its resources."""

from typing import Any
from uuid import UUID

from msgspec import UNSET

from services.common.contracts import Event, Known, RowEvent, event


@event("tasks", "task:assign")
class TaskAssigned(Event, frozen=True, kw_only=True):
    """A person was added to a task's assignees."""

    task_id: UUID
    person_id: UUID
    project_id: UUID | None


@event("tasks", "task:unassign")
class TaskUnassigned(Event, frozen=True, kw_only=True):
    """A person was taken off a task's assignees."""

    task_id: UUID
    person_id: UUID
    project_id: UUID | None


@event("tasks", "task:delete")
class TaskDeleted(Event, frozen=True, kw_only=True):
    """A task is gone."""

    task_id: UUID
    entity_id: UUID | None
    task_type_id: UUID | None
    project_id: UUID | None


@event("tasks", "notification:new", stored=False)
class NotificationNew(Event, frozen=True, kw_only=True):
    """Somebody has something new to read."""

    notification_id: UUID
    person_id: UUID
    project_id: Known = UNSET


@event("tasks", "notifications:written", stored=False)
class NotificationsWritten(Event, frozen=True, kw_only=True):
    """Some people have something new to read: all of one cause, for who writes letters.

    The lists belong together, one entry for each ``notification:new``.
    """

    notification_ids: list[UUID]
    person_ids: list[UUID]
    project_id: Known = UNSET


@event("tasks", "comment:new")
class CommentNew(RowEvent, frozen=True, kw_only=True):
    """Somebody said something on a task, and gave it that status."""

    comment_id: UUID
    task_id: Known = UNSET
    task_status_id: Known = UNSET
    project_id: Known = UNSET


@event("tasks", "comment:update")
class CommentUpdated(RowEvent, frozen=True, kw_only=True):
    """A comment was edited, or has another preview."""

    comment_id: UUID
    task_id: Known = UNSET
    project_id: Known = UNSET


@event("tasks", "comment:delete")
class CommentDeleted(RowEvent, frozen=True, kw_only=True):
    """A comment is gone."""

    comment_id: UUID
    project_id: Known = UNSET


@event("tasks", "comment:reply")
class CommentReplied(Event, frozen=True, kw_only=True):
    """Somebody replied to a comment."""

    task_id: UUID
    comment_id: UUID
    reply_id: UUID
    project_id: Known = UNSET


@event("tasks", "comment:delete-reply", stored=False)
class ReplyDeleted(Event, frozen=True, kw_only=True):
    """A reply was taken back."""

    task_id: UUID
    comment_id: UUID
    reply_id: UUID
    project_id: Known = UNSET


@event("tasks", "comment:acknowledge", stored=False)
class CommentAcknowledged(Event, frozen=True, kw_only=True):
    """Somebody confirmed that they read a comment."""

    comment_id: UUID
    person_id: UUID
    project_id: Known = UNSET


@event("tasks", "comment:unacknowledge", stored=False)
class CommentUnacknowledged(Event, frozen=True, kw_only=True):
    """Somebody took that back."""

    comment_id: UUID
    person_id: UUID
    project_id: Known = UNSET


@event("tasks", "task:status-changed")
class TaskStatusChanged(Event, frozen=True, kw_only=True):
    """A comment gave the task another status; ``person_id`` is its author."""

    task_id: UUID
    new_task_status_id: UUID | None
    previous_task_status_id: UUID | None
    person_id: UUID
    project_id: Known = UNSET


@event("tasks", "task:to-review")
class TaskToReview(Event, frozen=True, kw_only=True):
    """A comment asks for feedback on the task."""

    task_id: UUID
    new_task_status_id: UUID
    previous_task_status_id: UUID | None
    person_id: UUID
    comment_id: UUID
    project_id: Known = UNSET


@event("tasks", "task:makes-ready", stored=False, handled_by=("assets",), awaited=True)
class TaskMakesReady(Event, frozen=True, kw_only=True):
    """An automation says that the task's entity is ready for another kind of task."""

    entity_id: UUID
    task_type_id: UUID
    project_id: Known = UNSET


@event("tasks", "task:update-casting-stats", stored=False)
class CastingStats(Event, frozen=True, kw_only=True):
    """How many of the assets that a shot's task needs are ready for it."""

    task_id: UUID
    nb_assets_ready: int
    project_id: Known = UNSET


@event("tasks", "news:new")
class NewsNew(RowEvent, frozen=True, kw_only=True):
    """The production's feed has a new entry."""

    news_id: UUID
    task_status_id: Known = UNSET
    task_type_id: Known = UNSET
    project_id: Known = UNSET


@event("tasks", "notification:read")
class NotificationRead(Event, frozen=True, kw_only=True):
    """Somebody has read a notification."""

    person_id: UUID
    notification_id: UUID


@event("tasks", "notification:unread")
class NotificationUnread(Event, frozen=True, kw_only=True):
    """Somebody wants to read a notification again."""

    person_id: UUID
    notification_id: UUID


@event("tasks", "notification:all-read")
class NotificationsAllRead(Event, frozen=True, kw_only=True):
    """Somebody has read all of their notifications."""

    person_id: UUID


@event("tasks", "time-spent:new")
class TimeSpentNew(RowEvent, frozen=True, kw_only=True):
    """Somebody noted how long they worked on a task."""

    time_spent_id: UUID
    project_id: Known = UNSET


@event("tasks", "time-spent:update")
class TimeSpentUpdated(RowEvent, frozen=True, kw_only=True):
    """Somebody corrected how long they worked on a task."""

    time_spent_id: UUID
    project_id: Known = UNSET


@event("tasks", "time-spent:delete")
class TimeSpentDeleted(RowEvent, frozen=True, kw_only=True):
    """A note of time is gone."""

    time_spent_id: UUID
    project_id: Known = UNSET


@event("tasks", "preview-file:new")
class PreviewNew(RowEvent, frozen=True, kw_only=True):
    """A preview was announced, mostly for a comment; its file is still to come."""

    preview_file_id: UUID
    comment_id: Known = UNSET
    project_id: Known = UNSET


@event("tasks", "preview-file:received", stored=False)
class PreviewReceived(Event, frozen=True, kw_only=True):
    """A preview's file came with its comment; its pictures are made next."""

    preview_file_id: UUID
    upload: dict[str, Any]


@event("tasks", "preview-file:update")
class PreviewUpdate(RowEvent, frozen=True, kw_only=True):
    """A preview was changed: its file came, or what is known of it."""

    preview_file_id: UUID
    project_id: Known = UNSET


@event("tasks", "preview-file:add-file")
class PreviewFileAdded(Event, frozen=True, kw_only=True):
    """The file of a comment's preview is stored and can be looked at."""

    comment_id: UUID
    task_id: UUID
    preview_file_id: UUID
    revision: int
    extension: str
    status: str
    project_id: Known = UNSET


@event("tasks", "preview-file:annotation-update")
class PreviewAnnotated(Event, frozen=True, kw_only=True):
    """Somebody drew on a preview; ``updated_at`` is when, in UTC."""

    preview_file_id: UUID
    person_id: UUID | None
    updated_at: str
    project_id: Known = UNSET


@event("tasks", "preview-file:set-main", handled_by=("assets",), awaited=True)
class PreviewSetMain(Event, frozen=True, kw_only=True):
    """A preview is to stand for its entity."""

    entity_id: UUID
    preview_file_id: UUID
    project_id: Known = UNSET
