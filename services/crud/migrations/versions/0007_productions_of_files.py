"""Add the production of working and output files, which ``tasks`` and ``assets`` know.

Rolling deploy: safe. The service fills what the release before writes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = ("working_file", "output_file")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("production_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "production_id")
