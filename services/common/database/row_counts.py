"""Row counts of every resource's table, in all and by production, maintained by triggers.

Counting 200,000 rows takes longer than reading a page of them. So triggers insert what each
statement added and removed into ``row_count``, and the count is the sum: as exact as ``count(*)``
in the same snapshot. These rows are never updated, so writers don't wait for each other; a periodic
job folds them together. Migrations create table and triggers: ``frozen.v3``.

Rows may be counted by the values of another column, too: as if those of each value were a table,
named ``entity:<value>``.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from services.common.database.sql_types import Condition, Expression

NOTES: Final = sa.table(
    "row_count",
    sa.column("table_name", sa.Text),
    sa.column("project_id", sa.Uuid),  # zeros for rows that belong to no production
    sa.column("rows", sa.BigInteger),
)
#: Rows about one production and table above which they are folded into one.
MANY: Final = 100
#: Seconds between two folds: a busy table gathers 10,000 rows meanwhile, summed in 2 ms.
FOLD_SECONDS: Final = 60.0
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


def total(
    table: sa.Table, *where: Condition, value: Expression | None = None
) -> sa.ScalarSelect[int]:
    """A subquery: the number of rows in a table, or in the productions that ``where`` names.

    With ``value`` of those with this value, a text, in the column that they are counted by.
    """
    rows = sa.cast(sa.func.coalesce(sa.func.sum(NOTES.c.rows), 0), sa.BigInteger)
    name = sa.literal(f"{table.name}:") + value if value is not None else table.name
    return sa.select(rows).where(NOTES.c.table_name == name, *where).scalar_subquery()
