"""Count the rows of every resource as they come and go.

Rolling deploy: safe. Triggers count, whichever code writes.
"""

from alembic import op

from services.common.database.frozen import v3

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
unnoticed = "triggers write to a table that only the new code reads"

#: The tables, and the column of the production that their rows belong to.
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
    v3.create_row_count(op)
    v3.create_count_functions(op, "project_id", "production_id", None)
    for table, column in TABLES.items():
        v3.count_rows(op, table, column)


def downgrade() -> None:
    v3.drop_counts(op, *TABLES)
    op.execute(
        "DROP FUNCTION count_rows(); DROP FUNCTION count_rows_of_production(); DROP FUNCTION count_all_rows()"
    )
    op.drop_table("row_count")
