"""The departments that a new studio starts with."""

from __future__ import annotations

from typing import Final

from services.common.bulk.starter_set import StarterRows, StarterSet, named

DEPARTMENTS: Final = named(
    "departments",
    {"name": "Concept", "color": "#8D6E63"},
    {"name": "Modeling", "color": "#78909C"},
    {"name": "Layout", "color": "#7CB342"},
    {"name": "Animation", "color": "#009688"},
    {"name": "FX", "color": "#D0A000"},
    {"name": "Compositing", "color": "#F06292"},
    {"name": "Editing", "color": "#9575CD"},
)
STARTER_SET: Final[StarterSet] = (StarterRows("department", "department", DEPARTMENTS),)
