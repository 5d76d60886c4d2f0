"""Bodies of ``/auth``: which of their fields are missing or are no text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.common.errors import invalid_fields
from services.common.json_types import JsonObject

if TYPE_CHECKING:
    from collections.abc import Iterator


def field_faults(data: JsonObject, *names: str) -> Iterator[dict[str, str]]:
    """What is wrong with the texts that the body must have."""
    for name in names:
        if data.get(name) is None:
            yield {"field": name, "message": "Field required"}
        elif not isinstance(data[name], str) or not data[name] or "\x00" in data[name]:
            yield {"field": name, "message": "Input should be a valid non-empty string"}


def texts(data: JsonObject, *names: str) -> tuple[str, ...]:
    """The texts that the body must have. Raises InvalidInput naming every fault."""
    faults = list(field_faults(data, *names))
    if faults:
        raise invalid_fields(faults)
    return tuple(data[name] for name in names)
