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
unnoticed = "the trigger and the constraint are on a column that only the new code writes"

COLUMN = "preview_project_id"


def upgrade() -> None:
    op.add_column("person", sa.Column(COLUMN, sa.Uuid(), nullable=True))
    for name in ("preview_opened_at", "preview_open_until"):
        op.add_column("person", sa.Column(name, sa.TIMESTAMP(), nullable=True))
    op.create_unique_constraint(op.f(f"uq_person_{COLUMN}"), "person", [COLUMN])
    v2.guard_references(op, "person", COLUMN)


def downgrade() -> None:
    v2.unguard_references(op, "person")
    op.drop_constraint(op.f(f"uq_person_{COLUMN}"), "person", type_="unique")
    for name in (COLUMN, "preview_opened_at", "preview_open_until"):
        op.drop_column("person", name)
