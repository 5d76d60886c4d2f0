"""A comment before it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.common.json_types import JsonObject


@dataclass
class Draft:
    """A validated comment, ready to be written."""

    task_id: UUID
    status_id: UUID
    author_id: UUID
    text: str = ""
    checklist: list[Any] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    #: UTC; None for now.
    created_at: datetime | None = None
    for_client: bool = False
    files: list[JsonObject] = field(default_factory=list)
