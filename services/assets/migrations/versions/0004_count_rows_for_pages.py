"""Pages of a production's entities from an index in their order, and their number from notes.

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
    v1.create_row_count(op, "entity")
    order = [sa.text("updated_at DESC"), sa.text("created_at DESC"), "id"]
    op.create_index("ix_entity_page", "entity", ["project_id", *order])
    op.drop_index(op.f("ix_entity_project_id"), table_name="entity")


def downgrade() -> None:
    op.create_index(op.f("ix_entity_project_id"), "entity", ["project_id"])
    op.drop_index("ix_entity_page", table_name="entity")
    v1.drop_row_count(op, "entity")
