"""Authorization rules for entities and their instances."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.assets.models import Entity, MetadataDescriptor, department_metadata_descriptor_link
from services.common.access.context import CallContext
from services.common.access.rules import Facts, Rule
from services.common.database.sql_types import Condition, Select


def _in_team(ctx: CallContext, facts: Facts) -> bool:
    role = ctx.actor.role_in(facts["project_id"])
    # The call comes last: only vendors need it.
    return role is not None and (role != "vendor" or is_assigned(ctx, facts["id"]))


def is_assigned(ctx: CallContext, entity: UUID) -> bool:
    """Whether the caller has a task on the entity."""
    assigned: bool = ctx.ask("tasks", "is_assigned_to_entity", ident=str(entity))
    return assigned


def _created_it(ctx: CallContext, facts: Facts) -> bool:
    actor = ctx.actor
    return facts["created_by"] == actor.id and actor.role_in(facts["project_id"]) is not None


def _supervises_its_data(ctx: CallContext, facts: Facts) -> bool:
    """A supervisor who sends only ``data``, of descriptors of their departments."""
    actor = ctx.actor
    if actor.role_in(facts["project_id"]) != "supervisor" or set(facts["body"]) - {"data"}:
        return False
    # Supervisors without departments supervise all of them.
    return not actor.departments or _departments_describe(ctx, facts)


in_team: Final = Rule(
    "to be in the team, and a vendor to be assigned", _in_team, ("id", "project_id")
)
creator: Final = Rule("to have created it", _created_it, ("created_by", "project_id"))
data_supervisor: Final = Rule(
    "to supervise the production and its metadata", _supervises_its_data, ("project_id", "kind")
)


def in_team_of_asset(ctx: CallContext, facts: Facts) -> bool:
    """In the team of an instance's asset; a vendor only with a task on that asset."""
    return _in_team(ctx, {"id": facts["asset_id"], "project_id": facts["project_id"]})


instance_team: Final = Rule(
    "to be in the team, and a vendor to be assigned", in_team_of_asset, ("asset_id", "project_id")
)


def listed(ctx: CallContext, statement: Select) -> Select:
    """Entities of the caller's open productions; as vendor those with a task of theirs."""
    actor = ctx.actor
    as_vendor = {
        project for project in actor.open_projects if actor.projects.get(project) == "vendor"
    }
    condition: Condition = Entity.project_id.in_(actor.open_projects - as_vendor)
    if as_vendor:
        # Assignments belong to ``tasks``; a list asks for them once, not for each row.
        ids = [UUID(ident) for ident in ctx.ask("tasks", "list_assigned_entities")]
        condition |= Entity.project_id.in_(as_vendor) & Entity.id.in_(ids)
    return statement.where(condition)


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
