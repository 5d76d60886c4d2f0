"""Finding dangling references in the open transaction of an import.

Within a service, SQL finds them. Between services there are no joins, so the ids that one service
references are looked up in the other's database in batches, and then the rows that reference the
missing ones in the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import sqlalchemy as sa

#: Ids looked up by one statement.
BATCH: Final = 20_000


class Pointer(NamedTuple):
    """A column that references a table, of the same service or another."""

    table: str
    column: str
    key: str
    service: str
    target: str


class Dangling(NamedTuple):
    """A row that references a missing one."""

    table: str
    key: str
    column: str
    value: str


def pointers(service: str, tables: Mapping[str, sa.Table]) -> Iterator[Pointer]:
    """All references in these tables of a service."""
    for table in tables.values():
        key = " || ' ' || ".join(f't."{c.name}"::text' for c in table.primary_key.columns)
        for column in table.c:
            ref = column.info.get("ref")
            if ref is not None:
                yield Pointer(str(table.name), str(column.name), key, ref.service, ref.table)
            for foreign in column.foreign_keys:
                target = str(foreign.column.table.name)
                yield Pointer(str(table.name), str(column.name), key, service, target)


def dangling_here(cursor: Any, columns: Iterable[Pointer]) -> Iterator[Dangling]:
    """Rows whose reference within the service is dangling."""
    parts = [
        f"SELECT '{p.table}', {p.key}, '{p.column}', t.\"{p.column}\"::text "  # noqa: S608
        f'FROM "{p.table}" t WHERE t."{p.column}" IS NOT NULL '
        f'AND NOT EXISTS (SELECT FROM "{p.target}" o WHERE o.id = t."{p.column}")'
        for p in columns
    ]
    if parts:
        cursor.execute(" UNION ALL ".join(parts))
        yield from (Dangling(*row) for row in cursor)


def dangling_between(
    cursors: Mapping[str, Any], owned: Iterable[tuple[str, Pointer]]
) -> Iterator[Dangling]:
    """Rows whose reference to another service is dangling; ``owned`` pairs services and columns."""
    by_target: dict[tuple[str, str], dict[str, list[Pointer]]] = {}
    for owner, pointer in owned:
        target = by_target.setdefault((pointer.service, pointer.target), {})
        target.setdefault(owner, []).append(pointer)
    for (service, table), owners in by_target.items():
        for owner, columns in owners.items():
            missing = _missing(cursors[service], table, _referenced_ids(cursors[owner], columns))
            if missing:
                yield from _rows_referencing(cursors[owner], columns, missing)


def _referenced_ids(cursor: Any, columns: list[Pointer]) -> list[str]:
    cursor.execute(
        " UNION ".join(
            f'SELECT "{p.column}"::text FROM "{p.table}" WHERE "{p.column}" IS NOT NULL'  # noqa: S608
            for p in columns
        )
    )
    return [row[0] for row in cursor]


def _missing(cursor: Any, table: str, ids: list[str]) -> list[str]:
    missing: list[str] = []
    for start in range(0, len(ids), BATCH):
        cursor.execute(
            "SELECT id::text FROM unnest(%s::uuid[]) AS named(id) "  # noqa: S608
            f'WHERE NOT EXISTS (SELECT FROM "{table}" o WHERE o.id = named.id)',
            (ids[start : start + BATCH],),
        )
        missing += [row[0] for row in cursor]
    return missing


def _rows_referencing(cursor: Any, columns: list[Pointer], ids: list[str]) -> Iterator[Dangling]:
    for p in columns:
        cursor.execute(
            f'SELECT {p.key}, "{p.column}"::text FROM "{p.table}" t '  # noqa: S608
            f'WHERE "{p.column}" = ANY(%s::uuid[])',
            (ids,),
        )
        for key, value in cursor:
            yield Dangling(p.table, key, p.column, value)
