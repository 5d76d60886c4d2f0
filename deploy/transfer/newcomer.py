"""Imports into an unused system: its initial rows are replaced by the imported ones.

A new system has an administrator and an organisation that it created itself. Those of a dump often
have the same e-mail and name, and would be refused by unique constraints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from services.common.bulk.importing import ServiceImport

NO_PEOPLE: Final = (
    "SELECT (SELECT count(*) FROM person) <= 1 AND (SELECT count(*) FROM organisation) <= 1"
)
NO_PRODUCTIONS: Final = "SELECT NOT EXISTS (SELECT FROM project)"


def is_fresh(auth: ServiceImport, crud: ServiceImport) -> bool:
    """Whether the system has only its initial rows."""
    auth.cursor.execute(NO_PEOPLE)
    crud.cursor.execute(NO_PRODUCTIONS)
    return bool(auth.cursor.fetchone()[0] and crud.cursor.fetchone()[0])


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
