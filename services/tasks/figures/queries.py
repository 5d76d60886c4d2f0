"""Ids in the queries of figures."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from services.common.errors import InvalidInput
from services.common.values import BadValue, parse_id


def query_id(query: Mapping[str, str], name: str) -> UUID | None:
    """An id in a query; None where it is absent or empty. Raises InvalidInput."""
    text = query.get(name)
    if not text:
        return None
    try:
        return parse_id(text)
    except BadValue:
        message = f"Invalid UUID value: {text}"
        raise InvalidInput(message, {"errors": [{"field": name, "message": message}]}) from None
