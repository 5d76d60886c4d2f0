"""Pages of a resource's rows, in an envelope; rows and total come from one snapshot."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.crud.filters import RESERVED
from services.common.crud.row_json import rows_as_json
from services.common.crud.validation import BadValue, parse_id
from services.common.database import row_counts, sql_json
from services.common.database.prepared import parameter
from services.common.database.sql_types import Columns, Select

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from services.common.actor import Actor
    from services.common.crud.filters import Page
    from services.common.crud.resource import Resource

PROJECT: Final = "project_id"


def envelope(data: str, total: int, page: int, limit: int, **more: str) -> bytes:
    """The body of a page: ``data`` with ``total, nb_pages, limit, offset, page``.

    ``data`` is the rows' JSON, joined by commas; ``more`` members are JSON, too.
    """
    extra = "".join(f'"{name}":{value},' for name, value in more.items())
    head = (
        f'{{"total":{total},"nb_pages":{-(-total // limit)},"limit":{limit},'
        f'"offset":{(page - 1) * limit},"page":{page},{extra}"data":['
    )
    return b"".join((head.encode(), data.encode(), b"]}"))


def filtered(ctx: CallContext, resource: Resource, statement: Select, page: Page) -> bytes:
    """A page of a statement's rows; empty past the end, or before the first page."""
    # The total counts the filtered rows without building their JSON.
    counted = statement.with_only_columns(sa.literal(1).label("one")).subquery("counted")
    total = sa.select(sa.func.count()).select_from(counted).scalar_subquery()
    rows = statement.order_by(*_order(resource)).limit(page.rows).offset(page.offset)
    with ctx.database.read() as connection:
        count, data = connection.execute(sa.select(total, _joined(rows_as_json(rows)))).one()
    return envelope(data or "", count, *page)


def counted_production(resource: Resource, actor: Actor, query: Mapping[str, str]) -> UUID | None:
    """The production in the query, if it selects all of its rows and triggers count these."""
    others = query.keys() - RESERVED - {PROJECT}
    if not resource.counted or others or resource.conditions(query):
        return None
    try:
        project = parse_id(query.get(PROJECT))
    except BadValue:
        return None
    # Triggers count all rows: the total would be wrong for a caller who sees only some.
    return project if actor.sees_all_of(project) else None


def of_production(
    ctx: CallContext, resource: Resource, columns: Columns, project: UUID, page: Page
) -> bytes:
    """A page of all rows of a production; the total comes from ``row_counts``."""
    statement = _of_production(resource, columns)
    ((count, data),) = ctx.database.rows(
        statement, project=str(project), limit=page.rows, offset=page.offset
    )
    return envelope(data or "", count, *page)


# Cached: a prepared statement is found by the identity of its expression.
@lru_cache(maxsize=256)
def _of_production(resource: Resource, columns: Columns) -> Select:
    table, project = resource.table, sa.cast(parameter("project", sa.Text), sa.Uuid)
    rows = sa.select(*columns).where(table.c.project_id == project).order_by(*_order(resource))
    rows = rows.limit(parameter("limit", sa.Integer)).offset(parameter("offset", sa.Integer))
    return sa.select(row_counts.total(table, project), _joined(sql_json.objects(rows)))


def _order(resource: Resource) -> Columns:
    # Total (by id), so that no row is on two pages or none; ``page_index`` has the same order.
    table = resource.table
    return table.c.updated_at.desc(), table.c.created_at.desc(), table.c.id


def _joined(texts: Select) -> Any:
    """A scalar subquery: the rows' JSON, joined by commas."""
    (text,) = texts.selected_columns
    return texts.with_only_columns(sa.func.string_agg(text, ",")).scalar_subquery()
