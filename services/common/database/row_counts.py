"""Row counts of productions in large tables, maintained by triggers.

Counting 50,000 tasks takes longer than reading a page of them. So triggers insert what each
statement added and removed into ``row_count``, and the count is the sum: as exact as ``count(*)``
in the same snapshot. These rows are never updated, so writers don't wait for each other; a periodic
job folds them together. Migrations create table and triggers: ``frozen.v1.create_row_count``.
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
#: Rows about one production and table above which they are folded into one.
MANY: Final = 100
#: Seconds between two folds.
FOLD_SECONDS: Final = 600.0
# One statement, so that every snapshot sees either the old rows or their sum. Two replicas may fold
# at once: each row is deleted, and hence counted, by one of them only.
FOLD: Final = f"""
WITH folded AS (
  DELETE FROM row_count WHERE (table_name, project_id) IN (
    SELECT table_name, project_id FROM row_count GROUP BY 1, 2 HAVING count(*) > {MANY})
  RETURNING table_name, project_id, rows)
INSERT INTO row_count (table_name, project_id, rows)
SELECT table_name, project_id, sum(rows) FROM folded GROUP BY 1, 2 HAVING sum(rows) <> 0
"""  # noqa: S608 - a constant


def declare(metadata: sa.MetaData) -> None:
    """Declare ``row_count``, in a service that counts rows."""
    sa.Table(
        NOTES.name,
        metadata,
        sa.Column("table_name", sa.Text, nullable=False),
        sa.Column("project_id", sa.Uuid, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Index(None, "table_name", "project_id"),
    )


def total(table: sa.Table, project: sa.ColumnElement[object]) -> sa.ScalarSelect[int]:
    """A subquery: the number of a production's rows in a counted table."""
    noted = sa.cast(sa.func.coalesce(sa.func.sum(NOTES.c.rows), 0), sa.BigInteger)
    mine = sa.and_(NOTES.c.table_name == table.name, NOTES.c.project_id == project)
    return sa.select(noted).where(mine).scalar_subquery()
