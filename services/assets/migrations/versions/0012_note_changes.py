"""Note what changes in each row, for the events about it.

Rolling deploy: safe. Triggers note it, whichever code writes; old relays don't read it.
"""

from alembic import op

from services.common.database.frozen import v4

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None
unnoticed = "triggers write to a table that only the new code reads"

#: The tables whose rows events are about, and the columns that nobody hears of.
TABLES: dict[str, tuple[str, ...]] = {
    "entity": (),
    "entity_type": (),
    "entity_link": (),
    "asset_instance": (),
    "metadata_descriptor": (),
}


def upgrade() -> None:
    v4.create_row_change(op)
    for table, secret in TABLES.items():
        v4.note_changes(op, table, *secret)


def downgrade() -> None:
    v4.drop_row_change(op, *TABLES)
