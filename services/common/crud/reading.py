"""Reading one row as generic CRUD does: who may, what is shown of it, what its rules add."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

import msgspec

from services.common.access.rules import Rule
from services.common.crud import row_statements
from services.common.crud.resource import CrudContext, Resource, ResourceRules
from services.common.errors import NotFound
from services.common.json_types import JsonObject, Values
from services.common.wire.rpc_protocol import Reply

P = TypeVar("P")


def read_row(ctx: CrudContext, resource: Resource, uuid: UUID, *, relations: bool) -> Reply:
    """One row as the caller may see it, whoever decided that they may. Raises NotFound."""
    visible = resource.visible(ctx.actor, True)  # noqa: FBT003
    columns = resource.columns(visible, relations=relations, single=True)
    found = ctx.database.text(row_statements.shown(resource, columns), ident=str(uuid))
    if found is None:
        raise NotFound
    return Reply(completed(ctx, resource, found.encode(), "read", None))


def permit(
    ctx: CrudContext, resource: Resource, rule: Rule, uuid: UUID, body: JsonObject | None = None
) -> Values:
    """Check a rule on a row before any transaction, so that it may ask other services.

    Returns the facts it was decided on. Raises NotFound before Forbidden.
    """
    needs = () if ctx.actor.is_admin else rule.needs
    names = ("id", *(name for name in needs if name != "id"))
    found = ctx.database.rows(row_statements.facts(resource, names), ident=str(uuid))
    if not found:
        raise NotFound
    facts = dict(zip(names, found[0], strict=True))
    # NotFound came first: who may not see a row learns no more than that it exists.
    rule.check(ctx, {**facts, "body": body or {}})
    return facts


def completed(
    ctx: CrudContext, resource: Resource, shown: bytes, verb: str, prepared: P | None
) -> bytes:
    """The JSON of a row with what the resource's rules add to it."""
    rules: ResourceRules[P] = resource.rules
    if verb not in rules.completes:
        return shown
    answer = msgspec.json.decode(shown)
    rules.complete(ctx, [answer], verb, prepared)
    return msgspec.json.encode(answer)
