"""Validation of request bodies as msgspec structs."""

from __future__ import annotations

import re
from typing import Final, TypeVar

import msgspec

from services.common.errors import InvalidInput, invalid_field
from services.common.json_types import Json

MISSING: Final = re.compile(r"Object missing required field `(\w+)`")
PLACE: Final = re.compile(r" - at `\$(.*)`$")
T = TypeVar("T")


def read(data: Json, shape: type[T]) -> T:
    """The body as a ``shape``; unknown keys are ignored. Raises InvalidInput naming the field."""
    try:
        return msgspec.convert(data if isinstance(data, dict) else {}, shape)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None


def _invalid(message: str) -> InvalidInput:
    place = PLACE.search(message)
    path = place[1] if place else ""
    field = re.sub(r"\[(\d+|\.\.\.)\]", r".\1", path).strip(".")
    if missing := MISSING.match(message):
        return invalid_field(".".join(filter(None, (field, missing[1]))), "Field required")
    return invalid_field(field, PLACE.sub("", message))
