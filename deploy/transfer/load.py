"""The import: one source, five services at once, each in a transaction of its own.

Nothing commits before the source was read to its end, so a source that breaks changes nothing. An
import that is killed between two commits is finished by the next run, for which the rows that are
in already are no news. ``crud`` commits last, together with the one event that tells of the import.
"""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import psycopg2
import psycopg2.errors

from deploy.local.settings import SERVICES
from deploy.transfer.freshness import Listener
from deploy.transfer.newcomer import is_fresh, make_way, remove_starter_set
from deploy.transfer.report import Entry, Report, TransferError
from services.common.bulk.dangling_references import (
    Pointer,
    dangling_between,
    dangling_here,
    pointers,
)
from services.common.bulk.importing import ServiceImport
from services.common.contracts.crud import ImportDone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from deploy.transfer.target import Target

ALONE: Final = (
    "SET LOCAL lock_timeout = '30s'; SELECT pg_advisory_xact_lock(hashtext('callboard import')); "
    "SET LOCAL lock_timeout = 0"
)
#: Batches under way at most, which bounds the memory.
OUTSTANDING: Final = 3
Rows = list[dict[str, Any]]
Batch = tuple[str, Rows]


class Load:
    """One import under way. Each service's statements run on a thread of its own, in order."""

    def __init__(self, target: Target, report: Report, *, replace: bool) -> None:
        self.report, self.replace = report, replace
        self.parts = {
            name: ServiceImport(name, target.urls[name], replace=replace, complain=report.complain)
            for name in SERVICES
        }
        self.owners = {table: name for name, part in self.parts.items() for table in part.tables}
        self._threads = {name: ThreadPoolExecutor(1, f"import {name}") for name in SERVICES}
        self._room = threading.BoundedSemaphore(OUTSTANDING)
        self._failed: BaseException | None = None
        self.fresh = False

    def each(self, work: Callable[[str], Any]) -> None:
        """Do something for all services at once. Raises what the first of them raised."""
        for done in [self._threads[name].submit(work, name) for name in SERVICES]:
            done.result()

    def begin(self) -> None:
        """Open the five transactions. Waits for another import, but not for long."""
        auth = self.parts["auth"]
        auth.connect()
        auth.cursor.execute(ALONE)
        for part in self.parts.values():
            part.connect()
        self.fresh = not self.replace and is_fresh(auth, self.parts["crud"])
        if self.fresh:
            self.each(lambda name: remove_starter_set(self.parts[name]))
        self.each(lambda name: self.parts[name].begin())

    def take(self, table: str, rows: Rows) -> None:
        """Hand rows to their owner; waits while it is behind. Raises what it raised before."""
        owner = self.owners.get(table)
        if owner is None:
            for row in rows:
                self.report.note(Entry("unknown table", table, value=row))
            return
        if self.fresh and owner == "auth":
            self._threads[owner].submit(make_way, self.parts[owner], table, rows).result()
        self.submit(owner, table, rows)

    def submit(self, owner: str, table: str, rows: Rows) -> None:
        """Let a service's thread take rows in. Raises what a thread raised before."""
        self._room.acquire()
        done = self._threads[owner].submit(self.parts[owner].add, table, rows)
        done.add_done_callback(self._done)
        self.check()

    def check(self) -> None:
        """Raise what a service's thread raised."""
        if self._failed is not None:
            raise self._failed

    def _done(self, future: Future[None]) -> None:
        self._room.release()
        if (error := future.exception()) is not None and self._failed is None:
            self._failed = error

    def settle(self) -> None:
        """Wait until all rows are in, then look for references that point nowhere."""
        self.drain()
        if self.replace:
            self.each(lambda name: self.parts[name].outdate_events())
        self.each(self._check_own)
        cursors = {name: part.cursor for name, part in self.parts.items()}
        between = [
            (name, p) for name in SERVICES for p in self._pointers(name) if p.service != name
        ]
        for found in dangling_between(cursors, between):
            self.report.note(
                Entry("dangling reference", found.table, found.column, found.key, found.value)
            )

    def drain(self) -> None:
        """Wait until all rows that were handed over are in. Raises what a thread raised."""
        self.each(lambda _name: None)
        self.check()

    def _pointers(self, name: str) -> Iterator[Pointer]:
        part = self.parts[name]
        touched = {table: part.tables[table] for table in part.taken}
        return pointers(name, touched)

    def _check_own(self, name: str) -> None:
        own = [p for p in self._pointers(name) if p.service == name]
        for found in dangling_here(self.parts[name].cursor, own):
            self.report.note(
                Entry("dangling reference", found.table, found.column, found.key, found.value)
            )

    def commit(self) -> str:
        """Commit all, ``crud`` last with the event; answers the event's id.

        An import that changed nothing is no news: then there is none, and the answer is empty.
        """
        for part in self.parts.values():
            self.report.rows |= part.taken
            self.report.changed += sum(part.changed.values())
        event_id = str(uuid.uuid4()) if self.replace or self.report.changed else ""
        if event_id:
            counts = self.report.rows
            event = ImportDone(replaced=self.replace, rows=sum(counts.values()), tables=counts)
            self.parts["crud"].announce(event_id, event.event_name, event.payload_json())
        self.each(lambda name: None if name == "crud" else self.parts[name].commit())
        self.parts["crud"].commit()
        self.each(lambda name: self.parts[name].analyze())
        return event_id

    def close(self) -> None:
        """End threads and connections; what did not commit is undone."""
        for name, thread in self._threads.items():
            thread.submit(self.parts[name].close)
            thread.shutdown()


def load(
    target: Target, batches: Iterable[Batch], *, replace: bool, report: Report | None = None
) -> Report:
    """Import rows, batch by batch, and return when every cache of the running system is fresh.

    With ``replace`` they become the only ones. Raises TransferError, and then nothing changed.
    """
    report = report or Report()
    finish(Load(target, report, replace=replace), target, batches)
    return report


def finish(work: Load, target: Target, batches: Iterable[Batch]) -> None:
    """Take all batches in, commit, and wait for the gateways. Raises TransferError."""
    with ExitStack() as stack:
        stack.callback(work.close)
        listener = stack.enter_context(Listener(target.amqp_uri))
        try:
            work.begin()
            for table, rows in batches:
                work.take(table, rows)
            work.settle()
            work.report.flush()
            event_id = work.commit()
        except psycopg2.Error as error:
            raise TransferError(_sentence(error)) from error
        work.report.heard = not event_id or listener.wait(event_id)


def load_tables(target: Target, tables: Mapping[str, Rows], *, replace: bool = True) -> Report:
    """``load`` for rows that are in memory already.

    Run once more if PostgreSQL ended it for a deadlock with the running system: nothing of it is
    kept then, and the rows are still here.
    """
    try:
        return load(target, tables.items(), replace=replace)
    except TransferError as error:
        if not isinstance(error.__cause__, psycopg2.errors.DeadlockDetected):
            raise
    return load(target, tables.items(), replace=replace)


def _sentence(error: psycopg2.Error) -> str:
    if isinstance(error, psycopg2.errors.LockNotAvailable):
        return "Another import is under way; run this one when it is done."
    reason = str(error).strip().partition("\n")[0] or type(error).__name__
    return f"A database of ours refused the import, so nothing of what was open is kept: {reason}."
