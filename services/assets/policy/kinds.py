"""Kinds of entities."""

from __future__ import annotations

import re
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from services.assets.models import Entity, EntityType
from services.common.access.rules import Facts

#: Entity types with a meaning of their own; any other is a type of asset.
RESERVED: Final = ("Shot", "Sequence", "Scene", "Episode", "Edit", "Concept", "ConceptFolder")
#: The reserved type of each kind; kinds are named as their events are.
TYPE_NAMES: Final = {re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower(): name for name in RESERVED}
KINDS: Final = ("asset", *TYPE_NAMES)
#: What clients don't see: what is drawn before there is anything to show.
DRAWN: Final = ("concept", "concept-folder")
_KINDS: Final = {name: kind for kind, name in TYPE_NAMES.items()}
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
    """The kind of an entity, as its events name it: ``asset``, ``shot`` and so on."""
    kind = str(facts["kind"] or "asset")
    return _KINDS.get(kind, kind.lower())
