"""Rows from outside, straight into a service's tables: ids, times and hashes as they come.

The rows are those of a table dump: one list of JSON objects a table. PostgreSQL itself reads them
(``json_populate_recordset``), one statement a table, all in one transaction. References that point
nowhere are taken as they are, and no event is emitted.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

import msgspec
import psycopg2

from services.common.db import plain_url
from services.common.migrations import metadata_of
from services.common.values import default_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import sqlalchemy as sa

KERNEL: Final = frozenset({
    "outbox", "inbox", "idempotency_key", "change_count", "alembic_version",
})  # fmt: skip
Rows = list[dict[str, Any]]


def replace_rows(service: str, url: str, tables: Mapping[str, Rows]) -> int:
    """Make these the only rows of the service's tables, and answer how many there are.

    Tables of other services are passed over; the service's tables that ``tables`` lacks end empty.
    """
    metadata = metadata_of(service)
    count = 0
    connection = psycopg2.connect(plain_url(url))
    try:
        with connection, connection.cursor() as cursor:
            # Foreign keys and the outbox trigger rest: the rows come as one consistent whole.
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table in metadata.tables.values():
                if table.name not in KERNEL:
                    cursor.execute(f'DELETE FROM "{table.name}"')  # noqa: S608
            for table in metadata.tables.values():
                rows = tables.get(table.name) if table.name not in KERNEL else None
                if rows:
                    _insert(cursor, table, rows)
                    count += len(rows)
    finally:
        connection.close()
    return count


def _insert(cursor: Any, table: sa.Table, rows: Rows) -> None:
    given = {name for row in rows for name in row}
    filled = {
        column.name: default_of(column)
        for column in table.c
        if column.default is not None and column.name != "id"
    }
    names = [column.name for column in table.c if column.name in given or column.name in filled]
    listed = ", ".join(f'"{name}"' for name in names)
    cursor.execute(
        f'INSERT INTO "{table.name}" ({listed}) SELECT {listed} '  # noqa: S608
        f'FROM json_populate_recordset(NULL::"{table.name}", %s)',
        (_json([{**filled, **_bytes(row)} for row in rows]),),
    )


def _bytes(row: dict[str, Any]) -> dict[str, Any]:
    """``{"b64": …}`` as PostgreSQL reads bytes."""
    return {
        name: "\\x" + base64.b64decode(value["b64"]).hex()
        if isinstance(value, dict) and value.keys() == {"b64"}
        else value
        for name, value in row.items()
    }


def _json(rows: Iterable[Any]) -> str:
    return msgspec.json.encode(rows).decode()
