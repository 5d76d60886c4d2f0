"""Add the table of dead letters.

Rolling deploy: safe. Only the new code writes and reads it; the release before leaves them in their
queue.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None
unnoticed = "a new table"


def upgrade() -> None:
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("deaths", sa.Integer(), nullable=False),
        sa.Column("died_at", sa.TIMESTAMP(), nullable=True),
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.TIMESTAMP(), nullable=True),
        sa.Column("kept_at", sa.TIMESTAMP(), nullable=False),
        sa.Column("properties", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter")),
        sa.UniqueConstraint("number", name=op.f("uq_dead_letter_number")),
    )
    op.create_index("ix_dead_letter_queue", "dead_letter", ["queue", "number"])
    op.create_index(op.f("ix_dead_letter_fingerprint"), "dead_letter", ["fingerprint"])


def downgrade() -> None:
    op.drop_table("dead_letter")
