"""The rows of all services: what a request changed, and its undoing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
import psycopg2
import sqlalchemy as sa

from services.common.bulk.importing import own_tables
from services.common.database.pools import plain_url
from services.common.wire.topology import SERVICES
from tests.world import Row

#: What requests leave behind whoever sends them, and the log that events fill later.
TRACES: Final = frozenset({"attempt", "api_event"})
#: When somebody was last there.
PRESENCE: Final = ("last_presence", "updated_at")
Rows = dict[str, frozenset[str]]


class Databases:
    """A connection to each service's database."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self.tables = {name: _in_order(name) for name in SERVICES}
        self.cursors: dict[str, Any] = {}
        for name in SERVICES:
            connection = psycopg2.connect(plain_url(urls[name]))
            connection.autocommit = True
            self.cursors[name] = connection.cursor()

    def close(self) -> None:
        """Close the connections."""
        for cursor in self.cursors.values():
            cursor.connection.close()

    def rows(self) -> Rows:
        """All rows as JSON texts, by table."""
        found: Rows = {}
        for service, cursor in self.cursors.items():
            names = [one.name for one in self.tables[service] if one.name not in TRACES]
            parts = (
                f"SELECT '{name}', array_agg(to_jsonb(t)::text) FROM \"{name}\" t" for name in names
            )
            cursor.execute(" UNION ALL ".join(parts))
            found |= {name: frozenset(texts or ()) for name, texts in cursor.fetchall()}
        return found

    def undo(self, before: Rows) -> None:
        """Bring all rows back to what they were. Raises psycopg2.Error if that can't be."""
        now = self.rows()
        for service, cursor in self.cursors.items():
            changed = [
                one for one in self.tables[service] if now.get(one.name) != before.get(one.name)
            ]
            if not changed:
                continue
            cursor.execute("BEGIN")
            for table in reversed(changed):
                _remove(cursor, table, now[table.name], before[table.name])
            for table in changed:
                _put_back(cursor, table, before[table.name] - now[table.name])
            cursor.execute("COMMIT")


def _in_order(service: str) -> list[sa.Table]:
    """The service's tables, each after those that it references."""
    tables = own_tables(service)
    metadata = next(iter(tables.values())).metadata
    return [one for one in metadata.sorted_tables if one.name in tables]


def _keys(table: sa.Table) -> list[str]:
    return [column.name for column in table.primary_key] or [column.name for column in table.c]


def _remove(cursor: Any, table: sa.Table, now: frozenset[str], before: frozenset[str]) -> None:
    """Delete rows that are new."""
    keys = _keys(table)
    kept = {_key(text, keys) for text in before}
    for text in now - before:
        if _key(text, keys) not in kept:
            same = " AND ".join(f't."{key}" IS NOT DISTINCT FROM r."{key}"' for key in keys)
            cursor.execute(
                f'DELETE FROM "{table.name}" t '
                f'USING jsonb_populate_record(NULL::"{table.name}", %s) r WHERE {same}',
                (text,),
            )


def _put_back(cursor: Any, table: sa.Table, texts: frozenset[str]) -> None:
    """Insert rows that are gone, and give changed ones their values."""
    keys = _keys(table)
    others = [column.name for column in table.c if column.name not in keys]
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in others)
    clash = (
        f"({', '.join(keys)}) DO UPDATE SET {sets}" if sets and table.primary_key else "DO NOTHING"
    )
    for text in texts:
        cursor.execute(
            f'INSERT INTO "{table.name}" SELECT * FROM '
            f'jsonb_populate_record(NULL::"{table.name}", %s) ON CONFLICT {clash}',
            (text,),
        )


def _key(text: str, keys: list[str]) -> tuple[Any, ...]:
    row = msgspec.json.decode(text)
    return tuple(str(row[key]) for key in keys)


def changes(before: Rows, after: Rows) -> list[str]:
    """What differs, but for when people were last there: the rows' tables and values."""
    found = []
    for table in sorted(before.keys() | after.keys()):
        old, new = before.get(table, frozenset()), after.get(table, frozenset())
        gone, come = _by_id(old - new), _by_id(new - old)
        for key in sorted(gone.keys() | come.keys()):
            changed = dict(come.get(key, {}).items() - gone.get(key, {}).items())
            if changed or key not in come:
                found.append(f"{table} {changed or 'is gone'}"[:300])
    return found


def _by_id(texts: frozenset[str]) -> dict[str, dict[str, str]]:
    """Rows by their id, or all of them, with the values as texts."""
    rows: list[Row] = [msgspec.json.decode(text) for text in texts]
    return {
        str(row.get("id", row)): {k: str(v) for k, v in row.items() if k not in PRESENCE}
        for row in rows
    }
