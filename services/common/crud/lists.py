"""Lists: filtered and scoped in SQL, built as JSON by PostgreSQL, compressed as they arrive.

A short list is one statement. A long one is read through a cursor and compressed chunk by chunk,
off the hub, so that its size is never held twice and other requests don't wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import msgspec
import sqlalchemy as sa
from eventlet import sleep, tpool
from isal import isal_zlib

from services.common.access.context import CallContext
from services.common.crud import filters, pages
from services.common.database import sql_json
from services.common.database.sql_types import Columns, Condition, Select
from services.common.errors import InvalidInput
from services.common.runtime.service import spawned
from services.common.wire.rpc_protocol import Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.common.crud.resource import CrudContext, Resource

T = TypeVar("T")
#: Rows up to which a list is answered from one statement.
SHORT: Final = 1000
CHUNK: Final = 500
COMPRESSED_FROM: Final = 64 * 1024
#: Bytes that are worth a thread: fewer are compressed before one has been woken.
THREAD_FROM: Final = 256 * 1024
#: Bytes that are compressed at a time: enough to be worth a thread.
PIECE: Final = 512 * 1024
LEVEL: Final = 1
#: zlib's code for a gzip header and trailer.
GZIP: Final = 31


def list_rows(ctx: CrudContext, resource: Resource, query: dict[str, str]) -> Reply:
    """The list a query string asks for, scoped to the caller."""
    page = filters.page_and_limit(query)
    columns = _columns(ctx, resource, query)
    if page is None:
        statement = _filtered(ctx, resource, columns, query)
        reply = json_array(ctx, statement.order_by(*resource.order).limit(resource.list_cap))
    elif project := pages.counted_production(resource, ctx.actor, query):
        reply = compressed(pages.of_production(ctx, resource, columns, project, page))
    else:
        statement = _filtered(ctx, resource, columns, query)
        reply = compressed(pages.filtered(ctx, resource, statement, page))
    return _completed(ctx, resource, reply)


def _completed(ctx: CrudContext, resource: Resource, reply: Reply) -> Reply:
    """The list with what its resource adds beyond columns; only a few do, none of them large."""
    if "list" not in resource.rules.completes:
        return reply
    body = isal_zlib.decompress(reply.body, wbits=GZIP) if reply.encoding else reply.body
    answer = msgspec.json.decode(body)
    rows = answer if isinstance(answer, list) else answer["data"]
    resource.rules.complete(ctx, rows, "list", None)
    return compressed(msgspec.json.encode(answer))


def _columns(ctx: CallContext, resource: Resource, query: dict[str, str]) -> Columns:
    """What the list shows of a row."""
    relations = (resource.relations_without_query and not query) or query.get(
        "relations", ""
    ).lower() == "true"
    visible = resource.visible(ctx.actor, False)  # noqa: FBT003
    return _wanted(resource.columns(visible, relations=relations), query)


def _filtered(
    ctx: CallContext, resource: Resource, columns: Columns, query: dict[str, str]
) -> Select:
    actor, table = ctx.actor, resource.table
    statement = sa.select(*columns).select_from(table)
    statement = statement.where(*resource.conditions(query))
    allowed = resource.filterable(actor)
    for name, text in query.items():
        if name not in filters.RESERVED:
            found = _condition(ctx, resource, name, text, allowed)
            if found is not None:
                statement = statement.where(found)
    if resource.scope is not None and not actor.is_admin:
        statement = resource.scope(ctx, statement)
    return statement


def _wanted(columns: Columns, query: dict[str, str]) -> Columns:
    if "fields" not in query:
        return columns
    names = {*query["fields"].split(","), "id", "type"}
    return tuple(column for column in columns if column.name in names)


def _condition(
    ctx: CallContext, resource: Resource, name: str, text: str, allowed: frozenset[str] | None
) -> Condition | None:
    """One filter; None for a name that means nothing. Raises InvalidInput."""
    if name in resource.filters:
        return resource.filters[name](ctx, text)
    table = resource.table
    exists = name in table.c or name in resource.virtual
    if exists and (name in resource.hidden or (allowed is not None and name not in allowed)):
        message = f"Filtering on {name} is not allowed."
        raise InvalidInput(message)
    if name in table.c:
        return filters.condition(name, table.c[name], text)
    if name in resource.virtual:
        return filters.condition(name, resource.virtual[name], text)
    if name in resource.lists:
        return filters.list_condition(name, resource.lists[name], table.c.id, text)
    return None


def json_array(ctx: CallContext, statement: Select) -> Reply:
    """All rows of a statement as a JSON array."""
    rows = sql_json.objects(statement)
    with ctx.database.read() as connection:
        # One row more than is short says whether the list is long, without counting it.
        found = connection.execute(rows.limit(SHORT + 1)).scalars().all()
    if len(found) <= SHORT:
        return compressed(f"[{','.join(found)}]".encode())
    del found
    return streamed(ctx, rows)


def streamed(ctx: CallContext, rows: Select, ends: str = "[]") -> Reply:
    """A long list, read in chunks inside one snapshot and compressed chunk by chunk.

    ``ends`` are what stands before and after it: members of an object come in ``{}``.
    """
    answer, first = GzipBuilder(), True
    # In a transaction: a cursor needs one, and so the list is of one snapshot.
    with ctx.database.engine.connect() as connection:
        cursor = connection.execution_options(stream_results=True, max_row_buffer=CHUNK).execute(
            rows
        )
        for part in prefetch(cursor.scalars().partitions(CHUNK)):
            text = (ends[0] if first else ",") + ",".join(part)
            first = False
            answer.add(text.encode())
    answer.add((ends if first else ends[1]).encode())
    return answer.reply()


def prefetch(parts: Iterator[T]) -> Iterator[T]:
    """Read the next part while the caller works on the one before."""
    coming = spawned(next, parts, None)
    try:
        while (part := coming.wait()) is not None:
            coming = spawned(next, parts, None)
            sleep(0)  # so that it is asked for
            yield part
    finally:
        coming.kill()


class GzipBuilder:
    """Builds a large answer, gzipped as it grows: piece by piece, off the hub."""

    def __init__(self) -> None:
        self._compressor = isal_zlib.compressobj(level=LEVEL, wbits=GZIP)
        self._out: list[bytes] = []
        self._waiting: list[bytes] = []
        self._size = 0

    def add(self, piece: bytes) -> None:
        """The next piece of the answer."""
        self._waiting.append(piece)
        self._size += len(piece)
        if self._size >= PIECE:
            self._compress()

    def _compress(self) -> None:
        body, self._waiting, self._size = b"".join(self._waiting), [], 0
        self._out.append(tpool.execute(self._compressor.compress, body))

    def reply(self) -> Reply:
        """The whole answer; one that stayed small is not compressed at all."""
        if not self._out and self._size < COMPRESSED_FROM:
            return Reply(b"".join(self._waiting))
        self._compress()
        self._out.append(self._compressor.flush())
        return Reply(b"".join(self._out), "gzip")


def compressed(body: bytes) -> Reply:
    """A reply, gzipped when it is large enough to be worth it."""
    if len(body) < COMPRESSED_FROM:
        return Reply(body)
    compressor = isal_zlib.compressobj(level=LEVEL, wbits=GZIP)
    if len(body) < THREAD_FROM:
        return Reply(compressor.compress(body) + compressor.flush(), "gzip")
    sleep(0)
    return Reply(tpool.execute(compressor.compress, body) + compressor.flush(), "gzip")
