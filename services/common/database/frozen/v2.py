"""The memory of deleted rows, and the triggers that hold new references against it.

This file must never be edited, as ``v1`` beside it: a migration that has run somewhere must do the
same everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

if TYPE_CHECKING:
    from alembic.operations import Operations

# Two statements: the second one's snapshot is taken under the lock, so it holds what committed
# while the first one waited. Deferred, so that a transaction waits for nothing after it has the
# lock, and who locks the table against all of these waits for a commit at most.
GUARD: Final = """
CREATE FUNCTION check_refs_of_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  LOCK TABLE gone_row IN ROW SHARE MODE;
  IF EXISTS (SELECT FROM gone_row WHERE id IN ({values})) THEN
    RAISE EXCEPTION 'a row of % references a deleted row', TG_TABLE_NAME
    USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'gone_row';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER check_references AFTER INSERT OR UPDATE OF {columns} ON {table}
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION check_refs_of_{table}();
"""


def create_gone_row(op: Operations) -> None:
    """Create the table of ids that other services have deleted."""
    op.create_table(
        "gone_row",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gone_row")),
    )
    op.create_index(op.f("ix_gone_row_created_at"), "gone_row", ["created_at"], unique=False)


def drop_gone_row(op: Operations) -> None:
    """Drop it."""
    op.drop_index(op.f("ix_gone_row_created_at"), table_name="gone_row")
    op.drop_table("gone_row")


def guard_references(op: Operations, table: str, *columns: str) -> None:
    """Refuse rows whose ``columns`` reference what another service has deleted."""
    values = ", ".join(f'NEW."{column}"' for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    op.execute(GUARD.format(table=table, values=values, columns=names))


def unguard_references(op: Operations, table: str) -> None:
    """Check them no more."""
    op.execute(f"DROP TRIGGER check_references ON {table}; DROP FUNCTION check_refs_of_{table}()")
