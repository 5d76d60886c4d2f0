"""Metadata that belongs to departments: vendors don't see that of others'."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.assets.models import MetadataDescriptor, department_metadata_descriptor_link
from services.assets.policy.access import ENTITY, in_ids
from services.assets.policy.kinds import KIND
from services.common.access.policy import Mask
from services.common.database.sql_types import Expression
from services.common.database.tables import table_of


def without_others(
    data: Expression, departments: frozenset[UUID], kind: Expression = KIND
) -> Expression:
    """Metadata of the statement's entity without the keys that belong to other departments."""
    descriptor, link = table_of(MetadataDescriptor), department_metadata_descriptor_link
    bound = sa.exists().where(link.c.metadata_descriptor_id == descriptor.c.id)
    shared = bound.where(in_ids(link.c.department_id, departments))
    hidden = (
        sa.select(sa.cast(descriptor.c.field_name, sa.Text))
        .where(
            descriptor.c.project_id == ENTITY.c.project_id,
            descriptor.c.entity_type == kind,
            bound,
            ~shared,
        )
        .correlate(ENTITY)
    )
    # ``jsonb - keys`` fails for a text or a number: one such row would fail vendors' whole lists.
    is_object = sa.func.jsonb_typeof(data) == "object"
    plain = sa.case((is_object, data), else_=sa.literal_column("'{}'::jsonb"))
    kept: Expression = plain.op("-")(sa.func.array(hidden.scalar_subquery()))
    return kept


def _kept(departments: frozenset[UUID]) -> Expression:
    return without_others(ENTITY.c.data, departments)


OF_THEIR_DEPARTMENTS: Final = Mask("metadata of other departments", {"data": _kept})
