"""Copy the production of entities onto what belongs to them.

Rolling deploy: safe. Triggers keep the copy, whichever code writes.
"""

from alembic import op

from services.common.database.frozen import v3

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None
unnoticed = "procedures and triggers keep a column that only the new code reads"

#: What belongs to one, and the column that says to which.
COLUMNS = {"entity_link": "entity_in_id"}


def upgrade() -> None:
    for table, column in COLUMNS.items():
        v3.copy_production(op, table, column, "entity")
    v3.follow_parent(op, "entity", COLUMNS)


def downgrade() -> None:
    v3.drop_follow_parent(op, "entity")
    for table in COLUMNS:
        v3.drop_production(op, table)
