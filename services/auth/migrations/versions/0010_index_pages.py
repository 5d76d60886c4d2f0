"""Index every resource in the order of pages, and by what pages are filtered by.

Rolling deploy: safe. Indexes are built while others write.
"""

from alembic import op

from services.common.database.frozen import v3

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

#: The tables, and the column that lists are scoped by, which the index holds, too.
TABLES = {
    "department": None,
    "studio": None,
    "organisation": None,
    "person": None,
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for table, column in TABLES.items():
            v3.create_page_index(op, table, "newest", include=column)


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for table in TABLES:
            op.drop_index(f"ix_{table}_newest", table, postgresql_concurrently=True)
