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
    "department": None,
    "studio": None,
    "organisation": None,
    "person": None,
}


def upgrade() -> None:
    v3.create_row_count(op)
    v3.create_count_functions(op, None)
    for table, column in TABLES.items():
        v3.count_rows(op, table, column)


def downgrade() -> None:
    v3.drop_counts(op, *TABLES)
    op.execute("DROP FUNCTION count_all_rows()")
    op.drop_table("row_count")
