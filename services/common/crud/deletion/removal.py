"""Deleting rows with what depends on them in their own service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa
from eventlet import sleep
from msgspec import UNSET

from services.common.crud import cross_references
from services.common.crud.cross_references import (
    PRODUCTION,
    RowsGone,
    batches,
    in_ids,
    local_refs_to,
)
from services.common.crud.deletion.cascade import Cascade
from services.common.database.sql_types import Column, Condition
from services.common.database.tables import on_gone_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from services.common.crud.resource_rules import CrudContext
    from services.common.database.transaction import Transaction
    from services.common.json_types import Row


def remove(ctx: CrudContext, table: str, ids: Iterable[UUID]) -> None:
    """Delete rows and, recursively, the rows of this service that depend on them.

    Emits the events of those that aren't part of them, see ``cascade``; and ``rows:gone`` for
    every table concerned, so that the other services follow.
    """
    gone = set(ids)
    cascade = Cascade(ctx, gone if f"{ctx.name}.{table}" == PRODUCTION else ())
    remove_rows(cascade, table, gone)
    announce_all(cascade)


def release(ctx: CrudContext, columns: Iterable[Column], ids: Collection[UUID]) -> None:
    """Null or delete what references rows about to be deleted otherwise, by these columns."""
    cascade = Cascade(ctx)
    for column in columns:
        release_references(cascade, column, ids)
    announce_all(cascade)


def announce_all(cascade: Cascade) -> None:
    """Emit ``rows:gone`` for all that was deleted."""
    for table, ids in cascade.deleted.items():
        announce(cascade.tx, cascade.service, table, ids, cascade.within)


def announce(
    tx: Transaction,
    service: str,
    table: str,
    ids: Collection[UUID],
    within: Collection[UUID] = (),
) -> None:
    """Emit ``rows:gone`` for these rows, in batches."""
    # In batches: deleting a production deletes tens of thousands of rows.
    for batch in batches(ids):
        productions = sorted(within) or UNSET
        tx.emit(RowsGone(service=service, table=str(table), ids=batch, within=productions))


def remove_rows(cascade: Cascade, table: str, ids: set[UUID], rows: Sequence[Row] = ()) -> None:
    """Delete rows with what depends on them; tell of those ``rows`` among them."""
    deleted = cascade.deleted[table]
    # In batches: a production's rows are ten thousands, and other requests run between two batches.
    for batch in batches(ids):
        # Two tables may reference each other: skipping deleted rows ends the recursion.
        new_ids = set(batch) - deleted
        if not new_ids:
            continue
        deleted |= new_ids
        # Depth first: the foreign keys refuse to delete a row that is still referenced.
        for column in local_refs_to(cascade.metadata, table):
            release_references(cascade, column, new_ids)
        target = cascade.metadata.tables[table]
        told = cascade.told(row for row in rows if row["id"] in new_ids)
        with cascade.noted(told):
            cascade.tx.connection.execute(sa.delete(target).where(in_ids(target.c.id, new_ids)))
        cascade.tell(target, "delete", told)
        sleep(0)


def release_references(cascade: Cascade, column: Column, ids: Collection[UUID]) -> None:
    """Null a column where it references rows about to be deleted, or delete its rows.

    And tell of it, all as the column's ``OnGone`` says.
    """
    child: Any = column.table
    references_them = in_ids(column, ids)
    on_gone = on_gone_of(column)
    if on_gone in {"null", "update"}:
        _null(cascade, column, references_them, tells=on_gone == "update")
    elif "id" in child.c:
        remove_children(cascade, column, ids, tells=on_gone == "delete")
    else:
        cascade.tx.connection.execute(sa.delete(child).where(references_them))


def _null(cascade: Cascade, column: Column, references_them: Condition, *, tells: bool) -> None:
    child: Any = column.table
    change = sa.update(child).where(references_them).values({column.name: None})
    # Not of a production that is deleted: its own rows aren't told of, and others have no such.
    if not tells or cascade.within:
        cascade.tx.connection.execute(change)
        return
    with cascade.tx.noted():
        change = change.returning(*cascade.facts(child, "update"))
        rows = cascade.tx.connection.execute(change).mappings().all()
    cascade.tell(child, "update", rows)


def remove_children(
    cascade: Cascade, column: Column, targets: Collection[UUID], *, tells: bool
) -> None:
    """Delete the rows whose column holds one of these ids, with what depends on them."""
    child: Any = column.table
    children = locked_batch(cascade, column, targets, tells=tells)
    while children:
        ids = {row["id"] for row in children}
        # A shot and its episode may be in the batch that is being deleted, and the sequence between
        # them here: it goes first, so the shot lets go of it.
        if waiting := (ids & cascade.deleted[child.name]).difference(targets):
            lets_go = sa.update(child).where(in_ids(child.c.id, waiting))
            cascade.tx.connection.execute(lets_go.values({column.name: None}))
        remove_rows(cascade, child.name, ids, children if tells else ())
        if len(children) == cross_references.BATCH:
            # Sent with the next statement: a person's comments are many, and none is kept here.
            cascade.tx.write_events()
        children = locked_batch(cascade, column, targets, children[-1]["id"], tells=tells)


def locked_batch(
    cascade: Cascade,
    column: Column,
    ids: Collection[UUID],
    after: UUID | None = None,
    *,
    tells: bool,
) -> Sequence[Row]:
    """The next rows, from the beginning or ``after`` one, whose ``column`` holds one of ``ids``."""
    # Locked, so that no row that references them is added before they are deleted; in the order of
    # ids, as elsewhere.
    child: Any = column.table
    columns = cascade.facts(child, "delete") if tells else [child.c.id]
    rows = (
        sa.select(*columns)
        .where(in_ids(column, ids))
        .order_by(child.c.id)
        .limit(cross_references.BATCH)
    )
    if after is not None:
        rows = rows.where(child.c.id > after)
    locked = rows.with_for_update(of=child)
    return cascade.tx.connection.execute(locked).mappings().all()
