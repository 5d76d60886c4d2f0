"""Keep the history of all events, described, in a partition a day.

Rolling deploy: safe. Only the new code writes and reads it; it makes the partitions.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None
unnoticed = "a sequence that only the new code uses"


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("event_history_position_seq")))
    op.create_table(
        "event_history",
        sa.Column(
            "position",
            sa.BigInteger(),
            server_default=sa.text("nextval('event_history_position_seq')"),
            nullable=False,
        ),
        sa.Column(
            "recorded_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position", "recorded_at", name=op.f("pk_event_history")),
        postgresql_partition_by="RANGE (recorded_at)",
    )
    op.create_index(op.f("ix_event_history_id"), "event_history", ["id"])
    op.create_index(op.f("ix_event_history_recorded_at"), "event_history", ["recorded_at"])
    op.create_table(
        "event_history_cut",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_event_history_cut")),
    )


def downgrade() -> None:
    op.drop_table("event_history_cut")
    op.drop_table("event_history")
    op.execute(sa.schema.DropSequence(sa.Sequence("event_history_position_seq")))
