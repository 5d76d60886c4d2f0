"""The rules of entity types."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from services.assets.models import EntityType
from services.common.crud.resource import CrudContext, SimpleRules
from services.common.errors import InvalidInput
from services.common.json_types import JsonObject, Values

if TYPE_CHECKING:
    pass


class EntityTypeRules(SimpleRules):
    """Names of entity types are unique, whatever their case."""

    def on_create(
        self, ctx: CrudContext, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Refuse a name that is taken. Raises InvalidInput."""
        same = sa.func.lower(EntityType.name) == values["name"].lower()
        if ctx.tx.session.scalar(sa.select(EntityType.id).where(same).limit(1)):
            message = "Entity type with this name already exists"
            raise InvalidInput(message)
