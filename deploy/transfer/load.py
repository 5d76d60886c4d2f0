"""The import: one source into five services concurrently, each in a transaction of its own.

Nothing commits before the source was read to its end, so a broken source changes nothing. If the
import is killed between two commits, the next run completes it: rows are upserted. ``crud`` commits
last, together with the event ``import:done``.
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
from services.common.contracts.crud.events import ImportDone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from deploy.transfer.target import Target

#: An advisory lock of the import's transaction, so that imports run one at a time.
LOCK_IMPORTS: Final = (
    "SET LOCAL lock_timeout = '30s'; SELECT pg_advisory_xact_lock(hashtext('callboard import')); "
    "SET LOCAL lock_timeout = 0"
)
#: Batches that are queued or being written at a time: the bound of the memory used.
PENDING_BATCHES: Final = 3
Rows = list[dict[str, Any]]
Batch = tuple[str, Rows]


class Load:
    """An import in progress. Each service's statements run in order on a thread of their own."""

    def __init__(self, target: Target, report: Report, *, replace: bool) -> None:
        self.report, self.replace = report, replace
        self.parts = {
            name: ServiceImport(name, target.urls[name], replace=replace, complain=report.complain)
            for name in SERVICES
        }
        self.owners = {table: name for name, part in self.parts.items() for table in part.tables}
        self._threads = {name: ThreadPoolExecutor(1, f"import {name}") for name in SERVICES}
        self._pending = threading.BoundedSemaphore(PENDING_BATCHES)
        self._failed: BaseException | None = None
        self.fresh = False

    def each(self, work: Callable[[str], Any]) -> None:
        """Call ``work(service)`` on all threads and wait. Raises the first error."""
        for future in [self._threads[name].submit(work, name) for name in SERVICES]:
            future.result()

    def begin(self) -> None:
        """Begin the five transactions. Raises LockNotAvailable after 30 s of another import."""
        auth = self.parts["auth"]
        auth.connect()
        auth.cursor.execute(LOCK_IMPORTS)
        for part in self.parts.values():
            part.connect()
        self.fresh = not self.replace and is_fresh(auth, self.parts["crud"])
        if self.fresh:
            self.each(lambda name: remove_starter_set(self.parts[name]))
        self.each(lambda name: self.parts[name].begin())

    def take(self, table: str, rows: Rows) -> None:
        """Pass rows to the owning service. Blocks while too many batches are pending.

        Raises the first error of any thread.
        """
        owner = self.owners.get(table)
        if owner is None:
            for row in rows:
                self.report.note(Entry("unknown table", table, value=row))
            return
        if self.fresh and owner == "auth":
            # Before the rows: their unique values would be taken.
            self._threads[owner].submit(make_way, self.parts[owner], table, rows).result()
        self.submit(owner, table, rows)

    def submit(self, owner: str, table: str, rows: Rows) -> None:
        """Queue rows for a service's thread. Raises the first error of any thread."""
        self._pending.acquire()
        future = self._threads[owner].submit(self.parts[owner].add, table, rows)
        future.add_done_callback(self._done)
        self.check()

    def check(self) -> None:
        """Raise the first error of the threads, if any."""
        if self._failed is not None:
            raise self._failed

    def _done(self, future: Future[None]) -> None:
        self._pending.release()
        if (error := future.exception()) is not None and self._failed is None:
            self._failed = error

    def settle(self) -> None:
        """Wait until all rows are written, then report dangling references."""
        self.drain()
        if self.replace:
            self.each(lambda name: self.parts[name].outdate_events())
        self.each(self._check_own)
        cursors = {name: part.cursor for name, part in self.parts.items()}
        between = [
            (name, p) for name in SERVICES for p in self._pointers(name) if p.service != name
        ]
        for dangling in dangling_between(cursors, between):
            self.report.dangling(dangling)

    def drain(self) -> None:
        """Wait until all pending rows are written. Raises the first error of the threads."""
        # Threads work in order: when this runs, everything queued before is done.
        self.each(lambda _name: None)
        self.check()

    def _pointers(self, name: str) -> Iterator[Pointer]:
        part = self.parts[name]
        imported = {table: part.tables[table] for table in part.imported}
        return pointers(name, imported)

    def _check_own(self, name: str) -> None:
        own = [p for p in self._pointers(name) if p.service == name]
        for dangling in dangling_here(self.parts[name].cursor, own):
            self.report.dangling(dangling)

    def commit(self) -> str:
        """Commit all services, ``crud`` last with the event; returns the event's id.

        Without changes there is no event, and the id is empty.
        """
        for part in self.parts.values():
            self.report.rows |= part.imported
            self.report.changed += sum(part.changed.values())
        event_id = str(uuid.uuid4()) if self.replace or self.report.changed else ""
        if event_id:
            counts = self.report.rows
            event = ImportDone(replaced=self.replace, rows=sum(counts.values()), tables=counts)
            self.parts["crud"].announce(event_id, event.event_name, event.payload_json())
        # A consumer of the event must find the rows of all services.
        self.each(lambda name: None if name == "crud" else self.parts[name].commit())
        self.parts["crud"].commit()
        self.each(lambda name: self.parts[name].analyze())
        return event_id

    def close(self) -> None:
        """Stop the threads and close the connections; uncommitted transactions are rolled back."""
        for name, thread in self._threads.items():
            thread.submit(self.parts[name].close)
            thread.shutdown()


def load(
    target: Target, batches: Iterable[Batch], *, replace: bool, report: Report | None = None
) -> Report:
    """Import rows batch by batch; returns once all gateways have invalidated their caches.

    With ``replace`` all other rows are deleted. Raises TransferError; then nothing has changed.
    """
    report = report or Report()
    finish(Load(target, report, replace=replace), target, batches)
    return report


def finish(work: Load, target: Target, batches: Iterable[Batch]) -> None:
    """Import all batches, commit, and wait for the gateways. Raises TransferError."""
    with ExitStack() as stack:
        stack.callback(work.close)
        # Before the commit: gateways confirm as soon as they consume the event.
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
    """Import rows that are in memory, as ``load`` does; retried once after a deadlock.

    A deadlock with the running system rolls everything back, and the rows can be read again.
    """
    try:
        return load(target, tables.items(), replace=replace)
    except TransferError as error:
        if not isinstance(error.__cause__, psycopg2.errors.DeadlockDetected):
            raise
    return load(target, tables.items(), replace=replace)


def _sentence(error: psycopg2.Error) -> str:
    if isinstance(error, psycopg2.errors.LockNotAvailable):
        return "Another import is running; run this one when it is done."
    reason = str(error).strip().partition("\n")[0] or type(error).__name__
    return f"A database refused the import, so open transactions were rolled back: {reason}."
