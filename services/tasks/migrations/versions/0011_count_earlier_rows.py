"""Count the rows that were there before.

Rolling deploy: safe. It reads each table once and locks none.
"""

from alembic import op

from services.common.database.frozen import v3

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None
unnoticed = "it writes to a table that only the new code reads"

TABLES = {
    "task": "project_id",
    "comment": "production_id",
    "preview_file": "production_id",
    "time_spent": "production_id",
    "notification": "production_id",
    "news": "production_id",
    "subscription": "production_id",
    "task_type": None,
    "task_status": None,
    "attachment_file": None,
    "status_automation": None,
}


def upgrade() -> None:
    for table, column in TABLES.items():
        v3.count_now(op, table, column)


def downgrade() -> None:
    """Nothing to take back: the counts go with the migration before."""
