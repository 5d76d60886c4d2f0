"""Rows in answers: decoded, or as a page in an envelope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from services.common import values
from services.common.access.context import CallContext
from services.common.crud.lists import compressed
from services.common.crud.pages import envelope
from services.common.crud.row_json import JSON_TEXT, rows_as_json
from services.common.database.sql_types import Select
from services.common.errors import InvalidInput
from services.common.json_types import JsonObject
from services.common.values import BadValue
from services.common.wire.rpc_protocol import Reply

LIMIT = 100


def decoded(texts: Sequence[str]) -> list[JsonObject]:
    """Decode rows that PostgreSQL built as JSON texts."""
    rows: list[JsonObject] = msgspec.json.decode(f"[{','.join(texts)}]")
    return rows


def whole_number(query: Mapping[str, str], name: str, default: int) -> int:
    """An integer query parameter. Raises InvalidInput."""
    text = query.get(name)
    try:
        return default if text is None or text == "" else values.whole(text)
    except BadValue:
        message = f"{name} must be an integer."
        raise InvalidInput(message) from None


def paged(ctx: CallContext, rows: Select, order: Sequence[Any], query: Mapping[str, str]) -> Reply:
    """A page of the rows in its envelope; without ``page`` all of them, as an array.

    Past the end the page is empty, and so is the total. Raises InvalidInput.
    """
    page, limit = whole_number(query, "page", 0), whole_number(query, "limit", LIMIT) or LIMIT
    if limit < 0:
        message = "limit must be an integer."
        raise InvalidInput(message)
    with ctx.database.read() as connection:
        if page < 1:
            texts = connection.execute(rows_as_json(rows.order_by(*order))).scalars().all()
            return compressed(f"[{','.join(texts)}]".encode())
        # Without columns and order, which counting doesn't need and PostgreSQL would compute.
        matching = rows.with_only_columns(sa.literal(1)).order_by(None).subquery("matching")
        total = connection.scalar(sa.select(sa.func.count()).select_from(matching))
        part = rows.order_by(*order).limit(limit).offset((page - 1) * limit).subquery("r")
        texts = connection.execute(sa.select(JSON_TEXT).select_from(part)).scalars().all()
    return compressed(envelope(",".join(texts), (total or 0) if texts else 0, page, limit))
