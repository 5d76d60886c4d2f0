"""Authorization rules for changes of entities."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from services.assets.models import MetadataDescriptor, department_metadata_descriptor_link
from services.common.access.context import CallContext
from services.common.access.policy import STUDIO
from services.common.access.rules import Facts, Rule, any_of, manager


def _created_it(ctx: CallContext, facts: Facts) -> bool:
    # Clients and vendors create none: who is one now created it as somebody else.
    is_studio = ctx.actor.role_in(facts["project_id"]) in STUDIO
    return is_studio and facts["created_by"] == ctx.actor.id


def _supervises_its_data(ctx: CallContext, facts: Facts) -> bool:
    """A supervisor who sends only ``data``, of descriptors of their departments."""
    actor = ctx.actor
    if actor.role_in(facts["project_id"]) != "supervisor" or set(facts["body"]) - {"data"}:
        return False
    # Supervisors without departments supervise all of them.
    return not actor.departments or _departments_describe(ctx, facts)


creator: Final = Rule("to have created it", _created_it, ("created_by", "project_id"))
remover: Final = any_of(creator, manager)
data_supervisor: Final = Rule(
    "to supervise the production and its metadata", _supervises_its_data, ("project_id", "kind")
)


def _departments_describe(ctx: CallContext, facts: Facts) -> bool:
    """Whether every key sent belongs to a descriptor of the caller's departments."""
    link = department_metadata_descriptor_link
    statement = (
        sa.select(MetadataDescriptor.field_name)
        .join(link, link.c.metadata_descriptor_id == MetadataDescriptor.id)
        .where(
            MetadataDescriptor.project_id == facts["project_id"],
            MetadataDescriptor.entity_type == facts["kind"],
            link.c.department_id.in_(ctx.actor.departments),
        )
    )
    with ctx.database.read() as connection:
        keys = set(connection.execute(statement).scalars())
    return set(facts["body"].get("data") or {}) <= keys
