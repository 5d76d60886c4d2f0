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
    "department_metadata_descriptor_link": ("department_id",),
    "entity": (
        "project_id",
        "preview_file_id",
        "ready_for",
        "created_by",
    ),
    "entity_version": ("person_id",),
    "metadata_descriptor": (
        "project_id",
        "task_type_id",
    ),
    "task_type_asset_type_link": ("task_type_id",),
}


def upgrade() -> None:
    v2.create_gone_row(op)
    for table, columns in REFERENCES.items():
        v2.guard_references(op, table, *columns)


def downgrade() -> None:
    for table in REFERENCES:
        v2.unguard_references(op, table)
    v2.drop_gone_row(op)
