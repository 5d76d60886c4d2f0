"""Kinds of entities."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from services.assets.models import Entity, EntityType
from services.common.access.rules import Facts

#: Entity types with a meaning of their own; any other is a type of asset.
RESERVED: Final = ("Shot", "Sequence", "Scene", "Episode", "Edit", "Concept")
KINDS: Final = ("asset", *(name.lower() for name in RESERVED))
# Not ``in_``: SQLAlchemy expands its list at execution, but not in a RETURNING clause that is
# compiled on its own.
_is_reserved = EntityType.name == sa.any_(sa.literal(list(RESERVED), ARRAY(sa.Text)))
KIND: Final = (
    sa.select(sa.case((_is_reserved, EntityType.name), else_="Asset"))
    .where(EntityType.id == Entity.entity_type_id)
    .correlate(Entity)
    .scalar_subquery()
)


def kind_of(facts: Facts) -> str:
    """The name of an entity's events: ``asset``, ``shot`` and so on."""
    return str(facts["kind"] or "asset").lower()
