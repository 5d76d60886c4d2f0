"""The states of productions that a new studio starts with."""

from __future__ import annotations

from typing import Final

from services.common.bulk.starter_set import StarterRows, StarterSet, named
from services.crud.policy.production_rows import CLOSED, OPEN
from services.crud.policy.project_rules import STATUS_COLOR

STATUSES: Final = named(
    "project-status",
    {"name": OPEN, "color": STATUS_COLOR},
    {"name": CLOSED, "color": STATUS_COLOR},
)
STARTER_SET: Final[StarterSet] = (StarterRows("project_status", "project-status", STATUSES),)
