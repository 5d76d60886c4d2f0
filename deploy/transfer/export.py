"""Writes all services' rows to one file, from one consistent snapshot.

An export has the user data in the dump format. A backup also has the kernel's tables (outbox,
inbox), prefixes tables with their service, and records the revision of each schema.
"""

from __future__ import annotations

import gzip
import os
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import msgspec
import psycopg2
from isal import igzip_threaded

from deploy.local.settings import SERVICES
from deploy.transfer.dump import FORMAT
from deploy.transfer.report import TransferError
from deploy.transfer.snapshot import snapshots
from services.common.bulk.exporting import copy_json, unsealing
from services.common.bulk.importing import own_tables, stored_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import sqlalchemy as sa

    from deploy.transfer.target import Target

BACKUP: Final = "callboard-backup/1"
ESTIMATE: Final = (
    "SELECT coalesce(sum(greatest(reltuples, 0)), 0)::bigint FROM pg_class "
    "WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
)


class RowFile:
    """A target for COPY: each line that it writes becomes an item of a JSON array."""

    def __init__(
        self, out: BinaryIO, unseal: Callable[[bytes], bytes] | None, moved: Callable[[int], Any]
    ) -> None:
        self.out, self.unseal, self.moved = out, unseal, moved
        self.count = 0

    def write(self, data: bytes) -> None:
        """Add a row; psycopg2 passes one line at a time, with its newline."""
        row = data[:-1]
        if self.unseal is not None:
            row = self.unseal(row)
        self.out.write((b",\n" if self.count else b"\n") + row)
        self.count += 1
        self.moved(1)


def export(target: Target, path: Path, moved: Callable[[int], Any] = lambda _: None) -> int:
    """Write the dump of all services; returns the number of rows. Raises TransferError."""
    with snapshots(target) as connections, _file(path) as out:
        out.write(b'{"format": "%s", "tables": {' % FORMAT.encode())
        lists = [
            (table.name, name, table) for name in SERVICES for table in own_tables(name).values()
        ]
        counts = _tables(out, lists, connections, target, moved)
        out.write(b"}}\n")
    return sum(counts.values())


def backup(target: Target, path: Path, moved: Callable[[int], Any] = lambda _: None) -> int:
    """Write all tables of all services; returns the number of rows. Raises TransferError."""
    with snapshots(target) as connections, _file(path) as out:
        head = {
            "format": BACKUP,
            "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "revisions": {name: revision(connections[name]) for name in SERVICES},
        }
        out.write(msgspec.json.encode(head)[:-1] + b', "tables": {')
        lists = [
            (f"{name}.{table.name}", name, table)
            for name in SERVICES
            for table in stored_tables(name).values()
        ]
        # As stored: encrypted values stay encrypted.
        counts = _tables(out, lists, connections, None, moved)
        out.write(b'}, "counts": ' + msgspec.json.encode(counts) + b"}\n")
    return sum(counts.values())


def estimate(target: Target) -> int:
    """PostgreSQL's estimate of the number of rows, for a progress bar."""
    total = 0
    for url in target.urls.values():
        connection = psycopg2.connect(url, connect_timeout=5)
        with connection, connection.cursor() as cursor:
            cursor.execute(ESTIMATE)
            total += int((cursor.fetchone() or (0,))[0])
        connection.close()
    return total


def revision(connection: Any) -> str:
    """The revision of a service's schema."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT version_num FROM alembic_version")
        return str(cursor.fetchone()[0])


def _tables(
    out: BinaryIO,
    lists: list[tuple[str, str, sa.Table]],
    connections: dict[str, Any],
    target: Target | None,
    moved: Callable[[int], Any],
) -> dict[str, int]:
    counts: dict[str, int] = {}
    for number, (name, service, table) in enumerate(lists):
        out.write((b"," if number else b"") + b'\n"%s": [' % name.encode())
        unseal = unsealing(table, target.environ) if target is not None else None
        rows = RowFile(out, unseal, moved)
        try:
            connections[service].cursor().copy_expert(copy_json(table), rows)
        except psycopg2.Error as error:
            reason = str(error).strip().partition("\n")[0]
            message = f"{name} can't be read: {reason}."
            raise TransferError(message) from None
        out.write(b"]")
        counts[name] = rows.count
    return counts


@contextmanager
def _file(path: Path) -> Iterator[BinaryIO]:
    """A file that only its owner reads and that appears only once it is complete and on disk.

    Compressed if its name ends in ``.gz``. Raises TransferError if it can't be written.
    """
    temporary = path.with_name(f"{path.name}.unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch(mode=0o600)
        if path.suffix == ".gz":
            with igzip_threaded.open(temporary, "wb", compresslevel=1, threads=1) as out:
                yield out
        else:
            with temporary.open("wb") as out:
                yield out
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    except (OSError, gzip.BadGzipFile) as error:
        message = f"{path} can't be written: {error.strerror or error}."
        raise TransferError(message) from None
    finally:
        temporary.unlink(missing_ok=True)
