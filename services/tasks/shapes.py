"""The shapes of this service's JSON columns, and how to read what was stored otherwise.

Every way in checks them; further keys are kept. An import keeps what was stored elsewhere, so
readers take what has not the shape for nothing.
"""

from __future__ import annotations

from typing import Any, Final, TypedDict
from uuid import UUID

import msgspec

from services.common import values
from services.common.errors import invalid_field
from services.common.json_types import Json, JsonObject
from services.common.values import BadValue


class Reply(TypedDict, total=False):
    """A reply to a comment, in ``replies``."""

    id: UUID
    date: str | None
    created_at: str | None
    person_id: UUID | None
    text: str | None
    mentions: list[UUID] | None
    department_mentions: list[UUID] | None


class ChecklistItem(TypedDict, total=False):
    """A line of a comment's ``checklist``."""

    text: str | None
    checked: bool | None


class Drawn(TypedDict, total=False):
    """One drawn object."""

    id: str


class Drawing(TypedDict, total=False):
    """What is drawn on one frame."""

    objects: list[Drawn] | None


class Annotation(TypedDict, total=False):
    """A member of a preview's ``annotations``: a frame's drawing, or an object without a frame."""

    id: str
    time: float | None
    drawing: Drawing | None


class Erased(TypedDict, total=False):
    """Objects to be taken off a frame."""

    time: float | None
    objects: list[str] | None


#: Reads a body's checklist, annotations, and changes of annotations; these raise BadValue.
read_checklist: Final = values.shaped(list[ChecklistItem])
read_annotations: Final = values.shaped(list[Annotation])
read_deletions: Final = values.shaped(list[Erased | str])


def field_of(name: str, value: Json, read: values.Reader[Any]) -> list[Any]:
    """An array in a body, empty if it is null. Raises InvalidInput, which names the field."""
    try:
        members: list[Any] = [] if value is None else read(value)
    except BadValue as error:
        raise invalid_field(name, error.about(name)) from None
    return members


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
