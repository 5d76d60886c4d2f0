"""Fill the copied productions of the rows that are there.

Rolling deploy: safe. It takes 5,000 rows at a time, some minutes for ten million.
"""

from alembic import op

from services.common.database.frozen import v3

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
unnoticed = "procedures and triggers keep a column that only the new code reads"

COLUMNS = {
    "comment": "object_id",
    "preview_file": "task_id",
    "time_spent": "task_id",
    "notification": "task_id",
    "news": "task_id",
    "subscription": "task_id",
}

FILL_STATUSES = """
CREATE PROCEDURE fill_statuses() LANGUAGE plpgsql AS $$
DECLARE
  last uuid := '00000000-0000-0000-0000-000000000000';
  ids uuid[];
BEGIN
  LOOP
    ids := ARRAY(SELECT id FROM news WHERE id > last ORDER BY id LIMIT 5000);
    EXIT WHEN cardinality(ids) = 0;
    UPDATE news SET given_status_id = comment.task_status_id FROM comment
    WHERE news.id = ANY(ids) AND comment.id = news.comment_id
      AND news.given_status_id IS DISTINCT FROM comment.task_status_id;
    COMMIT;
    last := ids[cardinality(ids)];
  END LOOP;
END $$
"""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for table, column in COLUMNS.items():
            v3.fill_production(op, table, column, "task")
        op.execute("DROP PROCEDURE IF EXISTS fill_statuses")
        op.execute(FILL_STATUSES)
        op.execute("CALL fill_statuses()")
        op.execute("DROP PROCEDURE fill_statuses")


def downgrade() -> None:
    """Nothing to take back: the column goes with the migration before."""
