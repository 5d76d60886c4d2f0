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

from collections import defaultdict
from collections.abc import Collection
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import sqlalchemy as sa
from msgspec import UNSET, UnsetType
from sqlalchemy.engine import Connection

from services.common.contracts import Event, event
from services.common.contracts.references import REFERENCED_BY
from services.common.database.sql_errors import FOREIGN, MESSAGES
from services.common.database.sql_types import Column, Condition
from services.common.database.tables import Ref
from services.common.errors import Integrity
from services.common.wire.topology import ROWS_GONE, SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from services.common.access.context import CallContext

#: The maximum number of ids in one event, and of rows deleted by one statement.
BATCH: Final = 1000
#: One for all statements: SQLAlchemy's cache would make the key of a new one anew.
IDS: Final = sa.ARRAY(sa.Uuid(as_uuid=False))
#: Has handlers of deletions wait for this transaction's commit.
SHARED_LOCK: Final = sa.text("LOCK TABLE gone_row IN ROW SHARE MODE")
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


def batches(ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    """The ids, at most ``BATCH`` at a time."""
    remaining = iter(ids)
    while batch := list(islice(remaining, BATCH)):
        yield batch


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
    condition: Condition = column == sa.any_(id_array(ids))
    return condition


def id_array(ids: Iterable[UUID]) -> Any:
    """An array parameter."""
    # As one array parameter: an IN list of thousands of ids would be a new statement each time.
    return sa.cast([str(ident) for ident in ids], IDS)
