"""A system that nobody worked in yet: what it was started with gives way to what is imported.

A new system has an administrator and an organisation of its own making. A dump has its own, often
by the same names; without this its rows would be refused for those of an empty system.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from services.common.bulk.importing import ServiceImport

NEW: Final = (
    "SELECT (SELECT count(*) FROM person) <= 1 AND (SELECT count(*) FROM organisation) <= 1"
)
UNUSED: Final = "SELECT NOT EXISTS (SELECT FROM project)"


def is_fresh(auth: ServiceImport, crud: ServiceImport) -> bool:
    """Whether the system holds no more than it was started with."""
    auth.cursor.execute(NEW)
    crud.cursor.execute(UNUSED)
    return bool(auth.cursor.fetchone()[0] and crud.cursor.fetchone()[0])


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
