"""Suspending foreign keys during an import, whose references may dangle."""

from __future__ import annotations

from typing import Any, Final

import psycopg2.errors

KEYS: Final = (
    "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) "
    "FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
)
UNCHECKED: Final = " NOT VALID"


class ForeignKeys:
    """The foreign keys of a service, within one transaction.

    A role with the privilege disables them, and triggers, for its session. Any other role drops the
    constraints and adds them again as NOT VALID, which checks new rows only; that locks the tables
    until it commits.
    """

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor
        #: Table, name and definition of the dropped constraints; None if they are only disabled.
        self.dropped: list[tuple[str, str, str]] | None = None

    def suspend(self) -> None:
        """Stop checking references."""
        self.cursor.execute("SAVEPOINT suspending")
        try:
            self.cursor.execute("SET LOCAL session_replication_role = replica")
        except psycopg2.errors.InsufficientPrivilege:
            self.cursor.execute(f"ROLLBACK TO SAVEPOINT suspending; {KEYS}")
            self.dropped = self.cursor.fetchall()
            for table, name, _ in self.dropped:
                self.cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")

    def restore(self) -> None:
        """Check references, and fire triggers, again."""
        if self.dropped is None:
            self.cursor.execute("SET LOCAL session_replication_role = origin")
            return
        # Deferred triggers that still have to run would prevent it.
        self.cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table, name, definition in self.dropped:
            # NOT VALID: imported references may dangle, and checking all rows would take long.
            form = definition.removesuffix(UNCHECKED) + UNCHECKED
            self.cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {form}")
        self.dropped = []
