"""Pages of a resource's rows, in an envelope; rows and total come from one snapshot.

A page costs the same however many rows there are: its keys are skipped and read in an index that
holds them in order, and only the rows of the page are read from the table (a deferred join).
Totals are kept (``row_counts``), except for filters.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.crud.listing.filters import RESERVED
from services.common.crud.row_json import JSON_TEXT
from services.common.crud.validation import BadValue, parse_id
from services.common.database import row_counts, sql_json
from services.common.database.prepared import parameter
from services.common.database.sql_types import Column, Columns, Condition, Expression, Select
from services.common.database.tables import production_column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from services.common.actor import Actor
    from services.common.crud.listing.filters import Page
    from services.common.crud.resource import Resource

PROJECT: Final = "project_id"
#: Most keys that are read from the indexes of several productions and sorted together. Pages beyond
#: are skipped to in the index of all rows, which holds each row's production as well.
MERGED: Final = 10_000
#: Fills up the parameters of a statement that merges fewer.
NO_PRODUCTION: Final = "00000000-0000-0000-0000-000000000000"


PRODUCTIONS: Final = parameter("productions", sa.ARRAY(sa.Uuid(as_uuid=False)))


class Extent(NamedTuple):
    """The rows of a list as whole productions; of all there are where ``productions`` is None.

    With ``value`` those with this value in the resource's ``counted`` column.
    """

    productions: frozenset[UUID] | None = None
    value: UUID | None = None


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
    count, data = page_of(ctx, resource.table, statement, newest_first(resource.table), page)
    return envelope(data, count, *page)


def page_of(
    ctx: CallContext,
    table: sa.Table,
    statement: Select,
    order: Sequence[Any],
    page: Page,
    *,
    total: sa.ScalarSelect[int] | None = None,
) -> tuple[int, str]:
    """The number of a statement's rows, and the JSON of a page of them.

    ``statement`` selects the columns of rows of ``table``, narrowed by any conditions. They are
    counted, unless ``total`` selects their number.
    """
    columns = tuple(statement.selected_columns)
    if total is None:
        counting = statement.with_only_columns(sa.literal(1).label("one")).order_by(None)
        counted = sa.select(sa.func.count()).select_from(counting.subquery("counted"))
        total = counted.scalar_subquery()
    rows = _picked(table, statement, order).limit(page.rows).offset(page.offset)
    row = sa.select(*columns).select_from(table)
    with ctx.database.read() as connection:
        count, data = connection.execute(sa.select(total, _joined(table, rows, row))).one()
    return count, data or ""


def extent(resource: Resource, actor: Actor, query: Mapping[str, str]) -> Extent | None:
    """The list that a query asks for, if it consists of whole productions.

    Then its index and its total are known. None where a filter or the scope says more.
    """
    names = query.keys() - RESERVED
    if PROJECT not in resource.table.c and PROJECT not in resource.filters:
        names -= {PROJECT}  # ignored, as any unknown filter
    if names - {PROJECT, resource.counted}:
        return None
    try:
        ids = {name: parse_id(query[name]) for name in names}
    except BadValue:
        return None
    value = ids.get(resource.counted)
    if value is not None and not resource.may_filter(actor, resource.counted):
        return None
    if PROJECT in ids:
        return _of_project(resource, actor, ids[PROJECT], value)
    if resource.lists_all(actor):
        return Extent(None, value)
    productions = resource.whole_productions(actor)
    return None if productions is None else Extent(productions, value)


def _of_project(
    resource: Resource, actor: Actor, project: UUID, value: UUID | None
) -> Extent | None:
    sees_all = resource.lists_all(actor) or resource.sees_all_of(actor, project)
    known = PROJECT in resource.table.c
    return Extent(frozenset({project}), value) if known and sees_all else None


def of_extent(
    ctx: CallContext, resource: Resource, columns: Columns, extent: Extent, page: Page
) -> bytes:
    """A page of all rows of these productions."""
    count, data = read_extent(ctx, resource, columns, extent, page)
    return envelope(data, count, *page)


def read_extent(
    ctx: CallContext, resource: Resource, columns: Columns, extent: Extent, page: Page
) -> tuple[int, str]:
    """The number of rows of these productions, from ``row_counts``, and the JSON of a page."""
    statement, params = _statement(resource, columns, extent, page)
    ((count, data),) = ctx.database.rows(statement, **params, limit=page.rows, offset=page.offset)
    return count, data or ""


def _statement(
    resource: Resource, columns: Columns, extent: Extent, page: Page
) -> tuple[Select, dict[str, object]]:
    """The statement for so many productions, and its parameters."""
    value: dict[str, object] = {} if extent.value is None else {"value": str(extent.value)}
    if extent.productions is None:
        build = partial(_of_value, scoped=False) if value else _of_all
        return build(resource, columns), value
    ids = sorted(map(str, extent.productions))
    params: dict[str, object] = {"productions": ids or [NO_PRODUCTION], **value}
    if value:
        return _of_value(resource, columns, scoped=True), params
    if len(ids) == 1:
        return _of_one(resource, columns), {**params, "production": ids[0]}
    end = page.offset + page.rows
    if len(ids) * end > MERGED:
        return _of_many(resource, columns), params
    return _of_some(resource, columns), {**params, "end": end}


# Cached: a prepared statement is found by the identity of its expression.
@lru_cache(maxsize=512)
def _of_all(resource: Resource, columns: Columns) -> Select:
    table = resource.table
    rows = _picked(table, sa.select(table), newest_first(table))
    return _prepared(resource, columns, rows)


@lru_cache(maxsize=512)
def _of_one(resource: Resource, columns: Columns) -> Select:
    table, ident = resource.table, sa.cast(parameter("production", sa.Text), sa.Uuid)
    production = production_of(resource)
    # A range of one, in an order that begins with it, as ``ix_<table>_page`` has them: the plan is
    # for any production, and where nearly all rows are of one, it would use the index of all rows.
    in_production = sa.select(table).where(production.between(ident, ident))
    rows = _picked(table, in_production, (production, *newest_first(table)))
    return _prepared(resource, columns, rows, row_counts.NOTES.c.project_id == ident)


@lru_cache(maxsize=512)
def _of_some(resource: Resource, columns: Columns) -> Select:
    """The newest of each production, up to the end of the page, sorted together."""
    productions = sa.func.unnest(PRODUCTIONS).table_valued("id")
    table, ids = resource.table, productions.render_derived(name="mine")
    newest = (
        sa.select(table.c.updated_at, table.c.created_at, table.c.id)
        .where(production_of(resource) == ids.c.id)
        .order_by(*newest_first(table))
        .limit(parameter("end", sa.Integer))
        .lateral("newest")
    )
    order = (newest.c.updated_at.desc(), newest.c.created_at.desc(), newest.c.id)
    rows = sa.select(newest.c.id).select_from(ids).join(newest, sa.true()).order_by(*order)
    return _prepared(resource, columns, rows, _of_these(row_counts.NOTES.c.project_id))


@lru_cache(maxsize=512)
def _of_many(resource: Resource, columns: Columns) -> Select:
    table, in_productions = resource.table, _of_these(production_of(resource))
    rows = _picked(table, sa.select(table).where(in_productions), newest_first(table))
    return _prepared(resource, columns, rows, _of_these(row_counts.NOTES.c.project_id))


@lru_cache(maxsize=512)
def _of_value(resource: Resource, columns: Columns, *, scoped: bool) -> Select:
    """Those with a value in the counted column, of all productions or of some."""
    table, value = resource.table, parameter("value", sa.Text)
    rows = sa.select(table).where(table.c[resource.counted] == sa.cast(value, sa.Uuid))
    counted: list[Condition] = []
    if scoped:
        rows = rows.where(_of_these(production_of(resource)))
        counted = [_of_these(row_counts.NOTES.c.project_id)]
    rows = _picked(table, rows, newest_first(table))
    return _prepared(resource, columns, rows, *counted, value=value)


def production_of(resource: Resource) -> Column:
    """The column of the production that a row belongs to."""
    column = production_column(resource.table)
    if column is None:
        message = f"{resource.path} has no productions"
        raise TypeError(message)
    return column


def _of_these(column: Expression) -> Condition:
    # Tested for being true, so that it stays a filter, looked up in a hash: as a join it would
    # lose the index's order, and an array is searched from its beginning for each row.
    productions = sa.select(sa.func.unnest(PRODUCTIONS))
    condition: Condition = column.in_(productions).is_(sa.true())
    return condition


def _prepared(
    resource: Resource,
    columns: Columns,
    rows: Select,
    *counted: Condition,
    value: Expression | None = None,
) -> Select:
    rows = rows.limit(parameter("limit", sa.Integer)).offset(parameter("offset", sa.Integer))
    table = resource.table
    row = sa.select(*columns).select_from(table)
    texts = _joined(table, rows, row, plain=False)
    return sa.select(row_counts.total(table, *counted, value=value), texts)


def newest_first(table: sa.Table) -> Columns:
    """The order of pages."""
    return table.c.updated_at.desc(), table.c.created_at.desc(), table.c.id


def _picked(table: sa.Table, statement: Select, order: Sequence[Any]) -> Select:
    """The ids of a statement's rows, in order."""
    return statement.with_only_columns(table.c.id).order_by(None).order_by(*order)


def _joined(table: sa.Table, selection: Select, row: Select, *, plain: bool = True) -> Any:
    """A scalar subquery: the JSON of the rows with the picked ids, joined by commas.

    Each row is a subquery of its own, since a join would let the planner read the whole table: it
    can't know how few ids a LIMIT leaves.
    """
    ids = selection.subquery("picked")
    of_id = row.where(table.c.id == ids.c.id).correlate(ids).subquery("r")
    text = JSON_TEXT if plain else sql_json.written(row.selected_columns, "r")
    row_text = sa.select(text).select_from(of_id).scalar_subquery()
    return sa.select(sa.func.string_agg(row_text, ",")).select_from(ids).scalar_subquery()
