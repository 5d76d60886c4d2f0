"""Fill the copied productions of the rows that are there.

Rolling deploy: safe. It takes 5,000 rows at a time, some minutes for ten million.
"""

from alembic import op

from services.common.database.frozen import v3

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
unnoticed = "procedures and triggers keep a column that only the new code reads"

COLUMNS = {"entity_link": "entity_in_id"}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for table, column in COLUMNS.items():
            v3.fill_production(op, table, column, "entity")


def downgrade() -> None:
    """Nothing to take back: the column goes with the migration before."""
