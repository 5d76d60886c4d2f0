"""Row counts of any table, and copies of a row's production, as migrations make them.

This file must never be edited, as ``v1`` beside it: a migration that has run somewhere must do the
same everywhere. Every statement is safe on a table that others write to: none scans it locked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

if TYPE_CHECKING:
    from alembic.operations import Operations

#: Counts rows without a production.
NOBODY: Final = "'00000000-0000-0000-0000-000000000000'::uuid"
NEWEST_FIRST: Final = ("updated_at DESC", "created_at DESC")

COUNT_ROWS: Final = """
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO row_count (table_name, project_id, rows)
    SELECT TG_TABLE_NAME, {key}, count(*) FROM changed GROUP BY 2;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO row_count (table_name, project_id, rows)
    SELECT TG_TABLE_NAME, {key}, -count(*) FROM changed GROUP BY 2;
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO row_count (table_name, project_id, rows)
    VALUES (TG_TABLE_NAME, {old}, -1), (TG_TABLE_NAME, {new}, 1);
  ELSE
    DELETE FROM row_count WHERE table_name = TG_TABLE_NAME;
  END IF;
  RETURN NULL;
END $$
"""
# Ordinary triggers are off while an import writes; these count its rows, too, hence ALWAYS.
COUNT_TRIGGERS: Final = """
CREATE TRIGGER count_added AFTER INSERT ON {table} REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION {function}();
CREATE TRIGGER count_removed AFTER DELETE ON {table} REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION {function}();
CREATE TRIGGER count_emptied AFTER TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION {function}();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER count_added, ENABLE ALWAYS TRIGGER count_removed,
  ENABLE ALWAYS TRIGGER count_emptied
"""
COUNT_MOVED: Final = """
CREATE TRIGGER count_moved AFTER UPDATE ON {table} FOR EACH ROW
WHEN (OLD.{column} IS DISTINCT FROM NEW.{column}) EXECUTE FUNCTION {function}();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER count_moved
"""
# What the triggers have noted is subtracted, in the same snapshot: exact while others write.
COUNT_NOW: Final = """
INSERT INTO row_count (table_name, project_id, rows)
SELECT '{table}', key, sum(rows) FROM (
  SELECT {key} AS key, count(*) AS rows FROM {table} GROUP BY 1
  UNION ALL SELECT project_id, -sum(rows) FROM row_count WHERE table_name = '{table}' GROUP BY 1
) AS found GROUP BY key HAVING sum(rows) <> 0
"""
DROP_COUNT: Final = """
DROP TRIGGER count_added ON {table}; DROP TRIGGER count_removed ON {table};
DROP TRIGGER IF EXISTS count_moved ON {table}; DROP TRIGGER count_emptied ON {table};
DELETE FROM row_count WHERE table_name = '{table}'
"""

# The copy is the database's: writers of the release before know nothing of it, and an import brings
# rows in any order.
COPY_PRODUCTION: Final = """
CREATE FUNCTION {table}_production() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.production_id := (SELECT project_id FROM {parent} WHERE id = NEW.{column});
  RETURN NEW;
END $$;
CREATE TRIGGER copy_production BEFORE INSERT OR UPDATE OF {column} ON {table}
FOR EACH ROW EXECUTE FUNCTION {table}_production();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER copy_production
"""
# For rows that came before their parent, and for parents that move.
FOLLOW_PARENT: Final = """
CREATE FUNCTION {parent}_productions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {updates} RETURN NULL; END $$;
CREATE TRIGGER give_production AFTER INSERT ON {parent} REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION {parent}_productions();
CREATE FUNCTION {parent}_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {moves} RETURN NULL; END $$;
CREATE TRIGGER move_production AFTER UPDATE ON {parent} FOR EACH ROW
WHEN (OLD.project_id IS DISTINCT FROM NEW.project_id) EXECUTE FUNCTION {parent}_moves();
ALTER TABLE {parent} ENABLE ALWAYS TRIGGER give_production,
  ENABLE ALWAYS TRIGGER move_production
"""
GIVE: Final = """
UPDATE {table} SET production_id = changed.project_id FROM changed
WHERE {table}.{column} = changed.id AND {table}.production_id IS DISTINCT FROM changed.project_id;
"""
MOVE: Final = """
UPDATE {table} SET production_id = NEW.project_id WHERE {column} = NEW.id;
"""
# By the primary key, 5,000 rows a transaction: nobody waits longer than one of them takes.
FILL_PRODUCTION: Final = """
CREATE PROCEDURE fill_{table}() LANGUAGE plpgsql AS $$
DECLARE
  last uuid := '00000000-0000-0000-0000-000000000000';
  ids uuid[];
BEGIN
  LOOP
    ids := ARRAY(SELECT id FROM {table} WHERE id > last ORDER BY id LIMIT 5000);
    EXIT WHEN cardinality(ids) = 0;
    UPDATE {table} SET production_id = parent.project_id FROM {parent} AS parent
    WHERE {table}.id = ANY(ids) AND parent.id = {table}.{column}
      AND {table}.production_id IS DISTINCT FROM parent.project_id;
    COMMIT;
    last := ids[cardinality(ids)];
  END LOOP;
END $$
"""


def create_row_count(op: Operations) -> None:
    """Create the table of row counts."""
    op.create_table(
        "row_count",
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
    )
    op.create_index(
        op.f("ix_row_count_table_name_project_id"), "row_count", ["table_name", "project_id"]
    )


def _function(column: str | None) -> str:
    # The name of v1's, whose triggers stay, for the column that v1 counts by.
    names = {None: "count_all_rows", "project_id": "count_rows"}
    return names.get(column, "count_rows_of_production")


def _key(column: str | None, row: str = "") -> str:
    return f"coalesce({row}{column}, {NOBODY})" if column else NOBODY


def create_count_functions(op: Operations, *columns: str | None) -> None:
    """Create the trigger functions that count rows by each of these columns."""
    for column in columns:
        keys = {name: _key(column, row) for name, row in (("old", "OLD."), ("new", "NEW."))}
        function = _function(column)
        op.execute(COUNT_ROWS.format(function=function, key=_key(column), **keys))


def count_rows(op: Operations, table: str, column: str | None) -> None:
    """Count the rows of a table by a column, or as a whole, from now on."""
    function = _function(column)
    op.execute(COUNT_TRIGGERS.format(table=table, function=function))
    if column:
        op.execute(COUNT_MOVED.format(table=table, column=column, function=function))


def count_now(op: Operations, table: str, column: str | None) -> None:
    """Add the rows that were there before the triggers."""
    op.execute(COUNT_NOW.format(table=table, key=_key(column)))


def copy_production(op: Operations, table: str, column: str, parent: str) -> None:
    """Add ``production_id``: the production of the row's parent, kept by triggers."""
    op.add_column(table, sa.Column("production_id", sa.Uuid(), nullable=True))
    op.execute(COPY_PRODUCTION.format(table=table, column=column, parent=parent))


def follow_parent(op: Operations, parent: str, columns: dict[str, str]) -> None:
    """Have rows that reference the parent, by table, follow it."""
    tables = [{"table": table, "column": column} for table, column in columns.items()]
    updates = "".join(GIVE.format(**one) for one in tables)
    moves = "".join(MOVE.format(**one) for one in tables)
    op.execute(FOLLOW_PARENT.format(parent=parent, updates=updates, moves=moves))


def fill_production(op: Operations, table: str, column: str, parent: str) -> None:
    """Fill ``production_id`` of the rows that are there, piece by piece; not in a transaction."""
    op.execute(f"DROP PROCEDURE IF EXISTS fill_{table}")
    op.execute(FILL_PRODUCTION.format(table=table, column=column, parent=parent))
    op.execute(f"CALL fill_{table}()")
    op.execute(f"DROP PROCEDURE fill_{table}")


def drop_production(op: Operations, table: str) -> None:
    """Drop the copy."""
    op.execute(
        f"DROP TRIGGER copy_production ON {table}; DROP FUNCTION {table}_production(); "
        f"ALTER TABLE {table} DROP COLUMN production_id"
    )


def drop_follow_parent(op: Operations, parent: str) -> None:
    """Have nothing follow the parent."""
    op.execute(
        f"DROP TRIGGER give_production ON {parent}; DROP TRIGGER move_production ON {parent}; "
        f"DROP FUNCTION {parent}_productions(); DROP FUNCTION {parent}_moves()"
    )


def drop_counts(op: Operations, *tables: str) -> None:
    """Count the rows of these tables no more."""
    for table in tables:
        op.execute(DROP_COUNT.format(table=table))


def create_page_index(
    op: Operations,
    table: str,
    name: str,
    column: str | None = None,
    include: str | None = None,
) -> None:
    """Build an index of a table by a column, then in the order of pages; holds no writer back."""
    updated, created = map(sa.text, NEWEST_FIRST)
    order: list[str | sa.TextClause] = [*([column] if column else []), updated, created, "id"]
    options: dict[str, Any] = {"postgresql_include": [include]} if include else {}
    op.drop_index(f"ix_{table}_{name}", table, if_exists=True, postgresql_concurrently=True)
    op.create_index(f"ix_{table}_{name}", table, order, postgresql_concurrently=True, **options)
