"""Bulk import into a service's tables, with ids, times and hashes unchanged.

One service's part of an import is one transaction. Rows are copied in batches: into an empty table
directly, else into a staging table, from which they are upserted, so that an import is idempotent.
Foreign keys and triggers are suspended: dangling references are imported, and counted at the end.
No events are emitted for rows.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import psycopg2
import psycopg2.errors

from services.common.bulk.copy_format import Complaint, RowRefused, Writer
from services.common.bulk.suspended_constraints import ForeignKeys
from services.common.database import row_counts
from services.common.database.change_version import TOUCH
from services.common.database.migrations import metadata_of
from services.common.database.pools import plain_url
from services.common.search import tables as search_tables
from services.common.wire.topology import REPLACED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import sqlalchemy as sa

#: Tables of the kernel, without user data.
KERNEL: Final = frozenset(
    {
        "outbox",
        "inbox",
        "idempotency_key",
        "gone_row",
        "change_count",
        "job_lease",
        "alembic_version",
    }
)
#: Tables that triggers fill.
NOTES: Final = frozenset({row_counts.NOTES.name, "row_change", *search_tables.TABLES})
#: Bytes of all tables from which TRUNCATE is used; DELETE is quicker for small ones.
LARGE: Final = 8 * 1024 * 1024
ROW_FAULTS: Final = (psycopg2.DataError, psycopg2.IntegrityError)
Rows = list[dict[str, Any]]


def stored_tables(service: str) -> dict[str, sa.Table]:
    """All tables of a service that a backup holds: not those that triggers or this run fill."""
    tables = metadata_of(service).tables
    return {
        str(name): table
        for name, table in tables.items()
        if name not in NOTES and not table.info.get("stays")
    }


def own_tables(service: str) -> dict[str, sa.Table]:
    """The tables of a service that hold user data."""
    return {name: table for name, table in stored_tables(service).items() if name not in KERNEL}


def _ignore(_table: str, _key: str, _complaint: Complaint) -> None:
    """Ignore a problem: the default of ``complain``."""


class ServiceImport:
    """One service's part of an import: ``begin``, any number of ``add``, ``commit``.

    ``imported`` counts the imported rows by table, ``changed`` those inserted or updated.
    """

    def __init__(
        self,
        service: str,
        url: str,
        *,
        replace: bool,
        complain: Callable[[str, str, Complaint], None] = _ignore,
    ) -> None:
        self.service, self.replace, self.complain = service, replace, complain
        self.url = plain_url(url)
        self.tables = own_tables(service)
        self.imported: dict[str, int] = {}
        self.changed: dict[str, int] = {}
        self._writers: dict[str, Writer] = {}
        self._empty: dict[str, bool] = {}
        self._staged: set[str] = set()
        self.connection: Any = None
        self.cursor: Any = None
        self.keys: ForeignKeys

    def connect(self) -> None:
        """Open the connection, once; the first statement opens the transaction."""
        if self.connection is not None:
            return
        self.connection = psycopg2.connect(self.url, connect_timeout=5)
        self.cursor = self.connection.cursor()
        self.keys = ForeignKeys(self.cursor)

    def begin(self) -> None:
        """Begin the transaction; with ``replace``, empty the tables in it."""
        self.connect()
        self.cursor.execute("SET LOCAL timezone = 'UTC'")
        self.keys.suspend()
        # An import may bring back what was deleted before.
        self.cursor.execute("DELETE FROM gone_row")
        if self.replace:
            self._clear()

    def _clear(self) -> None:
        """Empty the tables, and delete idempotency records, which concern deleted rows.

        The inbox is locked first: running handlers finish, new ones wait for the commit.
        """
        names = [f'"{name}"' for name in self.tables]
        self.cursor.execute(
            "LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE; SELECT sum(pg_table_size(c.oid)) "
            "FROM pg_class c WHERE relnamespace = current_schema()::regnamespace "
            "AND relname = ANY(%s)",
            (list(self.tables),),
        )
        if (self.cursor.fetchone()[0] or 0) > LARGE:
            clear = f"TRUNCATE {', '.join(names)}"
        else:
            clear = "; ".join(f"DELETE FROM {name}" for name in names)  # noqa: S608
        self.cursor.execute(f"{clear}; DELETE FROM idempotency_key")  # noqa: S608
        self._empty = dict.fromkeys(self.tables, True)

    def outdate_events(self) -> None:
        """Have handlers ignore earlier events: the rows that they concern were deleted."""
        self.cursor.execute(
            "INSERT INTO inbox (event_id, handler, created_at) "
            "VALUES (%s, %s, clock_timestamp()) ON CONFLICT (event_id, handler) "
            "DO UPDATE SET created_at = excluded.created_at",
            REPLACED,
        )

    def add(self, name: str, rows: Iterable[dict[str, Any]]) -> None:
        """Import rows of one table; reports problems to ``complain``."""
        writer = self._writers.get(name)
        if writer is None:
            writer = self._writers[name] = Writer(self.tables[name])
        lines: list[bytes] = []
        keys: list[str] = []
        present: set[str] = set()
        for row in rows:
            complaints: list[Complaint] = []
            try:
                lines.append(writer.line(row, complaints))
                keys.append(writer.key(row))
                present |= row.keys()
            except RowRefused as refusal:
                complaints.append(refusal.complaint)
            for complaint in complaints:
                self.complain(name, writer.key(row), complaint)
        if lines:
            self._write(writer, lines, keys, present)

    def _write(
        self, writer: Writer, lines: list[bytes], keys: list[str], present: set[str]
    ) -> None:
        """Write lines of COPY; ``present`` are the columns that the source has."""
        name = str(writer.table.name)
        if name not in self._empty:
            self.cursor.execute(f'SELECT NOT EXISTS (SELECT FROM "{name}")')  # noqa: S608
            self._empty[name] = self.cursor.fetchone()[0]
        written = None
        if self._empty[name] and self._copy(writer, name, lines):
            imported = written = len(lines)
        else:
            imported, written = self._merge(writer, lines, keys, present)
        self.imported[name] = self.imported.get(name, 0) + imported
        self.changed[name] = self.changed.get(name, 0) + written

    def _copy(self, writer: Writer, target: str, lines: list[bytes]) -> bool:
        """COPY lines into a table, all or none; returns whether that succeeded."""
        columns = ", ".join(f'"{column}"' for column in writer.columns)
        # A savepoint: an error must undo this batch only, not the import.
        self.cursor.execute("SAVEPOINT batch")
        try:
            self.cursor.copy_expert(
                f'COPY "{target}" ({columns}) FROM STDIN', io.BytesIO(b"".join(lines))
            )
        except ROW_FAULTS as fault:
            self.cursor.execute("ROLLBACK TO SAVEPOINT batch")
            self._fault = str(fault).partition("\n")[0]
            return False
        self.cursor.execute("RELEASE SAVEPOINT batch")
        return True

    def _merge(
        self, writer: Writer, lines: list[bytes], keys: list[str], present: set[str]
    ) -> tuple[int, int]:
        """Upsert lines through a staging table; returns the rows imported and the rows changed."""
        name, stage = str(writer.table.name), f"staged_{writer.table.name}"[:63]
        if stage not in self._staged:
            self.cursor.execute(
                # With the defaults of columns that no import has.
                f'CREATE TEMPORARY TABLE "{stage}" '
                f'(LIKE "{name}" INCLUDING CONSTRAINTS INCLUDING DEFAULTS) ON COMMIT DROP'
            )
            self._staged.add(stage)
        self._stage(writer, stage, lines, keys)
        columns = ", ".join(f'"{column}"' for column in writer.columns)
        self.cursor.execute(
            f'INSERT INTO "{name}" ({columns}) SELECT {columns} FROM "{stage}" '  # noqa: S608
            "ON CONFLICT DO NOTHING"
        )
        written = self.cursor.rowcount + self._update(writer, name, stage, present)
        conflicts = self._report_conflicts(writer, name, stage)
        self.cursor.execute(f'SELECT count(*) FROM "{stage}"')  # noqa: S608
        staged = self.cursor.fetchone()[0]
        self.cursor.execute(f'TRUNCATE "{stage}"')
        return staged - conflicts, written

    def _stage(self, writer: Writer, stage: str, lines: list[bytes], keys: list[str]) -> None:
        """COPY lines into the staging table, halving on errors until the bad rows are isolated."""
        if self._copy(writer, stage, lines):
            return
        if len(lines) == 1:
            complaint = Complaint("refused row", "", self._fault)
            self.complain(str(writer.table.name), keys[0], complaint)
            return
        middle = len(lines) // 2
        self._stage(writer, stage, lines[:middle], keys[:middle])
        self._stage(writer, stage, lines[middle:], keys[middle:])

    def _update(self, writer: Writer, name: str, stage: str, present: set[str]) -> int:
        """Update existing rows that differ from the source; returns their number."""
        # Only the columns that the source has: others keep their values.
        names = [
            column for column in writer.columns if column in present and column not in writer.keys
        ]
        if self.replace or not names:
            return 0
        same_key = " AND ".join(f't."{key}" = s."{key}"' for key in writer.keys)
        assignments = ", ".join(f'"{column}" = s."{column}"' for column in names)
        stored = ", ".join(f't."{column}"' for column in names)
        imported = ", ".join(f's."{column}"' for column in names)
        statement = (
            f'UPDATE "{name}" t SET {assignments} FROM "{stage}" s '  # noqa: S608
            f"WHERE {same_key} AND ROW({stored}) IS DISTINCT FROM ROW({imported})"
        )
        self.cursor.execute("SAVEPOINT batch")
        try:
            self.cursor.execute(statement)
        except psycopg2.IntegrityError:
            self.cursor.execute("ROLLBACK TO SAVEPOINT batch")
            return self._update_singly(writer, stage, statement)
        return int(self.cursor.rowcount)

    def _update_singly(self, writer: Writer, stage: str, statement: str) -> int:
        """Update row by row, each in a savepoint, and report those that violate a constraint."""
        updated = 0
        self.cursor.execute(f'SELECT ctid::text, {_key(writer, "s")} FROM "{stage}" s')  # noqa: S608
        for row_id, key in self.cursor.fetchall():
            self.cursor.execute("SAVEPOINT row")
            try:
                self.cursor.execute(f"{statement} AND s.ctid = %s::tid", (row_id,))
                updated += self.cursor.rowcount
            except psycopg2.IntegrityError as fault:
                self.cursor.execute("ROLLBACK TO SAVEPOINT row")
                reason = str(fault).partition("\n")[0]
                self.complain(str(writer.table.name), key, Complaint("not updated", "", reason))
        return updated

    def _report_conflicts(self, writer: Writer, name: str, stage: str) -> int:
        """Report staged rows whose unique values another row has; returns their number."""
        same_key = " AND ".join(f't."{key}" = s."{key}"' for key in writer.keys)
        self.cursor.execute(
            f'SELECT {_key(writer, "s")} FROM "{stage}" s '  # noqa: S608
            f'WHERE NOT EXISTS (SELECT FROM "{name}" t WHERE {same_key})'
        )
        keys = self.cursor.fetchall()
        for (key,) in keys:
            reason = "another row has the same unique values"
            self.complain(name, key, Complaint("refused row", "", reason))
        return len(keys)

    def announce(self, event_id: str, name: str, payload: str) -> None:
        """Write an event to the outbox in this transaction; its trigger notifies the relay."""
        self.keys.restore()
        self.cursor.execute(
            "INSERT INTO outbox (event_id, name, payload, stored) VALUES (%s, %s, %s, false)",
            (event_id, name, payload),
        )

    def commit(self) -> None:
        """Restore the constraints and commit."""
        if self.keys.dropped:
            self.keys.restore()
        if self.replace or any(self.changed.values()):
            # No event moves the change version: without this, cached answers would stay valid.
            self.cursor.execute(TOUCH)
        self.connection.commit()

    def analyze(self, rows: int = 1_000) -> None:
        """ANALYZE the tables in which more than ``rows`` rows changed."""
        tables = [f'"{name}"' for name, count in self.changed.items() if count > rows]
        if tables:
            # What triggers wrote besides.
            tables += sorted(search_tables.TABLES & metadata_of(self.service).tables.keys())
            self.connection.autocommit = True
            self.cursor.execute(f"ANALYZE {', '.join(tables)}")

    def close(self) -> None:
        """Close the connection, which rolls back what was not committed."""
        if self.connection is not None:
            self.connection.close()


def _key(writer: Writer, alias: str) -> str:
    return " || ' ' || ".join(f'{alias}."{key}"::text' for key in writer.keys)
