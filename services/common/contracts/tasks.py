"""Events of ``tasks`` besides those of its resources."""

from uuid import UUID

from msgspec import UNSET

from services.common.contracts import Event, Known, event


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
