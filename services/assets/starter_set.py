"""The types of assets that a new studio starts with."""

from __future__ import annotations

from typing import Final

from services.common.bulk.starter_set import StarterSet, named

STARTER_SET: Final[StarterSet] = {
    "entity-types": named(
        "entity-types",
        {"name": "Character"},
        {"name": "Environment"},
        {"name": "Prop"},
        {"name": "FX"},
    )
}
