"""Count changes for conditional reads.

Rolling deploy: safe but for the relay, which counts what it sends: restart it before the services,
for an old one would let versions go back.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "change_count",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_change_count")),
    )


def downgrade() -> None:
    op.drop_table("change_count")
