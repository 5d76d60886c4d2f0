"""The kernel's tables and triggers as the first migrations make them.

This file must never be edited: a migration that has run somewhere must do the same everywhere. What
changes a kernel table is a new migration in each service; what new services start from is a ``v2``
beside this one. A test compares the SQL of every released migration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

if TYPE_CHECKING:
    from alembic.operations import Operations

# A trigger, because SQLAlchemy declares none; a commit wakes the relay by it.
NOTIFY_RELAY: Final = """
CREATE FUNCTION notify_relay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_notify('outbox_' || TG_TABLE_SCHEMA, ''); RETURN NULL; END $$;
CREATE TRIGGER notify_relay AFTER INSERT ON outbox
FOR EACH STATEMENT EXECUTE FUNCTION notify_relay();
"""

# Ordinary triggers are off while an import writes; these count its rows, too, hence ALWAYS.
COUNT_ROWS: Final = """
CREATE FUNCTION count_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO row_count (table_name, project_id, rows)
    SELECT TG_TABLE_NAME, project_id, count(*) FROM changed
    WHERE project_id IS NOT NULL GROUP BY project_id;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO row_count (table_name, project_id, rows)
    SELECT TG_TABLE_NAME, project_id, -count(*) FROM changed
    WHERE project_id IS NOT NULL GROUP BY project_id;
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO row_count (table_name, project_id, rows)
    SELECT TG_TABLE_NAME, moved.project_id, moved.rows
    FROM (VALUES (OLD.project_id, -1), (NEW.project_id, 1)) AS moved (project_id, rows)
    WHERE moved.project_id IS NOT NULL;
  ELSE
    DELETE FROM row_count WHERE table_name = TG_TABLE_NAME;
  END IF;
  RETURN NULL;
END $$;
"""

COUNT_TRIGGERS: Final = """
CREATE TRIGGER count_added AFTER INSERT ON {table} REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION count_rows();
CREATE TRIGGER count_removed AFTER DELETE ON {table} REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION count_rows();
CREATE TRIGGER count_moved AFTER UPDATE ON {table} FOR EACH ROW
WHEN (OLD.project_id IS DISTINCT FROM NEW.project_id) EXECUTE FUNCTION count_rows();
CREATE TRIGGER count_emptied AFTER TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION count_rows();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER count_added, ENABLE ALWAYS TRIGGER count_removed,
  ENABLE ALWAYS TRIGGER count_moved, ENABLE ALWAYS TRIGGER count_emptied;
INSERT INTO row_count (table_name, project_id, rows)
SELECT '{table}', project_id, count(*) FROM {table} WHERE project_id IS NOT NULL GROUP BY 2;
"""

DROP_COUNT_ROWS: Final = """
DROP TRIGGER count_added ON {table}; DROP TRIGGER count_removed ON {table};
DROP TRIGGER count_moved ON {table}; DROP TRIGGER count_emptied ON {table};
DROP FUNCTION count_rows();
"""


def create_idempotency_key(op: Operations) -> None:
    """Create the table of answers to requests with an ``Idempotency-Key``."""
    op.create_table(
        "idempotency_key",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("reply", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_idempotency_key")),
    )
    op.create_index(
        op.f("ix_idempotency_key_created_at"), "idempotency_key", ["created_at"], unique=False
    )


def drop_idempotency_key(op: Operations) -> None:
    """Drop it."""
    op.drop_index(op.f("ix_idempotency_key_created_at"), table_name="idempotency_key")
    op.drop_table("idempotency_key")


def create_inbox(op: Operations) -> None:
    """Create the table of events that handlers have handled."""
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("handler", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("event_id", "handler", name=op.f("pk_inbox")),
    )
    op.create_index(op.f("ix_inbox_created_at"), "inbox", ["created_at"], unique=False)


def drop_inbox(op: Operations) -> None:
    """Drop it."""
    op.drop_index(op.f("ix_inbox_created_at"), table_name="inbox")
    op.drop_table("inbox")


def create_outbox(op: Operations) -> None:
    """Create the table of events that wait for the relay."""
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("stored", sa.Boolean(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )


def drop_outbox(op: Operations) -> None:
    """Drop it."""
    op.drop_table("outbox")


def create_notify_relay(op: Operations) -> None:
    """Notify the relay of every insert into the outbox."""
    op.execute(NOTIFY_RELAY)


def drop_notify_relay(op: Operations) -> None:
    """Notify it no more."""
    op.execute("DROP TRIGGER notify_relay ON outbox; DROP FUNCTION notify_relay()")


def create_row_count(op: Operations, table: str) -> None:
    """Create the table of row counts, and the triggers that keep them for ``table``."""
    op.create_table(
        "row_count",
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
    )
    op.create_index(
        op.f("ix_row_count_table_name_project_id"), "row_count", ["table_name", "project_id"]
    )
    op.execute(COUNT_ROWS + COUNT_TRIGGERS.format(table=table))


def drop_row_count(op: Operations, table: str) -> None:
    """Drop both."""
    op.execute(DROP_COUNT_ROWS.format(table=table))
    op.drop_table("row_count")
