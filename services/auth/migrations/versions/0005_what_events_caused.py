"""The inbox holds what handling an event led to.

Rolling deploy: safe. Old handlers leave the column empty, and nobody waits for what they caused.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inbox", sa.Column("caused", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("inbox", "caused")
