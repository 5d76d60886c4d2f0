"""Entities whose tasks a caller may read."""

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
    """An entity of a kind that the caller may read. Raises NotFound, Forbidden."""
    entity = known_id(ident)
    found = ctx.ask("assets", "describe_entities", ids=[str(entity)]).get(str(entity))
    if found is None or (kind and found["kind"].lower() != kind):
        raise NotFound
    facts = {"project_id": UUID(found["project_id"]), "entity_id": entity}
    access.reader.check(ctx, facts)
    if kind == "concept" and ctx.actor.role_in(facts["project_id"]) == "client":
        message = "Concepts are not for clients."
        raise Forbidden(message)
    return entity, found


def own_only(ctx: CallContext, kind: str, facts: Row, *, own: bool) -> list[Any]:
    """A vendor sees of a sequence or an episode only what is theirs."""
    role = ctx.actor.role_in(UUID(facts["project_id"]))
    if own or (role == "vendor" and kind in {"sequence", "episode"}):
        return [access.assigned_to(ctx.actor.id, Task.id)]
    return []
