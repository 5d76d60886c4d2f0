"""Remember which rows other services have deleted, and refuse late references to them.

Rolling deploy: safe. Of the old code, too, what references a deleted row is refused with the message
for a missing one.
"""

from alembic import op

from services.common.database.frozen import v2

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
unnoticed = "the triggers refuse only what would be deleted the moment after"

REFERENCES = {
    "chat": ("object_id",),
    "chat_message": ("person_id",),
    "chat_participant": ("person_id",),
}


def upgrade() -> None:
    v2.create_gone_row(op)
    for table, columns in REFERENCES.items():
        v2.guard_references(op, table, *columns)


def downgrade() -> None:
    for table in REFERENCES:
        v2.unguard_references(op, table)
    v2.drop_gone_row(op)
