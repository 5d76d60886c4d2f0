"""The report of an import: problems, counted and listed row by row."""

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
    from services.common.bulk.dangling_references import Dangling


class TransferError(Exception):
    """A transfer failed; the message is one sentence for the operator."""


class Entry(msgspec.Struct, omit_defaults=True):
    """One line of the report file."""

    what: str
    table: str
    column: str = ""
    key: str = ""
    value: Any = None


class Report:
    """Problems counted by kind, table and column; with a path also listed in a file.

    ``rows`` counts the imported rows by table, ``changed`` those inserted or updated; ``heard``
    says whether all gateways have confirmed that they invalidated their caches.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.counts: Counter[tuple[str, str, str]] = Counter()
        self.rows: dict[str, int] = {}
        self.changed = 0
        self.heard = True
        self.path = path
        self._lock = threading.Lock()
        self._file = _private(path) if path else None

    def note(self, entry: Entry, count: int = 1) -> None:
        """Add a line; thread-safe."""
        with self._lock:
            self.counts[entry.what, entry.table, entry.column] += count
            if self._file is not None:
                self._file.write(msgspec.json.encode(entry) + b"\n")

    def complain(self, table: str, key: str, complaint: Complaint) -> None:
        """Add a problem with a row."""
        self.note(Entry(complaint.what, table, complaint.column, key, complaint.value))

    def dangling(self, reference: Dangling) -> None:
        """Add a reference to a row that doesn't exist."""
        self.note(
            Entry(
                "dangling reference",
                reference.table,
                reference.column,
                reference.key,
                reference.value,
            )
        )

    def flush(self) -> None:
        """Write buffered lines. Raises OSError."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Close the file. Raises OSError."""
        if self._file is not None:
            self._file.close()

    def lines(self) -> Iterator[str]:
        """The lines of the summary."""
        total = sum(self.rows.values())
        yield f"{total} rows in {len(self.rows)} tables, {self.changed} of them new or changed"
        for (what, table, column), count in sorted(self.counts.items()):
            place = f"{table}.{column}" if column else table
            yield f"  {what}: {count} in {place}"
        if self.counts and self.path:
            yield f"  row by row in {self.path}"


def _private(path: Path) -> BinaryIO:
    """A file that only its owner reads, since it quotes data."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
