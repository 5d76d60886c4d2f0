"""Letting foreign keys rest while rows come in whose references may point nowhere."""

from __future__ import annotations

from typing import Any, Final

import psycopg2.errors

KEYS: Final = (
    "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) "
    "FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
)
UNCHECKED: Final = " NOT VALID"


class Keys:
    """The foreign keys of a service, within one transaction.

    A role that may, has them and its triggers rest. Another takes them away and puts them back,
    good for rows to come; then others wait for its tables until it commits.
    """

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor
        self.taken: list[tuple[str, str, str]] | None = None

    def rest(self) -> None:
        """Check no reference from now on."""
        self.cursor.execute("SAVEPOINT resting")
        try:
            self.cursor.execute("SET LOCAL session_replication_role = replica")
        except psycopg2.errors.InsufficientPrivilege:
            self.cursor.execute(f"ROLLBACK TO SAVEPOINT resting; {KEYS}")
            self.taken = self.cursor.fetchall()
            for table, name, _ in self.taken:
                self.cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")

    def wake(self) -> None:
        """Check references, and fire triggers, from now on."""
        if self.taken is None:
            self.cursor.execute("SET LOCAL session_replication_role = origin")
            return
        for table, name, definition in self.taken:
            form = definition.removesuffix(UNCHECKED) + UNCHECKED
            self.cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {form}")
        self.taken = []
