"""The caller, and people as other answers embed them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from services.common.access.context import CallContext
from services.common.errors import Forbidden, InvalidInput
from services.common.json_types import JsonObject


def caller_id(ctx: CallContext) -> UUID:
    """The id of the caller, a person or a bot. Raises Forbidden for services."""
    if ctx.actor.id is None:
        message = "This requires a person."
        raise Forbidden(message)
    return ctx.actor.id


def short_persons(ctx: CallContext, ids: list[UUID | str | None]) -> dict[str, JsonObject]:
    """People in their short form, ``{id: person}``; empty and unknown ids are left out."""
    person_ids = sorted({str(ident) for ident in ids if ident})
    persons: dict[str, JsonObject] = ctx.ask("auth", "list_short_persons", ids=person_ids)
    return persons


def without_departments(person: Any) -> Any:
    """A complete person in the form that comments and tasks embed."""
    return person and {name: value for name, value in person.items() if name != "departments"}


def check_workers(ctx: CallContext, project: UUID | None, people: Collection[JsonObject]) -> None:
    """Refuse to give work to preview accounts, and to bots where a production gives them none.

    Raises InvalidInput, Forbidden.
    """
    # ``auth`` of the release before knows no preview accounts.
    if any(person.get("preview_project_id") is not None for person in people):
        message = "A preview account can't be assigned"
        raise InvalidInput(message)
    if not any(person["is_bot"] for person in people):
        return
    asked = {"path": "projects", "ident": str(project), "query": {"relations": "false"}}
    found = {} if project is None else ctx.ask("crud", "read_row", **asked)
    if not found.get("is_bot_collaboration_enabled"):
        message = "This production gives no work to bots."
        raise Forbidden(message)
