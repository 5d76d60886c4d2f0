"""Access to entities and their tasks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.common.access.context import CallContext
from services.common.crud.validation import known_id
from services.common.errors import Forbidden, NotFound
from services.common.json_types import JsonObject, Row
from services.tasks.models import Task
from services.tasks.policy import access
from services.tasks.policy.tasks import TASKS


def entity_for_reader(ctx: CallContext, kind: str, ident: str) -> tuple[UUID, JsonObject]:
    """An entity that the caller may read, of any kind if ``kind`` is empty.

    Returns its id and description (``describe_entities``). Raises NotFound, Forbidden.
    """
    entity = known_id(ident)
    description = ctx.ask("assets", "describe_entities", ids=[str(entity)]).get(str(entity))
    if description is None or (kind and description["kind"].lower() != kind):
        raise NotFound
    facts = {"project_id": UUID(description["project_id"]), "entity_id": entity}
    access.entity_reader.check(ctx, facts)
    if kind == "concept" and ctx.actor.role_in(facts["project_id"]) == "client":
        message = "Concepts are not for clients."
        raise Forbidden(message)
    return entity, description


def seen_tasks(ctx: CallContext, kind: str, facts: Row, *, own: bool) -> list[Any]:
    """The condition on an entity's tasks: those the caller sees, with ``own`` only their own.

    A vendor may read a shot only with a task on it, and then all of its tasks, but any sequence or
    episode, and of these only their own.
    """
    if own:
        return [access.assigned_to(ctx.actor.id, Task.id)]
    if ctx.actor.is_admin:
        return []
    project = UUID(facts["project_id"])
    seen = TASKS.rows_in if kind in {"sequence", "episode"} else TASKS.readable_in
    return [seen(ctx, [project])]
