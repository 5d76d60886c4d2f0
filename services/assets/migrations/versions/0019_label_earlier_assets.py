"""Index by the label of their type the assets that were there before, and the names of types.

Rolling deploy: safe. 1,000 rows a transaction, each some tenths of a second; what changes one of them
meanwhile waits that long. Interrupted, it begins again: an entry that is up to date is not written.
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None
unnoticed = "it writes to tables that only the new code reads"

FILL = """
CREATE OR REPLACE PROCEDURE search_fill() LANGUAGE plpgsql AS $$
DECLARE
  last uuid := '00000000-0000-0000-0000-000000000000';
  ids uuid[];
BEGIN
  PERFORM search_note_types(ARRAY(SELECT id FROM entity_type));
  LOOP
    ids := ARRAY(SELECT id FROM search_entry WHERE kind = 'asset' AND id > last ORDER BY id LIMIT 1000);
    EXIT WHEN cardinality(ids) = 0;
    PERFORM FROM entity WHERE id = ANY(ids) ORDER BY id FOR NO KEY UPDATE;
    PERFORM search_refresh(ids);
    COMMIT;
    last := ids[cardinality(ids)];
  END LOOP;
END $$
"""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute(FILL)
        op.execute("CALL search_fill()")
        op.execute("DROP PROCEDURE search_fill()")
        op.execute("ANALYZE search_entry, search_word")


def downgrade() -> None:
    """Nothing to take back: the migration that made labels writes what was before."""
