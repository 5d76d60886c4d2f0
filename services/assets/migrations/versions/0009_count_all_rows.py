"""Count the rows of every resource as they come and go.

Rolling deploy: safe. Triggers count, whichever code writes.
"""

from alembic import op

from services.common.database.frozen import v3

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
unnoticed = "triggers write to a table that only the new code reads"

#: The tables, and the column of the production that their rows belong to.
TABLES = {
    "entity": "project_id",
    "entity_link": "production_id",
    "metadata_descriptor": "project_id",
    "entity_type": None,
    "asset_instance": None,
}


def upgrade() -> None:
    v3.create_count_functions(op, "project_id", "production_id", None)
    for table, column in TABLES.items():
        # The first counts added rows of it already.
        if table != "entity":
            v3.count_rows(op, table, column)


def downgrade() -> None:
    v3.drop_counts(op, *(table for table in TABLES if table != "entity"))
    op.execute("DROP FUNCTION count_rows_of_production(); DROP FUNCTION count_all_rows()")
