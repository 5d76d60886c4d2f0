"""Pages of a production's tasks from an index in their order, and their number from notes.

Rolling deploy: safe. The database keeps both, whichever code writes; the table can't be written
while the index is built, some seconds for a million rows.
"""

import sqlalchemy as sa
from alembic import op

from services.common.database.frozen import v1

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
unnoticed = "triggers write to a table that only the new code reads"


def upgrade() -> None:
    v1.create_row_count(op, "task")
    order = [sa.text("updated_at DESC"), sa.text("created_at DESC"), "id"]
    op.create_index("ix_task_page", "task", ["project_id", *order])
    op.drop_index(op.f("ix_task_project_id"), table_name="task")


def downgrade() -> None:
    op.create_index(op.f("ix_task_project_id"), "task", ["project_id"])
    op.drop_index("ix_task_page", table_name="task")
    v1.drop_row_count(op, "task")
