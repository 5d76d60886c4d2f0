"""Index the entities that were there before.

Rolling deploy: safe. 1,000 rows a transaction, each some tenths of a second; what changes one of them
meanwhile waits that long, so that nothing older is indexed over it.
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None
unnoticed = "it writes to tables that only the new code reads"

FILL = """
CREATE OR REPLACE PROCEDURE search_fill() LANGUAGE plpgsql AS $$
DECLARE
  last uuid := '00000000-0000-0000-0000-000000000000';
  ids uuid[];
BEGIN
  LOOP
    ids := ARRAY(
      SELECT id FROM entity WHERE id > last ORDER BY id LIMIT 1000 FOR NO KEY UPDATE
    );
    EXIT WHEN cardinality(ids) = 0;
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
    """Nothing to take back: the index goes with the migration before."""
