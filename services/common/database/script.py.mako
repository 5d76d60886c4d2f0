"""${message}.

Rolling deploy: say whether old and new code can run beside each other.
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None

# An index on a table that has rows is a migration of its own, so that nobody waits to write:
#     with op.get_context().autocommit_block():
#         op.drop_index("ix_…", "task", if_exists=True, postgresql_concurrently=True)
#         op.create_index("ix_…", "task", ["…"], postgresql_concurrently=True)
# The first line removes what a broken attempt leaves. Delete this comment.


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
