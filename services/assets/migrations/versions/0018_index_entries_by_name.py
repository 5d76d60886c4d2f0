"""Index the entries of the search by name, from which the first page of common words is read.

Rolling deploy: safe. The index is built while others write.
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

INDEX = "ix_search_entry_name"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # Building it may have been interrupted, which leaves an invalid one.
        op.drop_index(INDEX, "search_entry", if_exists=True, postgresql_concurrently=True)
        op.create_index(INDEX, "search_entry", ["kind", "name", "id"], postgresql_concurrently=True)


def downgrade() -> None:
    op.drop_index(INDEX, "search_entry")
