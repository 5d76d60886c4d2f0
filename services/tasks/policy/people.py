"""The caller, and people as other answers embed them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.common.access.context import CallContext
from services.common.errors import Forbidden
from services.common.json_types import JsonObject


def caller_id(ctx: CallContext) -> UUID:
    """The id of the caller, who may be a bot. Raises Forbidden for the system itself."""
    if ctx.actor.id is None:
        message = "This requires a person."
        raise Forbidden(message)
    return ctx.actor.id


def short_persons(ctx: CallContext, ids: list[UUID | str | None]) -> dict[str, JsonObject]:
    """People in their short form, by id."""
    wanted = sorted({str(ident) for ident in ids if ident})
    answer: dict[str, JsonObject] = ctx.ask("auth", "short_persons", ids=wanted)
    return answer


def without_departments(person: Any) -> Any:
    """A person in full, as comments and tasks embed them."""
    return person and {name: value for name, value in person.items() if name != "departments"}
