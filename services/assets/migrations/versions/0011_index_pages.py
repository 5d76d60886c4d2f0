"""Index every resource in the order of pages, and by what pages are filtered by.

Rolling deploy: safe. Indexes are built while others write.
"""

from alembic import op

from services.common.database.frozen import v3

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

#: The tables, and the column that lists are scoped by, which the index holds, too.
TABLES = {
    "entity": "project_id",
    "entity_link": "production_id",
    "metadata_descriptor": "project_id",
    "entity_type": None,
    "asset_instance": None,
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for table, column in TABLES.items():
            v3.create_page_index(op, table, "newest", include=column)
        v3.create_page_index(op, "entity", "of_type", "entity_type_id", "project_id")
        op.drop_index(
            "ix_entity_entity_type_id", "entity", if_exists=True, postgresql_concurrently=True
        )
        op.drop_index(
            "ix_entity_link_of_production",
            "entity_link",
            if_exists=True,
            postgresql_concurrently=True,
        )
        op.create_index(
            "ix_entity_link_of_production",
            "entity_link",
            ["production_id", "created_at", "id"],
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index("ix_entity_of_type", "entity", postgresql_concurrently=True)
        op.create_index(
            "ix_entity_entity_type_id", "entity", ["entity_type_id"], postgresql_concurrently=True
        )
        op.drop_index("ix_entity_link_of_production", "entity_link", postgresql_concurrently=True)
        for table in TABLES:
            op.drop_index(f"ix_{table}_newest", table, postgresql_concurrently=True)
