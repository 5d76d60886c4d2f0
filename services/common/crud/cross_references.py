"""References between services, and what a delete does to the rows that point at what is gone.

PostgreSQL keeps the references inside a service. Those that cross are declared on the column
(``db.ref``), and that one declaration serves three ends: a write asks the owner whether the target
exists; a delete asks the others whether they still point at the row; and once rows are gone, the
``rows:gone`` event makes every service empty or remove what pointed at them.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.common.contracts import Event, event
from services.common.database.sql_errors import FOREIGN, MESSAGES
from services.common.database.sql_types import Column
from services.common.database.tables import Ref
from services.common.errors import Integrity
from services.common.wire.topology import SERVICES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from services.common.access.context import CallContext
    from services.common.database.transaction import Transaction

BATCH: Final = 1000
#: Ids by the (service, table) they should exist in.
Wanted = dict[tuple[str, str], set[UUID]]


@event("kernel", "rows:gone", stored=False)
class RowsGone(Event, frozen=True, kw_only=True):
    """Rows of one table were removed, by a delete or by what it took along; at most 1000 ids."""

    service: str
    table: str
    ids: list[UUID]


def refs_to(metadata: sa.MetaData, service: str, table: str) -> Iterator[Column]:
    """Columns of these tables that point at a table of another service."""
    for column in (c for t in metadata.tables.values() for c in t.c):
        found: Ref | None = column.info.get("ref")
        if found and (found.service, found.table) == (service, table):
            yield column


def local_refs_to(metadata: sa.MetaData, table: str) -> Iterator[Column]:
    """Columns of these tables whose foreign key is that table of the same service."""
    for column in (c for t in metadata.tables.values() for c in t.c):
        if any(key.column.table.name == table for key in column.foreign_keys):
            yield column


def existing(
    connection: Connection, metadata: sa.MetaData, table: str, ids: Collection[UUID]
) -> set[UUID]:
    """Those of ``ids`` that are rows of ``table``."""
    column = metadata.tables[table].c.id
    return set(connection.execute(sa.select(column).where(column.in_(ids))).scalars())


def ask_existing(ctx: CallContext, wanted: Wanted) -> Wanted:
    """Ask the owners which of the wanted ids exist: one call a service."""
    by_service: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for (service, table), ids in wanted.items():
        if ids:
            by_service[service][table] = [str(ident) for ident in ids]
    found: Wanted = defaultdict(set)
    answers = ctx.ask_all(
        [(service, "existing_rows", {"tables": tables}) for service, tables in by_service.items()]
    )
    for service, answer in zip(by_service, answers, strict=True):
        for table, ids in answer.items():
            found[service, table] = {UUID(ident) for ident in ids}
    return found


def refuse_if_referenced(
    ctx: CallContext, own: str, table: str, ident: UUID, frees: frozenset[str]
) -> None:
    """Ask every other service whether it points at the row. Raises Integrity if one does."""
    question = {"service": own, "table": str(table), "ident": str(ident), "frees": sorted(frees)}
    others = [service for service in SERVICES if service != own]
    if any(ctx.ask_all([(service, "references_row", question) for service in others])):
        raise Integrity(MESSAGES[FOREIGN])


def remove(
    tx: Transaction, service: str, metadata: sa.MetaData, table: str, ids: Iterable[UUID]
) -> None:
    """Delete rows with all that hangs off them in this service, deepest first.

    Emits ``rows:gone`` for every table touched, so that the other services follow.
    """
    gone: dict[str, set[UUID]] = defaultdict(set)
    _remove(tx, metadata, table, set(ids), gone)
    for name, idents in gone.items():
        announce(tx, service, name, idents)


def announce(tx: Transaction, service: str, table: str, ids: Collection[UUID]) -> None:
    """Emit ``rows:gone`` for these rows, in batches."""
    ordered = list(ids)
    # In batches: a production that is removed takes tens of thousands of rows along.
    for start in range(0, len(ordered), BATCH):
        tx.emit(RowsGone(service=service, table=str(table), ids=ordered[start : start + BATCH]))


def _remove(
    tx: Transaction, metadata: sa.MetaData, table: str, ids: set[UUID], gone: dict[str, set[UUID]]
) -> None:
    # Two tables may point at each other: what is gone already ends the recursion.
    ids = ids - gone[table]
    if not ids:
        return
    gone[table] |= ids
    for column in local_refs_to(metadata, table):
        release(tx, metadata, column, ids, gone)
    target = metadata.tables[table]
    tx.connection.execute(sa.delete(target).where(target.c.id == sa.any_(_array(ids))))


def release(
    tx: Transaction,
    metadata: sa.MetaData,
    column: Column,
    ids: set[UUID],
    gone: dict[str, set[UUID]],
) -> None:
    """Empty a column that points at rows about to go, or remove its rows."""
    child: Any = column.table
    points = column == sa.any_(_array(ids))
    found: Ref | None = column.info.get("ref")
    on_gone = found.on_gone if found else column.info.get("on_gone", "cascade")
    if on_gone == "null":
        tx.connection.execute(sa.update(child).where(points).values({column.name: None}))
    elif "id" in child.c:
        children = set(tx.connection.scalars(sa.select(child.c.id).where(points)))
        _remove(tx, metadata, child.name, children, gone)
    else:
        tx.connection.execute(sa.delete(child).where(points))


def follow(tx: Transaction, own: str, metadata: sa.MetaData, message: RowsGone) -> None:
    """Do to our rows what their references to the rows gone elsewhere demand."""
    gone: dict[str, set[UUID]] = defaultdict(set)
    for column in refs_to(metadata, message.service, message.table):
        release(tx, metadata, column, set(message.ids), gone)
    for table, ids in gone.items():
        announce(tx, own, table, ids)


def _array(ids: Iterable[UUID]) -> Any:
    return sa.cast([str(ident) for ident in ids], sa.ARRAY(sa.Uuid(as_uuid=False)))
