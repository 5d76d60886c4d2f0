"""Reads the tables of a live database in one snapshot."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import psycopg2
from psycopg2 import sql

from deploy.local.settings import SERVICES
from deploy.transfer.dump import BATCH_CHARACTERS, BATCH_ROWS, Batch
from deploy.transfer.report import TransferError
from services.common.bulk.exporting import bytes_as_json, list_as_json
from services.common.bulk.importing import own_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import sqlalchemy as sa

#: Rows per round trip of the server-side cursor.
FETCH_ROWS: Final = 500
ROWS: Final = "SELECT row_to_json(r)::text FROM (SELECT {columns} FROM {table}) r"
COLUMNS: Final = """
SELECT table_name, column_name, udt_name FROM information_schema.columns
JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'
ORDER BY table_name, ordinal_position
"""
ESTIMATE: Final = (
    "SELECT coalesce(sum(greatest(reltuples, 0)), 0)::bigint FROM pg_class "
    "WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
)
#: Tables without which a database is not one of the dump format.
CORE: Final = ("person", "project", "entity", "task")


class LiveDatabase:
    """A database with the tables of the dump format, read in one read-only transaction.

    ``total`` is PostgreSQL's estimate of the number of rows, for progress bars.
    """

    unit = "row"

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        with self._open() as (_, cursor):
            self.columns = _columns(cursor)
            cursor.execute(ESTIMATE)
            self.total = int(cursor.fetchone()[0])
        self._check()

    def _open(self) -> _Snapshot:
        return _Snapshot(self.dsn)

    def _check(self) -> None:
        """Raise TransferError if tables or required columns are missing."""
        missing_tables = [table for table in CORE if table not in self.columns]
        if missing_tables:
            message = f"SOURCE has no table {missing_tables[0]}: it is not of the dump format."
            raise TransferError(message)
        for name in SERVICES:
            for table in own_tables(name).values():
                columns = self.columns.get(table.name)
                missing = [] if columns is None else [c for c in table.c if _lacks(columns, c)]
                if missing:
                    message = (
                        f"SOURCE has no {table.name}.{missing[0].name}: its schema is newer or "
                        "older than what can be read."
                    )
                    raise TransferError(message)

    def batches(self, moved: Callable[[int], Any] = lambda _: None) -> Iterator[Batch]:
        """Batches of up to some thousand rows, table by table; ``moved`` gets their sizes."""
        with self._open() as (connection, _):
            for table, columns in self.columns.items():
                yield from _rows(connection, table, columns, moved)


class _Snapshot:
    """A connection in one read-only transaction; database errors become TransferErrors."""

    def __init__(self, dsn: str) -> None:
        self.dsn, self.connection = dsn, None

    def __enter__(self) -> tuple[Any, Any]:
        try:
            connection: Any = psycopg2.connect(self.dsn, connect_timeout=5)
        except psycopg2.Error as error:
            raise TransferError(_sentence(error)) from None
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        self.connection = connection
        cursor = connection.cursor()
        cursor.execute("SET LOCAL timezone = 'UTC'")
        return connection, cursor

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if self.connection is not None:
            self.connection.close()
        if isinstance(error, psycopg2.Error):
            raise TransferError(_sentence(error)) from None


def _sentence(error: psycopg2.Error) -> str:
    reason = str(error).strip().partition("\n")[0]
    return f"SOURCE can't be read: {reason or type(error).__name__}."


def _lacks(columns: dict[str, str], column: sa.Column[Any]) -> bool:
    """Whether a column is missing in the source that a row can't be imported without."""
    optional = column.nullable or column.default is not None or column.server_default is not None
    return column.name not in columns and (column.primary_key or not optional)


def _columns(cursor: Any) -> dict[str, dict[str, str]]:
    """PostgreSQL's type of each column, by table and column."""
    cursor.execute(COLUMNS)
    columns: dict[str, dict[str, str]] = {}
    for table, column, kind in cursor.fetchall():
        columns.setdefault(table, {})[column] = kind
    return columns


def _rows(
    connection: Any, table: str, columns: dict[str, str], moved: Callable[[int], Any]
) -> Iterator[Batch]:
    statement = sql.SQL(ROWS).format(
        columns=sql.SQL(", ").join(_expression(*column) for column in columns.items()),
        table=sql.Identifier(table),
    )
    # A named cursor lives in the server: rows are streamed rather than fetched at once.
    with connection.cursor(name="transfer") as cursor:
        cursor.itersize = FETCH_ROWS
        cursor.execute(statement)
        rows: list[dict[str, Any]] = []
        size = 0
        for (text,) in cursor:
            rows.append(json.loads(text))
            size += len(text)
            if len(rows) == BATCH_ROWS or size > BATCH_CHARACTERS:
                moved(len(rows))
                yield table, rows
                rows, size = [], 0
        moved(len(rows))
        yield table, rows


def _expression(name: str, kind: str) -> sql.Composable:
    column = sql.Identifier(name)
    if kind == "bytea":
        return sql.SQL(bytes_as_json("{0}")).format(column)
    if kind == "_bytea":
        return sql.SQL(list_as_json("{0}", "item")).format(column)
    return column
