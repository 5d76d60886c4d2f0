"""Imports into an unused system: its initial rows are replaced by the imported ones.

A new system has an administrator, an organisation and a starter set that it created itself. Those
of a dump often have the same e-mail and names, and would be refused by unique constraints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import psycopg2
import psycopg2.errors

from deploy.local.starter_set import STARTER_SETS

if TYPE_CHECKING:
    from services.common.bulk.importing import ServiceImport

NO_PEOPLE: Final = (
    "SELECT (SELECT count(*) FROM person) <= 1 AND (SELECT count(*) FROM organisation) <= 1"
)
#: Events of rows that nobody in particular created, which name the row.
DELETE_EVENTS: Final = (
    "DELETE FROM api_event WHERE user_id IS NULL AND EXISTS "
    "(SELECT FROM jsonb_each_text(data) AS fact WHERE fact.value = ANY(%s))"
)
STARTER_IDS: Final = [
    str(row["id"]) for kinds in STARTER_SETS.values() for kind in kinds for row in kind.rows
]
NO_PRODUCTIONS: Final = "SELECT NOT EXISTS (SELECT FROM project)"


def is_fresh(auth: ServiceImport, crud: ServiceImport) -> bool:
    """Whether the system has only its initial rows."""
    auth.cursor.execute(NO_PEOPLE)
    crud.cursor.execute(NO_PRODUCTIONS)
    return bool(auth.cursor.fetchone()[0] and crud.cursor.fetchone()[0])


def remove_starter_set(part: ServiceImport) -> None:
    """Delete the unused rows of the starter set, and the logged events of all of them.

    Call before foreign keys are suspended: their violation shows that a row is in use.
    """
    for kind in reversed(STARTER_SETS.get(part.service, ())):
        for row in kind.rows:
            part.cursor.execute("SAVEPOINT starter")
            try:
                part.cursor.execute(
                    f'DELETE FROM "{kind.table}" WHERE id = %s',  # noqa: S608
                    (str(row["id"]),),
                )
            except psycopg2.errors.ForeignKeyViolation:
                part.cursor.execute("ROLLBACK TO SAVEPOINT starter")
    if part.service == "crud":
        part.cursor.execute(DELETE_EVENTS, (STARTER_IDS,))


def make_way(auth: ServiceImport, table: str, rows: list[dict[str, Any]]) -> None:
    """Delete the initial organisation, and the initial administrator if the e-mail is imported."""
    ids = [row["id"] for row in rows if "id" in row]
    if table == "organisation" and ids:
        auth.cursor.execute("DELETE FROM organisation WHERE id <> ALL(%s::uuid[])", (ids,))
    if table == "person" and ids:
        emails = [row["email"] for row in rows if isinstance(row.get("email"), str)]
        auth.cursor.execute(
            "DELETE FROM person WHERE email = ANY(%s) AND id <> ALL(%s::uuid[])", (emails, ids)
        )
