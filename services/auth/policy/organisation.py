"""The organisation: the studio's own row."""

from __future__ import annotations

import sqlalchemy as sa

from services.auth.models import Organisation
from services.common.actor import Actor
from services.common.crud.resource_rules import CrudContext
from services.common.crud.row_json import as_json


def organisation_json(ctx: CrudContext, *, admin: bool) -> bytes:
    """The organisation, created on first use; chat secrets only for administrators."""
    known = sa.select(Organisation.id).limit(1)
    ident = ctx.tx.session.scalar(known)
    if ident is None:
        # An advisory lock: two first calls would each create one.
        ctx.tx.lock_key("organisation")
        ident = ctx.tx.session.scalar(known)
    if ident is None:
        organisation = Organisation(name="Kitsu")
        ctx.tx.session.add(organisation)
        ctx.tx.session.flush()
        ident = organisation.id
    resource = ctx.registry["organisations"]
    columns = resource.columns(
        resource.visible(Actor(role="admin" if admin else "user"), True),  # noqa: FBT003
        relations=False,
    )
    statement = as_json(columns, resource.table, resource.table.c.id == ident)
    return str(ctx.tx.connection.scalar(statement)).encode()
