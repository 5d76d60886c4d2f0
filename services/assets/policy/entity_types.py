"""Entity types: hooks of generic CRUD, and creating the reserved ones at first use."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.assets.models import EntityType
from services.common.access.context import CallContext
from services.common.crud.resource_rules import CrudContext, SimpleRules
from services.common.database.tables import table_of
from services.common.errors import InvalidInput
from services.common.json_types import JsonObject, Row, Values


class EntityTypeRules(SimpleRules):
    """Names of entity types are unique, whatever their case."""

    def on_create(
        self, ctx: CrudContext, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Refuse a name that is taken. Raises InvalidInput."""
        _refuse_name(ctx, values["name"], None)

    def on_update(
        self, ctx: CrudContext, row: Row, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Refuse a new name that is taken. Raises InvalidInput."""
        if values.get("name", row["name"]) != row["name"]:
            _refuse_name(ctx, values["name"], row["id"])


def _refuse_name(ctx: CallContext, name: str, ident: UUID | None) -> None:
    # An advisory lock: the unique constraint distinguishes upper and lower case.
    ctx.tx.lock_key(f"entity type {name.lower()}")
    same_name = sa.func.lower(EntityType.name) == name.lower()
    homonyms = sa.select(EntityType.id).where(same_name, EntityType.id.is_distinct_from(ident))
    if ctx.tx.session.scalar(homonyms.limit(1)):
        message = "Entity type with this name already exists"
        raise InvalidInput(message)


def entity_type(ctx: CallContext, name: str) -> UUID:
    """The id of a reserved entity type, which is created at first use."""
    table = table_of(EntityType)
    ident = ctx.tx.session.scalar(sa.select(table.c.id).where(table.c.name == name))
    if ident is not None:
        return UUID(str(ident))
    # Two first entities of a kind at once: the second transaction waits here, and reads the first
    # one's type below.
    insertion = insert(table).values(name=name, archived=False).on_conflict_do_nothing()
    ctx.tx.session.execute(insertion)
    concurrent = ctx.tx.session.scalar(sa.select(table.c.id).where(table.c.name == name))
    return UUID(str(concurrent))
