"""Lists: filtered and scoped in SQL, built as JSON by PostgreSQL, compressed as they arrive.

A short list is one statement. A long one is read through a server-side cursor and compressed chunk
by chunk, off the hub, so that it is never in memory twice and other requests don't wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
import sqlalchemy as sa
from eventlet import sleep, tpool
from isal import isal_zlib

from services.common import queries
from services.common.access.context import CallContext
from services.common.contracts.types import UNSET
from services.common.crud.listing import filters, pages
from services.common.crud.listing.filters import Page
from services.common.crud.row_json import in_total_order, rows_as_json
from services.common.database import sql_json
from services.common.database.sql_types import Columns, Condition, Expression, Select
from services.common.errors import NotFound
from services.common.runtime.spawned import spawned
from services.common.wire.rpc_protocol import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from services.common.contracts.types import ListQuery
    from services.common.crud.resource import Resource
    from services.common.crud.resource_rules import CrudContext

T = TypeVar("T")
#: Rows up to which a list is read by one statement.
SHORT: Final = 1000
#: Rows fetched from the cursor at a time.
CHUNK: Final = 500
#: Rows that other services are asked about at a time: bounds the size of a message on the wire.
BATCH: Final = 1000
#: Bytes from which a reply is compressed.
COMPRESSED_FROM: Final = 64 * 1024
#: Bytes from which a thread compresses: fewer take less time than waking one.
THREAD_FROM: Final = 256 * 1024
#: Bytes compressed at a time while streaming: enough to be worth a thread.
PIECE: Final = 512 * 1024
#: isal's level, of 0 to 3.
LEVEL: Final = 1
#: zlib's code for a gzip header and trailer.
GZIP: Final = 31


def list_rows(ctx: CrudContext, resource: Resource, query: dict[str, str]) -> Reply:
    """The rows that match a query, scoped to the caller: an array, or a page in its envelope."""
    asked = queries.read(resource.list_query, query)
    page, columns = Page.asked(asked), _columns(ctx, resource, query, asked)
    conditions = resource.conditions(asked)
    if page is None:
        reply = _plain(ctx, resource, _filtered(ctx, resource, columns, query, conditions))
    elif page.rows > SHORT:
        statement = _filtered(ctx, resource, columns, query, conditions)
        reply = large_page(ctx, resource.table, statement, page)
    elif not conditions and (extent := pages.extent(resource, ctx.actor, query)):
        reply = compressed(pages.of_extent(ctx, resource, columns, extent, page))
    else:
        statement = _filtered(ctx, resource, columns, query, conditions)
        reply = compressed(pages.filtered(ctx, resource, statement, page))
    return _completed(ctx, resource, reply)


def _plain(ctx: CrudContext, resource: Resource, statement: Select) -> Reply:
    """All rows of a list, in the resource's order."""
    if resource.list_cap is not None:
        return json_array(ctx, statement.limit(resource.list_cap), *resource.order)
    keys = [column.label(f"key_{place}") for place, column in enumerate(resource.order)]
    # Limited before it is sorted: of a long list, which is read anew below, this reads the first
    # rows that come, where a sort would read all of them twice.
    some = statement.add_columns(*keys).limit(SHORT + 1).subquery("r")
    rows = sa.select(sql_json.written(statement.selected_columns, "r")).select_from(some)
    ordered = rows.order_by(*(sa.literal_column(f"r.{key.name}") for key in keys))
    with ctx.database.read() as connection:
        texts = connection.execute(ordered).scalars().all()
    if len(texts) <= SHORT:
        return compressed(f"[{','.join(texts)}]".encode())
    del texts
    return streamed(ctx, sql_json.objects(statement.order_by(*resource.order)))


def _completed(ctx: CrudContext, resource: Resource, reply: Reply) -> Reply:
    """Apply the resource's ``complete`` hook, which needs decoded rows; few have one."""
    if "list" not in resource.rules.completes:
        return reply
    body = isal_zlib.decompress(reply.body, wbits=GZIP) if reply.encoding else reply.body
    decoded = msgspec.json.decode(body)
    rows = decoded if isinstance(decoded, list) else decoded["data"]
    resource.rules.complete(ctx, rows, "list", None)
    return compressed(msgspec.json.encode(decoded))


def _columns(
    ctx: CallContext, resource: Resource, query: dict[str, str], asked: ListQuery
) -> Columns:
    """The visible columns, limited to ``fields`` in the query."""
    relations = asked.relations or (resource.relations_without_query and not query)
    visible = resource.visible(ctx.actor, False)  # noqa: FBT003
    columns = resource.shown(ctx.actor, resource.columns(visible, relations=relations))
    if asked.fields is UNSET:
        return columns
    # Clients identify rows by these two, whatever fields they ask for.
    names = {*asked.fields.split(","), "id", "type"}
    return tuple(column for column in columns if column.name in names)


def _filtered(
    ctx: CallContext,
    resource: Resource,
    columns: Columns,
    query: dict[str, str],
    conditions: Sequence[Condition],
) -> Select:
    """SELECT the rows that match the query, scoped to the caller. Raises InvalidInput."""
    statement = sa.select(*columns).select_from(resource.table).where(*conditions)
    for name, text in query.items():
        if name not in filters.RESERVED:
            condition = _condition(ctx, resource, name, text)
            if condition is not None:
                statement = statement.where(condition)
    # In SQL, not afterwards: the total and the pages must count only what the caller may see.
    return resource.scoped(ctx, statement)


def _condition(ctx: CallContext, resource: Resource, name: str, text: str) -> Condition | None:
    """The condition of one filter; None for an unknown name. Raises InvalidInput."""
    if name in resource.filters:
        return resource.filters[name](ctx, text)
    table = resource.table
    columns = {column.name: column for column in resource.fields}
    exists = name in columns or name in resource.virtual or name in resource.lists
    # A hidden column must not be filterable either: its values could be guessed one by one.
    if exists:
        resource.check_filter(ctx.actor, name)
    if name in columns:
        return filters.condition(name, columns[name], text)
    if name in resource.virtual:
        return filters.condition(name, resource.virtual[name], text)
    if name in resource.lists:
        return filters.list_condition(name, resource.lists[name], table.c.id, text)
    return None


def json_array(ctx: CallContext, statement: Select, *order: Expression) -> Reply:
    """All rows of a statement as a JSON array, in an order as ``in_total_order`` takes it."""
    return enclosed(ctx, in_total_order(statement, *order), "[]")


def json_row(ctx: CallContext, statement: Select) -> Reply:
    """The one row of a statement as JSON. Raises NotFound."""
    with ctx.database.read() as connection:
        text = connection.scalar(rows_as_json(statement))
    if text is None:
        raise NotFound
    return Reply(text.encode())


def enclosed(ctx: CallContext, statement: Select, ends: Sequence[str]) -> Reply:
    """All rows of a statement between ``ends``: a long list is streamed."""
    rows = sql_json.objects(statement)
    with ctx.database.read() as connection:
        # One row more than ``SHORT`` tells whether the list is long, without counting it.
        texts = connection.execute(rows.limit(SHORT + 1)).scalars().all()
    if len(texts) <= SHORT:
        return compressed(f"{ends[0]}{','.join(texts)}{ends[1]}".encode())
    del texts
    return streamed(ctx, rows, ends)


def large_page(
    ctx: CallContext, table: sa.Table, statement: Select, page: Page, order: Sequence[Any] = ()
) -> Reply:
    """A page of more than ``SHORT`` rows, the newest first: streamed, as any long list."""
    ordered = statement.order_by(None).order_by(*(order or pages.newest_first(table)))
    rows = ordered.limit(page.rows).offset(page.offset)
    counting = statement.with_only_columns(sa.literal(1).label("one")).order_by(None)
    total = sa.select(sa.func.count()).select_from(counting.subquery("counted"))
    with ctx.database.read() as connection:
        count = connection.scalar(total) or 0
    return streamed(ctx, sql_json.objects(rows), page_ends(count, page))


def page_ends(total: int, page: Page, **more: str) -> tuple[str, str]:
    """What stands before and after the rows of a page; ``more`` as for ``pages.envelope``."""
    whole = pages.envelope("", total, page.number, page.limit, **more)
    return whole.decode().removesuffix("]}"), "]}"


def in_batches(
    ids: Sequence[T], read: Callable[[Sequence[T]], Iterable[bytes]], ends: Sequence[str] = "[]"
) -> Reply:
    """A long list whose rows other services complete: ``BATCH`` rows in memory at a time.

    ``ids`` are those of the rows, in order; ``read`` answers the JSON of some of them. All ids are
    read beforehand: a cursor would hold its transaction while the other services are asked.
    """
    stream, between = GzipBuilder(), ends[0]
    for start in range(0, len(ids), BATCH):
        rows = b",".join(read(ids[start : start + BATCH]))
        if rows:
            stream.add(between.encode() + rows)
            between = ","
    stream.add(("" if between == "," else ends[0]).encode() + ends[1].encode())
    return stream.reply()


def streamed(ctx: CallContext, rows: Select, ends: Sequence[str] = "[]") -> Reply:
    """A long list, read in chunks from one snapshot and compressed chunk by chunk.

    ``ends`` is what stands around it: ``{}`` for members of an object.
    """
    stream, first = GzipBuilder(), True
    # In a transaction: a server-side cursor needs one, and gives one snapshot.
    with ctx.database.engine.connect() as connection:
        cursor = connection.execution_options(stream_results=True, max_row_buffer=CHUNK).execute(
            rows
        )
        for texts in prefetch(cursor.scalars().partitions(CHUNK)):
            text = (ends[0] if first else ",") + ",".join(texts)
            first = False
            stream.add(text.encode())
    stream.add(("".join(ends) if first else ends[1]).encode())
    return stream.reply()


def prefetch(chunks: Iterator[T]) -> Iterator[T]:
    """Read one part ahead of the caller, on a green thread."""
    upcoming = spawned(next, chunks, None)
    try:
        while (chunk := upcoming.wait()) is not None:
            upcoming = spawned(next, chunks, None)
            sleep(0)  # lets the thread start, and send its FETCH
            yield chunk
    finally:
        upcoming.kill()


class GzipBuilder:
    """Builds a large reply, gzipped piece by piece on real threads."""

    def __init__(self) -> None:
        self._compressor = isal_zlib.compressobj(level=LEVEL, wbits=GZIP)
        self._out: list[bytes] = []
        self._waiting: list[bytes] = []
        self._size = 0

    def add(self, data: bytes) -> None:
        """Append a piece of the body."""
        self._waiting.append(data)
        self._size += len(data)
        if self._size >= PIECE:
            self._compress()

    def _compress(self) -> None:
        body, self._waiting, self._size = b"".join(self._waiting), [], 0
        self._out.append(tpool.execute(self._compressor.compress, body))

    def reply(self) -> Reply:
        """The complete reply; a small one is not compressed at all."""
        if not self._out and self._size < COMPRESSED_FROM:
            return Reply(b"".join(self._waiting))
        self._compress()
        self._out.append(self._compressor.flush())
        return Reply(b"".join(self._out), "gzip")


def compressed(body: bytes) -> Reply:
    """A reply, gzipped from ``COMPRESSED_FROM`` bytes on."""
    if len(body) < COMPRESSED_FROM:
        return Reply(body)
    compressor = isal_zlib.compressobj(level=LEVEL, wbits=GZIP)
    if len(body) < THREAD_FROM:
        return Reply(compressor.compress(body) + compressor.flush(), "gzip")
    # Other green threads first: the hub is about to be busy with a large reply.
    sleep(0)
    return Reply(tpool.execute(compressor.compress, body) + compressor.flush(), "gzip")
