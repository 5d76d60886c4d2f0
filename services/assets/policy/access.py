"""Entities by id and by kind, and the parts of statements that name them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.assets.models import Entity, EntityLink, EntityType
from services.assets.policy.kinds import RESERVED, TYPE_NAMES, kind_of
from services.common.database.sql_types import Condition
from services.common.database.tables import table_of
from services.common.errors import NotFound
from services.common.json_types import Row

ENTITY: Final = table_of(Entity)
TYPE: Final = table_of(EntityType)
LINK: Final = table_of(EntityLink)
#: One for all statements: SQLAlchemy's cache would make the key of a new one anew.
IDS: Final = sa.ARRAY(sa.Uuid(as_uuid=False))


def facts_of(connection: Connection, ident: UUID, kind: str = "") -> Row:
    """Production, kind and parents of an entity, of that kind if one is named. Raises NotFound."""
    facts = next(iter(facts_of_many(connection, [ident])), None)
    if facts is None or (kind and kind_of(facts) != kind):
        raise NotFound
    return facts


def facts_of_many(connection: Connection, ids: Sequence[UUID]) -> Sequence[Row]:
    """Production, kind and parents of several entities; the unknown are left out."""
    statement = (
        sa.select(
            ENTITY.c.id,
            ENTITY.c.project_id,
            ENTITY.c.name,
            ENTITY.c.parent_id,
            ENTITY.c.source_id,
            ENTITY.c.created_by,
            ENTITY.c.entity_type_id,
            sa.case((TYPE.c.name.in_(RESERVED), TYPE.c.name), else_="Asset").label("kind"),
        )
        .join(TYPE, TYPE.c.id == ENTITY.c.entity_type_id)
        .where(ENTITY.c.id.in_(ids))
        .order_by(ENTITY.c.id)
    )
    entities: Sequence[Row] = connection.execute(statement).mappings().all()
    return entities


def of_kind(kind: str, entity: Any = ENTITY) -> Condition:
    """Whether an entity is of that kind; assets are what has no reserved type."""
    condition: Condition
    if kind == "asset":
        reserved = sa.select(TYPE.c.id).where(TYPE.c.name.in_(RESERVED))
        condition = entity.c.entity_type_id.not_in(reserved)
    else:
        types = sa.select(TYPE.c.id).where(TYPE.c.name == TYPE_NAMES[kind])
        condition = entity.c.entity_type_id.in_(types)
    return condition


def in_ids(column: Any, ids: Any) -> Condition:
    """Whether a column holds one of ``ids``, given as one array however many they are."""
    # One array parameter: IN would be another statement for each number of ids.
    array = sa.cast([str(ident) for ident in ids], IDS)
    condition: Condition = column == sa.any_(array)
    return condition
