"""Count the rows that were there before.

Rolling deploy: safe. It reads each table once and locks none.
"""

from alembic import op

from services.common.database.frozen import v3

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
unnoticed = "it writes to a table that only the new code reads"

TABLES = {
    "playlist": "project_id",
    "schedule_item": "project_id",
    "milestone": "project_id",
    "production_schedule_version": "project_id",
    "search_filter": "project_id",
    "search_filter_group": "project_id",
    "budget": "project_id",
    "api_event": "project_id",
    "working_file": "production_id",
    "output_file": "production_id",
    "project": None,
    "project_status": None,
    "project_template": None,
    "production_schedule_version_task_link": None,
    "output_type": None,
    "file_status": None,
    "software": None,
    "hardware_item": None,
    "preview_background_file": None,
    "day_off": None,
    "budget_entry": None,
    "salary_scale": None,
    "custom_action": None,
    "plugin": None,
}


def upgrade() -> None:
    for table, column in TABLES.items():
        v3.count_now(op, table, column)


def downgrade() -> None:
    """Nothing to take back: the counts go with the migration before."""
