"""Task types, task statuses and their automations, as answers embed them."""

from __future__ import annotations

from typing import ClassVar

from services.common.contracts.types import Body, Id, RowOf


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

    task_type_ids: list[Id]


class StatusesInOrder(Body, kw_only=True):
    """Task statuses in the order of their priority."""

    task_status_ids: list[Id]
