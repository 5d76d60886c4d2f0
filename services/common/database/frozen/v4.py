"""Notes of what changed in rows, as migrations make them.

This file must never be edited, as ``v1`` beside it: a migration that has run somewhere must do the
same everywhere. Every statement is safe on a table that others write to: none scans it locked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

if TYPE_CHECKING:
    from alembic.operations import Operations

# The arguments name the columns that nobody hears of. ``updated_at`` is always among them: a row of
# which nothing else has changed is not noted, and the array is never empty.
NOTE_CHANGES: Final = """
CREATE FUNCTION note_changes() RETURNS trigger LANGUAGE plpgsql
SET enable_nestloop = off AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO row_change (row_id, table_name, before, after)
    SELECT id, TG_TABLE_NAME, before, after FROM (
      SELECT new_row.id, to_jsonb(old_row) - TG_ARGV AS before, to_jsonb(new_row) - TG_ARGV AS after
      FROM old_rows AS old_row JOIN new_rows AS new_row USING (id) OFFSET 0
    ) AS pair WHERE before <> after;
  ELSIF TG_OP = 'INSERT' THEN
    INSERT INTO row_change (row_id, table_name, after)
    SELECT id, TG_TABLE_NAME, to_jsonb(new_row) - TG_ARGV FROM new_rows AS new_row;
  ELSE
    INSERT INTO row_change (row_id, table_name, before)
    SELECT id, TG_TABLE_NAME, to_jsonb(old_row) - TG_ARGV FROM old_rows AS old_row;
  END IF;
  RETURN NULL;
END $$
"""
#: The transaction's id, which never wraps around.
TRANSACTION: Final = "pg_current_xact_id()::text::bigint"
# What emits no events of single rows switches them off for its transaction.
LOUD: Final = "current_setting('callboard.changes', true) IS DISTINCT FROM 'off'"
NOTE_TRIGGERS: Final = """
CREATE TRIGGER note_added AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT WHEN ({loud}) EXECUTE FUNCTION note_changes({columns});
CREATE TRIGGER note_changed AFTER UPDATE ON {table}
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT WHEN ({loud}) EXECUTE FUNCTION note_changes({columns});
CREATE TRIGGER note_removed AFTER DELETE ON {table} REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT WHEN ({loud}) EXECUTE FUNCTION note_changes({columns})
"""


def create_row_change(op: Operations) -> None:
    """Create the table of row changes; note with each event the transaction it was emitted in."""
    op.create_table(
        "row_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("tx", sa.BigInteger(), server_default=sa.text(TRANSACTION), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("before", JSONB(), nullable=True),
        sa.Column("after", JSONB(), nullable=True),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
    )
    op.create_index("ix_row_change_tx_row_id", "row_change", ["tx", "row_id"])
    # In two steps: a volatile default in one would rewrite the table, locked.
    op.add_column("outbox", sa.Column("tx", sa.BigInteger(), nullable=True))
    op.alter_column("outbox", "tx", server_default=sa.text(TRANSACTION))
    op.execute(NOTE_CHANGES)


def note_changes(op: Operations, table: str, *secret: str) -> None:
    """Note what changes in the rows of a table from now on, except in secret columns."""
    columns = ", ".join(f"'{column}'" for column in ("updated_at", *secret))
    op.execute(NOTE_TRIGGERS.format(table=table, columns=columns, loud=LOUD))


def drop_row_change(op: Operations, *tables: str) -> None:
    """Note no changes any more."""
    for table in tables:
        for trigger in ("note_added", "note_changed", "note_removed"):
            op.execute(f"DROP TRIGGER {trigger} ON {table}")
    op.execute("DROP FUNCTION note_changes()")
    op.drop_column("outbox", "tx")
    op.drop_table("row_change")
