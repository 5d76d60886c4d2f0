"""Index what playlists show and what schedule items are about, to forget what is deleted.

Rolling deploy: safe. Indexes are built while others write.
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_playlist_shots": (
        "playlist",
        "shots",
        {"postgresql_using": "gin", "postgresql_ops": {"shots": "jsonb_path_ops"}},
    ),
    "ix_schedule_item_object_id": ("schedule_item", "object_id", {}),
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, (table, column, options) in INDEXES.items():
            # Building it may have been interrupted, which leaves an invalid one.
            op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
            op.create_index(name, table, [column], postgresql_concurrently=True, **options)


def downgrade() -> None:
    for name, (table, _, _) in INDEXES.items():
        op.drop_index(name, table)
