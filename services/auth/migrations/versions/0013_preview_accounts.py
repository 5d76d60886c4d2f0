"""Add preview accounts of productions: people who only look at one, while it is open.

Rolling deploy: the release before logs them in by their password even if they are closed, and shows
them in lists of people: make the first one once all processes are new.
"""

import sqlalchemy as sa
from alembic import op

from services.common.database.frozen import v2

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None
unnoticed = "the trigger and the index are on a column that only the new code writes"

COLUMN = "preview_project_id"
INDEX = f"uq_person_{COLUMN}"


def upgrade() -> None:
    # Repeatable: the block for the index commits what stands before it.
    columns = (
        sa.Column(COLUMN, sa.Uuid(), nullable=True),
        sa.Column("preview_opened_at", sa.TIMESTAMP(), nullable=True),
        sa.Column("preview_open_until", sa.TIMESTAMP(), nullable=True),
    )
    for column in columns:
        op.add_column("person", column, if_not_exists=True)
    with op.get_context().autocommit_block():
        op.drop_index(INDEX, "person", if_exists=True, postgresql_concurrently=True)
        op.create_index(INDEX, "person", [COLUMN], unique=True, postgresql_concurrently=True)
    v2.guard_references(op, "person", COLUMN)


def downgrade() -> None:
    v2.unguard_references(op, "person")
    op.drop_index(INDEX, "person")
    for name in (COLUMN, "preview_opened_at", "preview_open_until"):
        op.drop_column("person", name)
