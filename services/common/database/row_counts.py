"""How many rows a production has in a large table, kept by the database itself.

To count 50,000 tasks takes longer than to read a page of them. So triggers note what each statement
added and took away, whoever ran it, and the number is the sum of the notes: as exact as a count in
the same snapshot. Nobody waits for another, since no note is changed; now and then they are folded
together. Migrations create table and triggers: ``frozen.v1.create_row_count``.
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
#: Notes about one production and table that are worth folding.
MANY: Final = 100
FOLD_SECONDS: Final = 600.0
FOLD: Final = f"""
WITH folded AS (
  DELETE FROM row_count WHERE (table_name, project_id) IN (
    SELECT table_name, project_id FROM row_count GROUP BY 1, 2 HAVING count(*) > {MANY})
  RETURNING table_name, project_id, rows)
INSERT INTO row_count (table_name, project_id, rows)
SELECT table_name, project_id, sum(rows) FROM folded GROUP BY 1, 2 HAVING sum(rows) <> 0
"""  # noqa: S608 - a constant


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
