"""Compares a source with the system: row counts, contents, and answers of the API.

Rows of both sides are formatted as the import writes them, and the hashes of these lines are summed
per table. So neither the order of rows nor the notation of a value matters, and no row is kept in
memory.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from deploy.local.settings import SERVICES
from deploy.transfer.answers import Sample
from deploy.transfer.snapshot import snapshots
from deploy.transfer.verdict import Verdict
from services.common.bulk.copy_format import Complaint, RowRefused, Writer
from services.common.bulk.exporting import select_json, unsealing
from services.common.bulk.importing import own_tables

if TYPE_CHECKING:
    import sqlalchemy as sa

    from deploy.transfer.dump import DumpFile
    from deploy.transfer.live import LiveDatabase
    from deploy.transfer.target import Target

#: A fixed default for missing times: both sides must be formatted alike.
EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - columns have no zone
MODULUS: Final = 1 << 128
#: Rows per round trip of the server-side cursor.
FETCH_ROWS: Final = 1000


@dataclass
class Content:
    """The number of rows, and the sum of their hashes modulo 2^128."""

    rows: int = 0
    total: int = 0

    def add(self, line: bytes) -> None:
        """Add a row in COPY's format."""
        digest = hashlib.blake2b(line, digest_size=16).digest()
        self.rows += 1
        self.total = (self.total + int.from_bytes(digest)) % MODULUS


def verify(
    target: Target,
    source: DumpFile | LiveDatabase,
    moved: Callable[[int], Any] = lambda _: None,
) -> Verdict:
    """Compare a source with the system. Raises TransferError if one of them can't be read.

    ``moved`` is called with the progress in units of the source.
    """
    verdict = Verdict()
    sample = Sample()
    tables = {table.name: table for name in SERVICES for table in own_tables(name).values()}
    writers = {name: Writer(table, EPOCH) for name, table in tables.items()}
    theirs: dict[str, Content] = {}
    for name, rows in source.batches(moved):
        if name in writers:
            content = theirs.setdefault(name, Content())
            for row in rows:
                _add(content, writers[name], row)
            sample.note(name, rows)
    # After the source: reading a dump takes minutes, and a snapshot keeps old row versions alive.
    with snapshots(target) as connections:
        for service in SERVICES:
            for name, table in own_tables(service).items():
                if name in theirs:
                    ours = _ours(connections[service], table, writers[name], target)
                    _compare(verdict, name, theirs[name], ours)
    sample.ask(target, verdict)
    return verdict


def _add(content: Content, writer: Writer, row: dict[str, Any]) -> None:
    complaints: list[Complaint] = []
    try:
        content.add(writer.line(row, complaints))
    except RowRefused:
        # Counted, since the row is missing on the other side.
        content.add(b"")


def _ours(connection: Any, table: sa.Table, writer: Writer, target: Target) -> Content:
    content = Content()
    unseal = unsealing(table, target.environ)
    with connection.cursor(name="verify") as cursor:
        cursor.itersize = FETCH_ROWS
        cursor.execute(select_json(table))
        for (text,) in cursor:
            # Secrets are stored encrypted, each time with another IV: plaintexts are compared.
            row = json.loads(unseal(text.encode()) if unseal else text)
            _add(content, writer, row)
    return content


def _compare(verdict: Verdict, name: str, theirs: Content, ours: Content) -> None:
    verdict.tables += 1
    verdict.rows += theirs.rows
    if theirs.rows != ours.rows:
        verdict.differences.append(f"{name}: {theirs.rows} rows in the source, {ours.rows} here")
    elif theirs.total != ours.total:
        verdict.differences.append(f"{name}: {theirs.rows} rows, but their contents differ")
