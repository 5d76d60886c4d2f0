"""Reading one row by generic CRUD: authorization, visible columns, hooks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import TypeVar
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common.access.rules import Rule
from services.common.crud import row_statements
from services.common.crud.cross_references import in_ids
from services.common.crud.resource import Resource
from services.common.crud.resource_rules import CrudContext, ResourceRules
from services.common.errors import Forbidden, NotFound
from services.common.json_types import JsonObject, Values
from services.common.wire.rpc_protocol import Reply

P = TypeVar("P")


def read_row(ctx: CrudContext, resource: Resource, uuid: UUID, *, relations: bool) -> Reply:
    """One row with the columns the caller may see; does not authorize. Raises NotFound."""
    visible = resource.visible(ctx.actor, True)  # noqa: FBT003
    columns = resource.shown(ctx.actor, resource.columns(visible, relations=relations, single=True))
    text = ctx.database.text(row_statements.shown(resource, columns), ident=str(uuid))
    if text is None:
        raise NotFound
    return Reply(completed(ctx, resource, text.encode(), "read", None))


def permit(
    ctx: CrudContext, resource: Resource, rule: Rule, uuid: UUID, body: JsonObject | None = None
) -> Values:
    """Check a rule on a row, outside a transaction, so that the rule may call other services.

    Returns the facts the rule needs, for the check under the lock that follows. Raises NotFound,
    Forbidden.
    """
    needs = () if ctx.actor.is_admin else rule.needs
    names = ("id", *(name for name in needs if name != "id"))
    rows = ctx.database.rows(row_statements.facts(resource, names), ident=str(uuid))
    if not rows:
        raise NotFound
    facts = dict(zip(names, rows[0], strict=True))
    # After NotFound: a 403 reveals only that the row exists.
    rule.check(ctx, {**facts, "body": body or {}})
    return facts


def check_may_reference(ctx: CrudContext, resource: Resource, ids: Collection[UUID]) -> None:
    """Check that the caller may reference these rows, as a member of each row's production.

    Rows without a production may be referenced by everybody who may read them. Unknown ids pass:
    they are reported elsewhere. Raises Forbidden.
    """
    if ctx.actor.is_admin or not ids or resource.unscoped(ctx.actor):
        return
    if resource.project is None:
        # A rule without facts is about the resource's routes, not about single rows.
        for ident in ids if resource.read.needs else ():
            with suppress(NotFound):
                permit(ctx, resource, resource.read, ident)
        return
    column = resource.table.c.id
    rows = sa.select(resource.project).where(in_ids(column, ids)).distinct()
    if resource.shared is not None:
        rows = rows.where(sa.not_(resource.shared))
    with ctx.database.read() as connection:
        projects = connection.scalars(rows).all()
    if any(project and ctx.actor.role_in(project) is None for project in projects):
        message = "This requires to be in the team of the production of what it references."
        raise Forbidden(message)


def check_may_reference_local(ctx: CrudContext, targets: Mapping[str, Collection[UUID]]) -> None:
    """``check_may_reference`` for rows of this service, by table."""
    for table, ids in targets.items():
        resource = ctx.registry.of_table(table)
        if resource is not None:
            check_may_reference(ctx, resource, ids)


def completed(
    ctx: CrudContext, resource: Resource, body: bytes, verb: str, prepared: P | None
) -> bytes:
    """The JSON of a row, with what the ``complete`` hook adds for this verb."""
    rules: ResourceRules[P] = resource.rules
    if verb not in rules.completes:
        return body
    row = msgspec.json.decode(body)
    rules.complete(ctx, [row], verb, prepared)
    return msgspec.json.encode(row)
