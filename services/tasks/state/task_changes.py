"""Events of tasks that several topics emit."""

from __future__ import annotations

from uuid import UUID

from services.common.crud.resource_rules import CrudContext
from services.common.json_types import Row


def task_changed(ctx: CrudContext, task: Row) -> None:
    """Emit ``task:update``."""
    facts = {"id": task["id"], "project_id": task["project_id"]}
    ctx.tx.emit(ctx.registry.event(ctx.registry["tasks"], "update", facts))


def in_project(facts: Row) -> dict[str, UUID]:
    """The ``project_id`` of an event as keyword arguments; none without a production."""
    return {"project_id": facts["project_id"]} if facts["project_id"] else {}
