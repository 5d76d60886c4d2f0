"""The types of assets that a new studio starts with."""

from __future__ import annotations

from typing import Final

from services.common.bulk.starter_set import StarterRows, StarterSet, named

TYPES: Final = named(
    "entity-types",
    {"name": "Character"},
    {"name": "Environment"},
    {"name": "Prop"},
    {"name": "FX"},
)
STARTER_SET: Final[StarterSet] = (StarterRows("entity_type", "asset-type", TYPES),)
