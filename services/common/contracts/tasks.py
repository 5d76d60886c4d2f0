"""Events of ``tasks`` besides those of its resources."""

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


@event("tasks", "preview-file:new")
class PreviewNew(RowEvent, frozen=True, kw_only=True):
    """A preview was announced, mostly for a comment; its file is still to come."""

    preview_file_id: UUID
    comment_id: Known = UNSET
    project_id: Known = UNSET


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


@event("tasks", "preview-file:set-main")
class PreviewSetMain(Event, frozen=True, kw_only=True):
    """A preview is to stand for its entity."""

    entity_id: UUID
    preview_file_id: UUID
    project_id: Known = UNSET
