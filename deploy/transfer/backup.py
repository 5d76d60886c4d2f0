"""Restoring a backup: all services as of the same moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import psycopg2

from deploy.local.settings import SERVICES
from deploy.transfer.dump import Batch, DumpFile
from deploy.transfer.export import BACKUP, revision
from deploy.transfer.load import Load, finish
from deploy.transfer.report import Report, TransferError
from services.common.bulk.importing import stored_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from deploy.transfer.target import Target

OUTBOX: Final = (
    # Newer than the record of the restore, since handlers ignore events from before it.
    "UPDATE outbox SET created_at = clock_timestamp(); "
    "SELECT setval(pg_get_serial_sequence('outbox', 'id'), greatest("
    "(SELECT coalesce(max(id), 1) FROM outbox), "
    "(SELECT last_value FROM pg_sequences WHERE schemaname = current_schema() "
    "AND sequencename = 'outbox_id_seq')))"
)


class Restore(Load):
    """A load of all tables, the kernel's too, named by service."""

    def __init__(self, target: Target, report: Report) -> None:
        super().__init__(target, report, replace=True)
        self.owners = {}
        for name, part in self.parts.items():
            part.tables = stored_tables(name)
            self.owners |= {f"{name}.{table}": name for table in part.tables}

    def take(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Submit rows to their service."""
        if table not in self.owners:
            message = f"The backup has a table {table} that is not here."
            raise TransferError(message)
        self.submit(self.owners[table], table.partition(".")[2], rows)

    def settle(self) -> None:
        """Wait until all rows are copied, then prepare inbox and outbox."""
        self.drain()
        self.each(lambda name: self.parts[name].outdate_events())
        self.each(lambda name: self.parts[name].cursor.execute(OUTBOX))


def restore(target: Target, path: Path, moved: Callable[[int], Any] = lambda _: None) -> Report:
    """Bring all services back to a backup. Raises TransferError, and then nothing changed."""
    source = DumpFile(path, BACKUP)
    report = Report()
    finish(Restore(target, report), target, _checked(source, target, moved))
    return report


def _checked(source: DumpFile, target: Target, moved: Callable[[int], Any]) -> Iterator[Batch]:
    """The backup's rows, checking the schemas' revisions and the number of rows."""
    counts: dict[str, int] = {}
    checked = False
    for table, rows in source.batches(moved):
        if not checked:
            _check_revisions(source.head.get("revisions") or {}, target)
            checked = True
        counts[table] = counts.get(table, 0) + len(rows)
        yield table, rows
    if counts != source.head.get("counts"):
        message = f"{source.path} lacks rows that it says it has."
        raise TransferError(message)


def _check_revisions(revisions: dict[str, str], target: Target) -> None:
    for name in SERVICES:
        connection = psycopg2.connect(target.urls[name], connect_timeout=5)
        try:
            here = revision(connection)
        finally:
            connection.close()
        if revisions.get(name) != here:
            message = (
                f"The backup is of revision {revisions.get(name)} of {name}, and {here} is here: "
                "restore with the version that made it, then upgrade."
            )
            raise TransferError(message)
