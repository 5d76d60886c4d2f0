"""Validation of the bodies of ``/auth``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.common.errors import invalid_fields
from services.common.json_types import JsonObject

if TYPE_CHECKING:
    from collections.abc import Iterator


def field_faults(data: JsonObject, *names: str) -> Iterator[dict[str, str]]:
    """The errors of required texts in a body."""
    for name in names:
        if data.get(name) is None:
            yield {"field": name, "message": "Field required"}
        elif not isinstance(data[name], str) or not data[name] or "\x00" in data[name]:
            yield {"field": name, "message": "Input should be a valid non-empty string"}


def texts(data: JsonObject, *names: str) -> tuple[str, ...]:
    """The required texts in a body. Raises InvalidInput with all errors."""
    faults = list(field_faults(data, *names))
    if faults:
        raise invalid_fields(faults)
    return tuple(data[name] for name in names)
