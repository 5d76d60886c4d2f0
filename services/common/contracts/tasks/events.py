"""Events of ``tasks`` besides those of its resources."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET

from services.common.contracts import Event, Known, RowEvent, event

ForClient = Annotated[bool | None, "whether clients see the comment"]


@event("tasks", "task:assign", handled_by=("crud",), awaited=True)
class TaskAssigned(Event, frozen=True, kw_only=True):
    """A person was added to a task's assignees."""

    task_id: UUID
    person_id: UUID
    project_id: UUID | None


@event("tasks", "task:staffed", stored=False, on_sockets=False, handled_by=("crud",), awaited=True)
class TaskStaffed(Event, frozen=True, kw_only=True):
    """A task was created with assignees, of whom clients are told by ``task:new`` alone."""

    task_id: UUID
    person_ids: list[UUID]
    project_id: UUID | None


@event("tasks", "task:unassign")
class TaskUnassigned(Event, frozen=True, kw_only=True):
    """A person was removed from a task's assignees."""

    task_id: UUID
    person_id: UUID
    project_id: UUID | None


@event("tasks", "task:delete")
class TaskDeleted(Event, frozen=True, kw_only=True):
    """A task was deleted."""

    task_id: UUID
    entity_id: UUID | None
    task_type_id: UUID | None
    project_id: UUID | None


@event("tasks", "notification:new", stored=False)
class NotificationNew(Event, frozen=True, kw_only=True):
    """A notification was created for a person."""

    notification_id: UUID
    person_id: UUID
    project_id: Known = UNSET


@event("tasks", "notifications:written", stored=False, on_sockets=False)
class NotificationsWritten(Event, frozen=True, kw_only=True):
    """Notifications with one cause were created; ``auth`` sends their e-mails in one batch.

    The two lists are parallel, with one entry for each ``notification:new``.
    """

    notification_ids: list[UUID]
    person_ids: list[UUID]
    project_id: Known = UNSET


@event("tasks", "comment:new")
class CommentNew(RowEvent, frozen=True, kw_only=True):
    """A comment was posted on a task; ``task_status_id`` is the status it set."""

    comment_id: UUID
    person_id: UUID | None
    for_client: ForClient
    task_id: Known = UNSET
    task_status_id: Known = UNSET
    project_id: Known = UNSET


@event("tasks", "comment:update")
class CommentUpdated(RowEvent, frozen=True, kw_only=True):
    """A comment was edited, or its previews changed."""

    comment_id: UUID
    person_id: UUID | None
    for_client: ForClient
    task_id: Known = UNSET
    project_id: Known = UNSET


@event("tasks", "comment:delete")
class CommentDeleted(RowEvent, frozen=True, kw_only=True):
    """A comment was deleted."""

    comment_id: UUID
    project_id: Known = UNSET


@event("tasks", "comment:reply")
class CommentReplied(Event, frozen=True, kw_only=True):
    """A reply to a comment was posted."""

    task_id: UUID
    comment_id: UUID
    reply_id: UUID
    project_id: Known = UNSET


@event("tasks", "comment:delete-reply", stored=False)
class ReplyDeleted(Event, frozen=True, kw_only=True):
    """A reply to a comment was deleted."""

    task_id: UUID
    comment_id: UUID
    reply_id: UUID
    project_id: Known = UNSET


@event("tasks", "comment:acknowledge", stored=False)
class CommentAcknowledged(Event, frozen=True, kw_only=True):
    """A person acknowledged a comment."""

    comment_id: UUID
    person_id: UUID
    project_id: Known = UNSET


@event("tasks", "comment:unacknowledge", stored=False)
class CommentUnacknowledged(Event, frozen=True, kw_only=True):
    """A person withdrew their acknowledgement of a comment."""

    comment_id: UUID
    person_id: UUID
    project_id: Known = UNSET


@event("tasks", "task:status-changed")
class TaskStatusChanged(Event, frozen=True, kw_only=True):
    """A comment changed the status of its task; ``person_id`` is the comment's author."""

    task_id: UUID
    new_task_status_id: UUID | None
    previous_task_status_id: UUID | None
    person_id: UUID
    project_id: Known = UNSET


@event("tasks", "task:to-review")
class TaskToReview(Event, frozen=True, kw_only=True):
    """A comment set a status that requests feedback."""

    task_id: UUID
    new_task_status_id: UUID
    previous_task_status_id: UUID | None
    person_id: UUID
    comment_id: UUID
    project_id: Known = UNSET


@event(
    "tasks",
    "task:makes-ready",
    stored=False,
    on_sockets=False,
    handled_by=("assets",),
    awaited=True,
)
class TaskMakesReady(Event, frozen=True, kw_only=True):
    """A status automation marked an entity as ready for a task type."""

    entity_id: UUID
    task_type_id: UUID
    project_id: Known = UNSET


@event("tasks", "task:update-casting-stats", stored=False)
class CastingStats(Event, frozen=True, kw_only=True):
    """The number of cast assets that are ready for a shot's task changed."""

    task_id: UUID
    nb_assets_ready: Annotated[int, "how many assets of its casting are ready"]
    project_id: Known = UNSET


@event("tasks", "news:new")
class NewsNew(RowEvent, frozen=True, kw_only=True):
    """An entry was added to a production's news feed."""

    news_id: UUID
    task_status_id: Known = UNSET
    task_type_id: Known = UNSET
    project_id: Known = UNSET


@event("tasks", "notification:read")
class NotificationRead(Event, frozen=True, kw_only=True):
    """A person marked a notification as read."""

    person_id: UUID
    notification_id: UUID


@event("tasks", "notification:unread")
class NotificationUnread(Event, frozen=True, kw_only=True):
    """A person marked a notification as unread."""

    person_id: UUID
    notification_id: UUID


@event("tasks", "notification:all-read")
class NotificationsAllRead(Event, frozen=True, kw_only=True):
    """A person marked all of their notifications as read."""

    person_id: UUID


@event("tasks", "time-spent:new")
class TimeSpentNew(RowEvent, frozen=True, kw_only=True):
    """Time spent on a task was logged."""

    time_spent_id: UUID
    project_id: Known = UNSET


@event(
    "tasks",
    "time-spent:logged",
    stored=False,
    on_sockets=False,
    handled_by=("auth",),
    awaited=True,
)
class TimeLogged(Event, frozen=True, kw_only=True):
    """A person worked on a day, for which time was logged: they were present then."""

    time_spent_id: UUID
    person_id: UUID
    date: Annotated[str, "the day"]
    project_id: Known = UNSET


@event("tasks", "time-spent:update")
class TimeSpentUpdated(RowEvent, frozen=True, kw_only=True):
    """Logged time on a task was changed."""

    time_spent_id: UUID
    project_id: Known = UNSET


@event("tasks", "time-spent:delete")
class TimeSpentDeleted(RowEvent, frozen=True, kw_only=True):
    """Logged time was deleted."""

    time_spent_id: UUID
    project_id: Known = UNSET


@event("tasks", "preview-file:new")
class PreviewNew(RowEvent, frozen=True, kw_only=True):
    """A preview was created, usually with a comment; its file is uploaded afterwards."""

    preview_file_id: UUID
    comment_id: Known = UNSET
    project_id: Known = UNSET


@event("tasks", "preview-file:received", stored=False, on_sockets=False)
class PreviewReceived(Event, frozen=True, kw_only=True):
    """A preview's file was uploaded with its comment; its thumbnails are still to be made."""

    preview_file_id: UUID
    upload: Annotated[dict[str, Any], "what was uploaded, and where it is kept"]


@event("tasks", "preview-file:update")
class PreviewUpdate(RowEvent, frozen=True, kw_only=True):
    """A preview was changed: its file was uploaded, or a field edited."""

    preview_file_id: UUID
    project_id: Known = UNSET


@event("tasks", "preview-file:add-file")
class PreviewFileAdded(Event, frozen=True, kw_only=True):
    """The file of a comment's preview is stored and can be viewed."""

    comment_id: UUID
    task_id: UUID
    preview_file_id: UUID
    revision: Annotated[int, "its revision"]
    extension: Annotated[str, "the file's extension"]
    status: Annotated[str, "whether its file is ready, being processed, or broken"]
    project_id: Known = UNSET


@event("tasks", "preview-file:annotation-update")
class PreviewAnnotated(Event, frozen=True, kw_only=True):
    """The annotations of a preview were changed at ``updated_at`` (UTC)."""

    preview_file_id: UUID
    person_id: UUID | None
    updated_at: Annotated[str, "when it was changed, in UTC"]
    project_id: Known = UNSET


@event("tasks", "preview-file:set-main", handled_by=("assets",), awaited=True)
class PreviewSetMain(Event, frozen=True, kw_only=True):
    """A preview became the main preview of its entity, ``instead_of`` a deleted one."""

    entity_id: UUID
    preview_file_id: UUID
    #: The releases before told of previews that had their file, and not of their status.
    preview_file_status: Annotated[str, "whether its file is ready, being processed, or broken"] = (
        "ready"
    )
    instead_of: Known = UNSET
    project_id: Known = UNSET
