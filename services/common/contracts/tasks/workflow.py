"""Task types, task statuses and their automations, as answers embed them."""

from __future__ import annotations

from typing import Annotated, ClassVar
from uuid import UUID

from services.common.contracts.types import AN_ID, Body, RowOf, about

#: An id in an order; an unknown one keeps its place.
IdInOrder = Annotated[UUID, about("The id of a row.", AN_ID, invalid="Invalid UUID value: {value}")]
NO_TYPES = "Request body must be a JSON object with a 'task_type_ids' list."
NO_STATUSES = "Request body must be a JSON object with a 'task_status_ids' list."


class TaskTypeRow(RowOf, kw_only=True):
    """A kind of work, such as animation."""

    resource: ClassVar[str] = "task-types"


class TaskStatusRow(RowOf, kw_only=True):
    """How far a task is, such as waiting for approval."""

    resource: ClassVar[str] = "task-status"


class StatusAutomationRow(RowOf, kw_only=True):
    """A change of a task that another task's status brings about."""

    resource: ClassVar[str] = "status-automations"


class TypesInOrder(Body, kw_only=True):
    """Task types in the order of their priority."""

    no_object: ClassVar[str] = NO_TYPES

    task_type_ids: Annotated[
        list[IdInOrder],
        about("Task types, the first one first.", missing=NO_TYPES, invalid=NO_TYPES),
    ]


class StatusesInOrder(Body, kw_only=True):
    """Task statuses in the order of their priority."""

    no_object: ClassVar[str] = NO_STATUSES

    task_status_ids: Annotated[
        list[IdInOrder],
        about("Task statuses, the first one first.", missing=NO_STATUSES, invalid=NO_STATUSES),
    ]
