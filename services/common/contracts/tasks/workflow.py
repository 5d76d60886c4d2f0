"""Task types, task statuses and their automations, as answers embed them."""

from __future__ import annotations

from typing import ClassVar

from services.common.contracts.types import RowOf


class TaskTypeRow(RowOf, kw_only=True):
    """A kind of work, such as animation."""

    resource: ClassVar[str] = "task-types"


class TaskStatusRow(RowOf, kw_only=True):
    """How far a task is, such as waiting for approval."""

    resource: ClassVar[str] = "task-status"


class StatusAutomationRow(RowOf, kw_only=True):
    """A change of a task that another task's status brings about."""

    resource: ClassVar[str] = "status-automations"
