"""Add webhooks: subscriptions, how far each has come, and what was sent.

Rolling deploy: safe. Only the new code writes and reads these tables.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.common.database.frozen import v2, v3, v4

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None
unnoticed = "triggers on a new table"

#: What nobody hears of.
SECRET = ("secret", "old_secret", "old_secret_until")


def upgrade() -> None:
    _create_webhook()
    _create_cursor()
    _create_delivery()
    v2.guard_references(op, "webhook", "created_by")
    v3.count_rows(op, "webhook", "project_id")
    v4.note_changes(op, "webhook", *SECRET)


def _create_webhook() -> None:
    now = sa.text("timezone('utc', now())")
    op.create_table(
        "webhook",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(), server_default=now, nullable=True),
        sa.Column("updated_at", sa.TIMESTAMP(), server_default=now, nullable=True),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("names", ARRAY(sa.Text()), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("entity_id", sa.Uuid(), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("ordered", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("old_secret", sa.Text(), nullable=True),
        sa.Column("old_secret_until", sa.TIMESTAMP(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_webhook_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_index(op.f("ix_webhook_project_id"), "webhook", ["project_id"])
    op.create_index(op.f("ix_webhook_created_by"), "webhook", ["created_by"])
    newest = [sa.text("updated_at DESC"), sa.text("created_at DESC"), "id"]
    op.create_index("ix_webhook_newest", "webhook", newest, postgresql_include=["project_id"])


def _create_cursor() -> None:
    op.create_table(
        "webhook_cursor",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("ahead", ARRAY(sa.BigInteger()), server_default="{}", nullable=False),
        sa.Column("claimed_by", sa.Uuid(), nullable=True),
        sa.Column("claimed_until", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failing_since", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "next_at", sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_cursor")),
    )
    op.create_index(op.f("ix_webhook_cursor_webhook_id"), "webhook_cursor", ["webhook_id"])
    op.create_index("ix_webhook_cursor_next_at", "webhook_cursor", ["next_at"])
    op.create_index(
        "uq_webhook_cursor_live",
        "webhook_cursor",
        ["webhook_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'live'"),
    )


def _create_delivery() -> None:
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", JSONB(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
    )
    op.create_index("ix_webhook_delivery_webhook_id", "webhook_delivery", ["webhook_id", "id"])
    op.create_index(op.f("ix_webhook_delivery_event_id"), "webhook_delivery", ["event_id"])
    op.create_index(op.f("ix_webhook_delivery_sent_at"), "webhook_delivery", ["sent_at"])


def downgrade() -> None:
    op.drop_table("webhook_delivery")
    op.drop_table("webhook_cursor")
    v3.drop_counts(op, "webhook")
    v2.unguard_references(op, "webhook")
    op.drop_table("webhook")
