"""Copy the production of entities onto what belongs to them.

Rolling deploy: safe. Triggers keep the copy, whichever code writes.
"""

from alembic import op

from services.common.database.frozen import v2

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
unnoticed = "procedures and triggers keep a column that only the new code reads"

#: What belongs to one, and the column that says to which.
COLUMNS = {"entity_link": "entity_in_id"}


def upgrade() -> None:
    for table, column in COLUMNS.items():
        v2.copy_production(op, table, column, "entity")
    v2.follow_parent(op, "entity", COLUMNS)


def downgrade() -> None:
    v2.drop_follow_parent(op, "entity")
    for table in COLUMNS:
        v2.drop_production(op, table)
