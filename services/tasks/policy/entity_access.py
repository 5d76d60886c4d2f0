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


def entity_for_reader(ctx: CallContext, kind: str, ident: str) -> tuple[UUID, JsonObject]:
    """An entity that the caller may read, of any kind if ``kind`` is empty.

    Returns its id and description (``describe_entities``). Raises NotFound, Forbidden.
    """
    entity = known_id(ident)
    description = ctx.ask("assets", "describe_entities", ids=[str(entity)]).get(str(entity))
    if description is None or (kind and description["kind"].lower() != kind):
        raise NotFound
    facts = {"project_id": UUID(description["project_id"]), "entity_id": entity}
    access.reader.check(ctx, facts)
    if kind == "concept" and ctx.actor.role_in(facts["project_id"]) == "client":
        message = "Concepts are not for clients."
        raise Forbidden(message)
    return entity, description


def only_assigned(ctx: CallContext, kind: str, facts: Row, *, assigned_only: bool) -> list[Any]:
    """Conditions that limit vendors, or with ``assigned_only`` everybody, to their own tasks."""
    # A vendor may read a shot only with a task on it, but any sequence or episode.
    role = ctx.actor.role_in(UUID(facts["project_id"]))
    if assigned_only or (role == "vendor" and kind in {"sequence", "episode"}):
        return [access.assigned_to(ctx.actor.id, Task.id)]
    return []
