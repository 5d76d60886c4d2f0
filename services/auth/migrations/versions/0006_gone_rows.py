"""Remember which rows other services have deleted.

Rolling deploy: safe. Only the new code uses the table.
"""

from alembic import op

from services.common.database.frozen import v2

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    v2.create_gone_row(op)


def downgrade() -> None:
    v2.drop_gone_row(op)
