"""How many rows a production has in a large table, kept by the database itself.

To count 50,000 tasks takes longer than to read a page of them. So triggers note what each statement
added and took away, whoever ran it, and the number is the sum of the notes: as exact as a count in
the same snapshot. Nobody waits for another, since no note is changed; now and then they are folded
together.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

NOTES: Final = sa.table(
    "row_count",
    sa.column("table_name", sa.Text),
    sa.column("project_id", sa.Uuid),
    sa.column("rows", sa.BigInteger),
)
MANY: Final = 100
"""Notes about one production and table that are worth folding."""
FOLD_SECONDS: Final = 600.0
FOLD: Final = f"""
WITH folded AS (
  DELETE FROM row_count WHERE (table_name, project_id) IN (
    SELECT table_name, project_id FROM row_count GROUP BY 1, 2 HAVING count(*) > {MANY})
  RETURNING table_name, project_id, rows)
INSERT INTO row_count (table_name, project_id, rows)
SELECT table_name, project_id, sum(rows) FROM folded GROUP BY 1, 2 HAVING sum(rows) <> 0
"""  # noqa: S608 - a constant

#: For migrations. Other triggers rest while an import writes; these don't, hence ALWAYS.
FUNCTION: Final = """
CREATE FUNCTION count_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO row_count (table_name, project_id, rows)
    SELECT TG_TABLE_NAME, project_id, count(*) FROM changed
    WHERE project_id IS NOT NULL GROUP BY project_id;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO row_count (table_name, project_id, rows)
    SELECT TG_TABLE_NAME, project_id, -count(*) FROM changed
    WHERE project_id IS NOT NULL GROUP BY project_id;
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO row_count (table_name, project_id, rows)
    SELECT TG_TABLE_NAME, moved.project_id, moved.rows
    FROM (VALUES (OLD.project_id, -1), (NEW.project_id, 1)) AS moved (project_id, rows)
    WHERE moved.project_id IS NOT NULL;
  ELSE
    DELETE FROM row_count WHERE table_name = TG_TABLE_NAME;
  END IF;
  RETURN NULL;
END $$;
"""
TRIGGERS: Final = """
CREATE TRIGGER count_added AFTER INSERT ON {table} REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION count_rows();
CREATE TRIGGER count_removed AFTER DELETE ON {table} REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION count_rows();
CREATE TRIGGER count_moved AFTER UPDATE ON {table} FOR EACH ROW
WHEN (OLD.project_id IS DISTINCT FROM NEW.project_id) EXECUTE FUNCTION count_rows();
CREATE TRIGGER count_emptied AFTER TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION count_rows();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER count_added, ENABLE ALWAYS TRIGGER count_removed,
  ENABLE ALWAYS TRIGGER count_moved, ENABLE ALWAYS TRIGGER count_emptied;
INSERT INTO row_count (table_name, project_id, rows)
SELECT '{table}', project_id, count(*) FROM {table} WHERE project_id IS NOT NULL GROUP BY 2;
"""
NO_MORE: Final = """
DROP TRIGGER count_added ON {table}; DROP TRIGGER count_removed ON {table};
DROP TRIGGER count_moved ON {table}; DROP TRIGGER count_emptied ON {table};
DROP FUNCTION count_rows();
"""


def declare(metadata: sa.MetaData) -> None:
    """The table of notes, for a service that has tables counted."""
    sa.Table(
        NOTES.name,
        metadata,
        sa.Column("table_name", sa.Text, nullable=False),
        sa.Column("project_id", sa.Uuid, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Index(None, "table_name", "project_id"),
    )


def total(table: sa.Table, project: sa.ColumnElement[object]) -> sa.ScalarSelect[int]:
    """The number of rows of a production in a counted table."""
    noted = sa.cast(sa.func.coalesce(sa.func.sum(NOTES.c.rows), 0), sa.BigInteger)
    mine = sa.and_(NOTES.c.table_name == table.name, NOTES.c.project_id == project)
    return sa.select(noted).where(mine).scalar_subquery()
