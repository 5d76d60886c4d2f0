"""The rules of entity types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from services.assets.models import EntityType
from services.common.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping


def on_create(work: Any, values: dict[str, Any], _body: Mapping[str, Any]) -> None:
    """Names are unique, whatever their case. Raises InvalidInput."""
    same = sa.func.lower(EntityType.name) == values["name"].lower()
    if work.tx.session.scalar(sa.select(EntityType.id).where(same).limit(1)):
        message = "Entity type with this name already exists"
        raise InvalidInput(message)
