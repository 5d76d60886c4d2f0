"""What an import could not keep, counted and named row by row."""

from __future__ import annotations

import os
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from services.common.bulk.copy_format import Complaint


class TransferError(Exception):
    """It can't be done; the message is one sentence for the operator."""


class Entry(msgspec.Struct, omit_defaults=True):
    """One line of the report."""

    what: str
    table: str
    column: str = ""
    key: str = ""
    value: Any = None


class Report:
    """Counts by kind, table and column; the lines go to a file, if one is given."""

    def __init__(self, path: Path | None = None) -> None:
        self.counts: Counter[tuple[str, str, str]] = Counter()
        self.rows: dict[str, int] = {}
        self.changed = 0
        self.heard = True
        self.path = path
        self._lock = threading.Lock()
        self._file = _private(path) if path else None

    def note(self, entry: Entry, count: int = 1) -> None:
        """Add a line. Safe to call from several threads."""
        with self._lock:
            self.counts[entry.what, entry.table, entry.column] += count
            if self._file is not None:
                self._file.write(msgspec.json.encode(entry) + b"\n")

    def complain(self, table: str, key: str, complaint: Complaint) -> None:
        """Add what a service says of a row."""
        self.note(Entry(complaint.what, table, complaint.column, key, complaint.value))

    def flush(self) -> None:
        """Have on disk what was noted so far. Raises OSError when it can't be."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Finish the file. Raises OSError when it can't be written."""
        if self._file is not None:
            self._file.close()

    def lines(self) -> Iterator[str]:
        """The summary, a line each."""
        total = sum(self.rows.values())
        yield f"{total} rows in {len(self.rows)} tables, {self.changed} of them new or changed"
        for (what, table, column), count in sorted(self.counts.items()):
            place = f"{table}.{column}" if column else table
            yield f"  {what}: {count} in {place}"
        if self.counts and self.path:
            yield f"  row by row in {self.path}"


def _private(path: Path) -> BinaryIO:
    """A file for its owner only: it quotes what could not be kept."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
