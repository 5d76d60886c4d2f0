"""The shapes of this service's JSON columns, and how to read what was stored otherwise.

Every way in checks them; further keys are kept. An import keeps what was stored elsewhere, so
readers take what has not the shape for nothing.
"""

from __future__ import annotations

from typing import Any, TypedDict
from uuid import UUID

import msgspec

from services.common import values
from services.common.contracts.tasks.previews import Annotation
from services.common.json_types import Json, JsonObject


class Reply(TypedDict, total=False):
    """A reply to a comment, in ``replies``."""

    id: UUID
    date: str | None
    created_at: str | None
    person_id: UUID | None
    text: str | None
    mentions: list[UUID] | None
    department_mentions: list[UUID] | None


def replies_in(value: Json) -> list[JsonObject]:
    """The replies stored in a comment."""
    return [reply for reply in values.array_or_empty(value) if _is(reply, Reply)]


def annotations_in(value: Json) -> list[JsonObject]:
    """The annotations stored in a preview."""
    return [
        annotation for annotation in values.array_or_empty(value) if _is(annotation, Annotation)
    ]


def _is(value: Json, shape: Any) -> bool:
    try:
        msgspec.convert(value, shape)
    except msgspec.ValidationError:
        return False
    return True
