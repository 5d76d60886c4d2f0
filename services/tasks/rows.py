"""Rows in answers: decode_rows, or as a page in an envelope."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.contracts.types import PageQuery
from services.common.crud.listing import lists, pages
from services.common.crud.listing.filters import Page
from services.common.crud.resource import Resource
from services.common.database.sql_types import Condition
from services.common.json_types import JsonObject
from services.common.wire.rpc_protocol import Reply


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


def project_page(
    ctx: CallContext,
    resource: Resource,
    project: UUID,
    asked: PageQuery,
    *conditions: Condition,
) -> Reply:
    """A page of a production's rows, the newest first; without ``page`` all of them, as an array.

    Past the end the page is empty, and so is the total; before the first one are all of them.
    """
    table = resource.table
    columns = resource.shown(ctx.actor, resource.columns(None, relations=True))
    in_project = pages.production_of(resource) == project
    rows = sa.select(*columns).where(in_project, *conditions)
    order, page = pages.newest_first(table), Page.asked(asked)
    if page is None or page.number < 1:
        return lists.json_array(ctx, rows, *order)
    if page.limit > lists.SHORT:
        return lists.large_page(ctx, table, rows, page)
    if conditions:
        total, data = pages.page_of(ctx, table, rows, order, page)
    else:
        extent = pages.Extent(frozenset({project}))
        total, data = pages.read_extent(ctx, resource, columns, extent, page)
    return lists.compressed(pages.envelope(data, total if data else 0, *page))
