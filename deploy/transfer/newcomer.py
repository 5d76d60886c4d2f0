"""A system that nobody worked in yet: what it was started with gives way to what is imported.

A new system has an administrator, an organisation and a starter set of its own making. A dump has
its own, often by the same names; without this its rows would be refused for those of an empty
system, or stand beside them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import psycopg2
import psycopg2.errors

from deploy.local.starter_set import STARTER_SETS

if TYPE_CHECKING:
    from services.common.bulk.importing import ServiceImport

NEW: Final = (
    "SELECT (SELECT count(*) FROM person) <= 1 AND (SELECT count(*) FROM organisation) <= 1"
)
#: The log of a row's making names its id and nothing else.
FORGET: Final = (
    "DELETE FROM api_event WHERE user_id IS NULL AND EXISTS "
    "(SELECT FROM jsonb_each_text(data) AS told WHERE told.value = ANY(%s))"
)
STARTER_IDS: Final = [
    str(row["id"]) for _, rows in STARTER_SETS.values() for made in rows.values() for row in made
]
UNUSED: Final = "SELECT NOT EXISTS (SELECT FROM project)"


def is_fresh(auth: ServiceImport, crud: ServiceImport) -> bool:
    """Whether the system holds no more than it was started with."""
    auth.cursor.execute(NEW)
    crud.cursor.execute(UNUSED)
    return bool(auth.cursor.fetchone()[0] and crud.cursor.fetchone()[0])


def remove_starter_set(part: ServiceImport) -> None:
    """Remove the starter set, but for what somebody uses already, and the log of its making.

    While foreign keys still hold: one that refuses says that a row is in use.
    """
    if part.service not in STARTER_SETS:
        return
    registry, rows = STARTER_SETS[part.service]
    for path, made in reversed(list(rows.items())):
        for row in made:
            part.cursor.execute("SAVEPOINT starter")
            try:
                part.cursor.execute(
                    f'DELETE FROM "{registry[path].table.name}" WHERE id = %s',  # noqa: S608
                    (str(row["id"]),),
                )
            except psycopg2.errors.ForeignKeyViolation:
                part.cursor.execute("ROLLBACK TO SAVEPOINT starter")
    if part.service == "crud":
        part.cursor.execute(FORGET, (STARTER_IDS,))


def make_way(auth: ServiceImport, table: str, rows: list[dict[str, Any]]) -> None:
    """Remove our own organisation, and our own administrator if somebody comes by that e-mail."""
    ids = [row["id"] for row in rows if "id" in row]
    if table == "organisation" and ids:
        auth.cursor.execute("DELETE FROM organisation WHERE id <> ALL(%s::uuid[])", (ids,))
    if table == "person" and ids:
        emails = [row["email"] for row in rows if isinstance(row.get("email"), str)]
        auth.cursor.execute(
            "DELETE FROM person WHERE email = ANY(%s) AND id <> ALL(%s::uuid[])", (emails, ids)
        )
