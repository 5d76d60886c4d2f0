"""References between services, and what a delete does to the rows that hold them.

Foreign keys enforce the references inside a service. Those between services are declared on the
column (``tables.ref``), and the one declaration has four uses: a write asks the target's owner
whether it exists; a delete asks the other services whether they still reference the row; once
rows are deleted, the event ``rows:gone`` makes every service null or delete what referenced them;
and a write that looked its target up before the delete, but commits after that event was handled,
is refused by a trigger, which finds the target in ``gone_row``.

So no row outlives what it references, however the write (its lookup, then its commit) and the
delete (its commit, then the handler's) interleave:

* lookup after the delete: the owner says that there is no such row;
* commit before the handler's last look: the handler finds the row;
* commit after it: the handler has locked ``gone_row`` from before that look until its own commit,
  the write's trigger waits for the lock, then finds the id there. The call is then run again
  (``rpc_server.command``), and its second lookup is of the first kind.

Ids that no column can declare, such as those in JSON, are a resource's ``rules`` to forget
(``ResourceRules.holds``); a write of them asks ``deleted_among``.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import sqlalchemy as sa
from eventlet import sleep
from msgspec import UNSET, UnsetType
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from services.common.contracts import Event, event
from services.common.contracts.references import REFERENCED_BY
from services.common.crud.cascade import Cascade
from services.common.database.sql_errors import FOREIGN, MESSAGES
from services.common.database.sql_types import Column, Condition
from services.common.database.tables import Ref, on_gone_of
from services.common.errors import Integrity
from services.common.runtime.positions import WAIT_SECONDS
from services.common.wire.topology import ROWS_GONE, SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from services.common.access.context import CallContext
    from services.common.crud.resource_rules import CrudContext
    from services.common.database.transaction import Transaction
    from services.common.json_types import Row

#: The maximum number of ids in one event, and of rows deleted by one statement.
BATCH: Final = 1000
#: Seconds of the longest pause between two parts of a large deletion: busy days must end it, too.
LONGEST_REST: Final = 0.5
#: One for all statements: SQLAlchemy's cache would make the key of a new one anew.
IDS: Final = sa.ARRAY(sa.Uuid(as_uuid=False))
#: Waits for the transactions that have checked their references, and blocks later ones.
LOCK: Final = sa.text("LOCK TABLE gone_row IN EXCLUSIVE MODE")
#: Has handlers of deletions wait for this transaction's commit.
SHARED_LOCK: Final = sa.text("LOCK TABLE gone_row IN ROW SHARE MODE")
CHECK: Final = sa.text("SET CONSTRAINTS ALL IMMEDIATE")
#: Ids by (service, table).
IdsByTable = dict[tuple[str, str], set[UUID]]
#: The table whose rows' events say that all they held is gone, see ``cascade``.
PRODUCTION: Final = "crud.project"


@event("kernel", ROWS_GONE, stored=False, on_sockets=False, handled_by=SERVICES, awaited=True)
class RowsGone(Event, frozen=True, kw_only=True):
    """Rows of one table were deleted, by request or in cascade; at most 1000 ids."""

    service: Annotated[str, "the service that owned them"]
    table: Annotated[str, "the table that they were in"]
    ids: Annotated[list[UUID], "at most 1000 of them"]
    within: Annotated[list[UUID] | UnsetType, "the productions that they went with"] = UNSET

    @property
    def source(self) -> str:
        """The table's name with its service's, as references to it are declared."""
        return f"{self.service}.{self.table}"

    @property
    def productions(self) -> list[UUID]:
        """The productions that were deleted: their events say that all they held is gone."""
        return self.ids if self.source == PRODUCTION else self.within or []

    @property
    def handlers(self) -> tuple[str, ...]:
        """The services that reference the table."""
        return REFERENCED_BY.get(self.source, ())


def refs_to(metadata: sa.MetaData, service: str, table: str) -> Iterator[Column]:
    """Columns of these tables that reference a table of another service."""
    for column in (c for t in metadata.tables.values() for c in t.c):
        ref: Ref | None = column.info.get("ref")
        if ref and (ref.service, ref.table) == (service, table):
            yield column


def local_refs_to(metadata: sa.MetaData, table: str) -> Iterator[Column]:
    """Columns of these tables with a foreign key to a table of the same service."""
    for column in (c for t in metadata.tables.values() for c in t.c):
        if any(key.column.table.name == table for key in column.foreign_keys):
            yield column


def existing(
    connection: Connection, metadata: sa.MetaData, table: str, ids: Collection[UUID]
) -> set[UUID]:
    """Those of ``ids`` that are rows of ``table``."""
    column = metadata.tables[table].c.id
    return set(connection.execute(sa.select(column).where(column.in_(ids))).scalars())


def ask_existing(ctx: CallContext, references: IdsByTable) -> IdsByTable:
    """Ask the owners which of the ids exist, with one call per service."""
    by_service: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for (service, table), ids in references.items():
        if ids:
            by_service[service][table] = [str(ident) for ident in ids]
    existing_ids: IdsByTable = defaultdict(set)
    replies = ctx.ask_all(
        [
            (service, "find_existing_rows", {"tables": tables})
            for service, tables in by_service.items()
        ]
    )
    for service, reply in zip(by_service, replies, strict=True):
        for table, ids in reply.items():
            existing_ids[service, table] = {UUID(ident) for ident in ids}
    return existing_ids


def refuse_if_referenced(
    ctx: CallContext, service: str, table: str, ident: UUID, frees: frozenset[str]
) -> None:
    """Raise Integrity if another service references the row; ``frees`` names columns to ignore."""
    question = {
        "service": service,
        "table": str(table),
        "ident": str(ident),
        "frees": sorted(frees),
    }
    other_services = [name for name in SERVICES if name != service]
    if any(ctx.ask_all([(name, "references_row", question) for name in other_services])):
        raise Integrity(MESSAGES[FOREIGN])


def remove(ctx: CrudContext, table: str, ids: Iterable[UUID]) -> None:
    """Delete rows and, recursively, the rows of this service that depend on them.

    Emits the events of those that aren't part of them, see ``cascade``; and ``rows:gone`` for
    every table concerned, so that the other services follow.
    """
    gone = set(ids)
    cascade = Cascade(ctx, gone if f"{ctx.name}.{table}" == PRODUCTION else ())
    _remove(cascade, table, gone)
    _announce_all(cascade)


def release(ctx: CrudContext, columns: Iterable[Column], ids: Collection[UUID]) -> None:
    """Null or delete what references rows about to be deleted otherwise, by these columns."""
    cascade = Cascade(ctx)
    for column in columns:
        release_references(cascade, column, ids)
    _announce_all(cascade)


def _announce_all(cascade: Cascade) -> None:
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


def batches(ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    """The ids, at most ``BATCH`` at a time."""
    remaining = iter(ids)
    while batch := list(islice(remaining, BATCH)):
        yield batch


def _remove(cascade: Cascade, table: str, ids: set[UUID], rows: Sequence[Row] = ()) -> None:
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
    children = _locked_batch(cascade, column, targets, tells=tells)
    while children:
        ids = {row["id"] for row in children}
        # A shot and its episode may be in the batch that is being deleted, and the sequence between
        # them here: it goes first, so the shot lets go of it.
        if waiting := (ids & cascade.deleted[child.name]).difference(targets):
            lets_go = sa.update(child).where(in_ids(child.c.id, waiting))
            cascade.tx.connection.execute(lets_go.values({column.name: None}))
        _remove(cascade, child.name, ids, children if tells else ())
        if len(children) == BATCH:
            # Sent with the next statement: a person's comments are many, and none is kept here.
            cascade.tx.write_events()
        children = _locked_batch(cascade, column, targets, children[-1]["id"], tells=tells)


def _locked_batch(
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
    rows = sa.select(*columns).where(in_ids(column, ids)).order_by(child.c.id).limit(BATCH)
    if after is not None:
        rows = rows.where(child.c.id > after)
    locked = rows.with_for_update(of=child)
    return cascade.tx.connection.execute(locked).mappings().all()


def follow_in_parts(ctx: CrudContext, message: RowsGone) -> None:
    """Delete what references the rows that another service deleted, a batch in each transaction.

    So nothing is locked for long, and a redelivered event goes on where its handler died. A last,
    smaller batch is left to ``follow_deletion``, which also keeps later rows out.
    """
    began = time.monotonic()
    for column in refs_to(ctx.metadata, message.service, message.table):
        part_began = time.monotonic()
        while _part_removed(ctx, message, column):
            ctx.commit_now()
            # Once nobody waits for it any longer, half of the time is for other requests.
            now = time.monotonic()
            if now - began > WAIT_SECONDS:
                sleep(min(now - part_began, LONGEST_REST))
            part_began = time.monotonic()


def _part_removed(ctx: CrudContext, message: RowsGone, column: Column) -> bool:
    """Whether there was a whole batch of rows to delete; it was deleted."""
    child: Any = column.table
    on_gone, cascade = on_gone_of(column), Cascade(ctx, message.productions)
    if on_gone in {"null", "update"} or "id" not in child.c:
        return False
    tells = on_gone == "delete"
    rows = _locked_batch(cascade, column, message.ids, tells=tells)
    if len(rows) < BATCH:
        return False
    with ctx.tx.unnoted():
        _remove(cascade, child.name, {row["id"] for row in rows}, rows if tells else ())
    _announce_all(cascade)
    return True


def follow_deletion(ctx: CrudContext, message: RowsGone) -> None:
    """Null or delete what references the rows that another service deleted, now or later.

    Also where no declared column holds their ids: see ``ResourceRules.release``.
    """
    columns = list(refs_to(ctx.metadata, message.service, message.table))
    holders = [one.rules for one in ctx.registry if message.source in one.rules.holds]
    if not columns and not holders:
        return
    tx, cascade = ctx.tx, Cascade(ctx, message.productions)

    def let_go() -> None:
        for column in columns:
            release_references(cascade, column, message.ids)
        for rules in holders:
            rules.release(cascade, message.source, message.ids)

    with tx.unnoted():
        let_go()
    _announce_all(cascade)
    # Twice: the lock keeps all writers from committing. It is held only for the second pass, over
    # the few rows written during the first, and not while a production's rows are deleted, nor
    # while the events about them are written.
    tx.write_events()
    tx.connection.execute(LOCK)
    cascade.deleted.clear()
    let_go()
    # Checked before the ids are inserted: a nulled row may reference another of the deleted rows,
    # and its trigger would find that.
    tx.connection.execute(CHECK)
    rows = sa.select(sa.func.unnest(_array(message.ids)))
    insertion = insert(ctx.metadata.tables["gone_row"]).from_select(["id"], rows)
    tx.connection.execute(insertion.on_conflict_do_nothing())
    _announce_all(cascade)


def was_deleted(ctx: CallContext, *ids: UUID | None) -> bool:
    """Whether another service has deleted one of these rows, in the call's transaction.

    For event handlers, which don't look up ids: they skip what would reference a deleted row.
    """
    deleted: sa.Table = ctx.metadata.tables["gone_row"]
    exists = sa.exists().where(deleted.c.id.in_([ident for ident in ids if ident is not None]))
    return bool(ctx.tx.connection.scalar(sa.select(exists)))


def deleted_among(ctx: CallContext, ids: Collection[UUID]) -> set[UUID]:
    """Those of the ids whose rows another service has deleted.

    For ids that no declared column holds, whose rows no trigger checks: what is deleted between
    this and the commit is deleted by a handler that waits for the commit, and finds them.
    """
    ctx.tx.connection.execute(SHARED_LOCK)
    deleted = ctx.metadata.tables["gone_row"].c.id
    return set(ctx.tx.connection.scalars(sa.select(deleted).where(in_ids(deleted, ids))))


def in_ids(column: Column, ids: Iterable[UUID]) -> Condition:
    """Whether a column holds one of ``ids``."""
    condition: Condition = column == sa.any_(_array(ids))
    return condition


def _array(ids: Iterable[UUID]) -> Any:
    # As one array parameter: an IN list of thousands of ids would be a new statement each time.
    return sa.cast([str(ident) for ident in ids], IDS)
