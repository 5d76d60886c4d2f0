"""Rows in answers: decode_rows, or as a page in an envelope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common import values
from services.common.access.context import CallContext
from services.common.crud.listing import lists, pages
from services.common.crud.listing.filters import Page
from services.common.crud.resource import Resource
from services.common.database.sql_types import Condition
from services.common.errors import InvalidInput
from services.common.json_types import JsonObject
from services.common.values import BadValue
from services.common.wire.rpc_protocol import Reply

LIMIT = 100


def decode_rows(texts: Sequence[str]) -> list[JsonObject]:
    """Decode rows that PostgreSQL built as JSON texts."""
    rows: list[JsonObject] = msgspec.json.decode(f"[{','.join(texts)}]")
    return rows


def encode_rows(rows: Iterable[JsonObject]) -> list[bytes]:
    """The JSON of each row."""
    return [msgspec.json.encode(row) for row in rows]


def distinct_ids(found: Iterable[object]) -> list[str]:
    """The distinct ids among these, as text and sorted; nulls and empty texts are left out."""
    return sorted({str(ident) for ident in found if ident})


def whole_number(query: Mapping[str, str], name: str, default: int) -> int:
    """An integer query parameter. Raises InvalidInput."""
    text = query.get(name)
    try:
        number = default if text is None or text == "" else values.whole(text)
    except BadValue:
        number = 2**31
    # The OFFSET, (page - 1) * limit, must fit into a bigint.
    if abs(number) >= 2**31:
        message = f"{name} must be an integer."
        raise InvalidInput(message)
    return number


def project_page(
    ctx: CallContext,
    resource: Resource,
    project: UUID,
    query: Mapping[str, str],
    *conditions: Condition,
) -> Reply:
    """A page of a production's rows, the newest first; without ``page`` all of them, as an array.

    Past the end the page is empty, and so is the total. Raises InvalidInput.
    """
    number, limit = whole_number(query, "page", 0), whole_number(query, "limit", LIMIT) or LIMIT
    if limit < 0:
        message = "limit must be an integer."
        raise InvalidInput(message)
    table = resource.table
    columns = resource.shown(ctx.actor, resource.columns(None, relations=True))
    in_project = pages.production_of(resource) == project
    rows = sa.select(*columns).where(in_project, *conditions)
    order, page = pages.newest_first(table), Page(number, limit)
    if number < 1:
        return lists.json_array(ctx, rows, *order)
    if limit > lists.SHORT:
        return lists.large_page(ctx, table, rows, page)
    if conditions:
        total, data = pages.page_of(ctx, table, rows, order, page)
    else:
        extent = pages.Extent(frozenset({project}))
        total, data = pages.read_extent(ctx, resource, columns, extent, page)
    return lists.compressed(pages.envelope(data, total if data else 0, *page))
