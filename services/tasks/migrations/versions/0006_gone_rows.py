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
    "attachment_file": ("chat_message_id",),
    "comment": (
        "person_id",
        "editor_id",
    ),
    "comment_acknoledgments": ("person",),
    "comment_department_mentions": ("department",),
    "comment_mentions": ("person",),
    "news": ("author_id",),
    "notification": (
        "person_id",
        "author_id",
        "playlist_id",
    ),
    "preview_file": (
        "person_id",
        "source_file_id",
    ),
    "subscription": (
        "person_id",
        "entity_id",
    ),
    "task": (
        "project_id",
        "entity_id",
        "assigner_id",
    ),
    "task_person_link": ("person_id",),
    "task_type": ("department_id",),
    "time_spent": ("person_id",),
}


def upgrade() -> None:
    v2.create_gone_row(op)
    for table, columns in REFERENCES.items():
        v2.guard_references(op, table, *columns)


def downgrade() -> None:
    for table in REFERENCES:
        v2.unguard_references(op, table)
    v2.drop_gone_row(op)
