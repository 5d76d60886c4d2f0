"""Restores a backup of all services."""

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
    # What their transactions changed is not in a backup: their numbers mean others here.
    "UPDATE outbox SET created_at = clock_timestamp(), tx = NULL; "
    "SELECT setval(pg_get_serial_sequence('outbox', 'id'), greatest("
    "(SELECT coalesce(max(id), 1) FROM outbox), "
    "(SELECT last_value FROM pg_sequences WHERE schemaname = current_schema() "
    "AND sequencename = 'outbox_id_seq')))"
)


class Restore(Load):
    """An import of all tables including the kernel's, with names prefixed by their service."""

    def __init__(self, target: Target, report: Report) -> None:
        super().__init__(target, report, replace=True)
        self.owners = {}
        for name, part in self.parts.items():
            part.tables = stored_tables(name)
            self.owners |= {f"{name}.{table}": name for table in part.tables}

    def take(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Pass rows to their service. Raises TransferError for an unknown table."""
        if table not in self.owners:
            message = f"The backup has a table {table} that this version doesn't have."
            raise TransferError(message)
        self.submit(self.owners[table], table.partition(".")[2], rows)

    def settle(self) -> None:
        """Wait until all rows are written, then prepare inbox and outbox."""
        self.drain()
        self.each(lambda name: self.parts[name].outdate_events())
        self.each(lambda name: self.parts[name].cursor.execute(OUTBOX))


def restore(target: Target, path: Path, moved: Callable[[int], Any] = lambda _: None) -> Report:
    """Restore all services from a backup. Raises TransferError; then nothing has changed."""
    source = DumpFile(path, BACKUP)
    report = Report()
    finish(Restore(target, report), target, _checked(source, target, moved))
    return report


def _checked(source: DumpFile, target: Target, moved: Callable[[int], Any]) -> Iterator[Batch]:
    """The backup's rows. Raises TransferError for other schema revisions or missing rows."""
    counts: dict[str, int] = {}
    checked = False
    for table, rows in source.batches(moved):
        if not checked:
            _check_revisions(source.head.get("revisions") or {}, target)
            checked = True
        counts[table] = counts.get(table, 0) + len(rows)
        yield table, rows
    if counts != source.head.get("counts"):
        message = f"{source.path} has fewer rows than it declares."
        raise TransferError(message)


def _check_revisions(revisions: dict[str, str], target: Target) -> None:
    for name in SERVICES:
        connection = psycopg2.connect(target.urls[name], connect_timeout=5)
        try:
            current = revision(connection)
        finally:
            connection.close()
        if revisions.get(name) != current:
            message = (
                f"The backup has revision {revisions.get(name)} of {name}, the database {current}: "
                "restore with the version that made it, then upgrade."
            )
            raise TransferError(message)
