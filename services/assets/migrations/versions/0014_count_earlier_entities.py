"""Count the entities of each type that were there before.

Rolling deploy: safe. It reads the table once and locks nothing.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None
unnoticed = "it writes to a table that only the new code reads"

# What the triggers have noted is subtracted, in the same snapshot: exact while others write.
COUNT_NOW = """
INSERT INTO row_count (table_name, project_id, rows)
SELECT name, project_id, sum(rows) FROM (
  SELECT 'entity:' || entity_type_id AS name, project_id, count(*) AS rows
  FROM entity GROUP BY 1, 2
  UNION ALL SELECT table_name, project_id, -sum(rows)
  FROM row_count WHERE table_name LIKE 'entity:%' GROUP BY 1, 2
) AS found GROUP BY 1, 2 HAVING sum(rows) <> 0
"""


def upgrade() -> None:
    op.execute(COUNT_NOW)


def downgrade() -> None:
    """Nothing to take back: the counts go with the migration before."""
