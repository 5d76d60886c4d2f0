"""Link a task type or status to a template once; of doubles the oldest is kept.

Rolling deploy: safe. The lists that the release before writes have no doubles.
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None
unnoticed = "the release before writes no doubles, and reads as many rows as it finds"

LINKS = {
    "project_template_task_type_link": "task_type_id",
    "project_template_task_status_link": "task_status_id",
}
DROP_DOUBLES = """
CREATE PROCEDURE drop_doubles_of_{table}() LANGUAGE sql AS $$
  DELETE FROM {table} WHERE id IN (
    SELECT id FROM (
      SELECT id, row_number() OVER (
        PARTITION BY project_template_id, {column} ORDER BY created_at, id
      ) AS place FROM {table}
    ) AS numbered WHERE place > 1
  )
$$
"""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for table, column in LINKS.items():
            op.execute(f"DROP PROCEDURE IF EXISTS drop_doubles_of_{table}")
            op.execute(DROP_DOUBLES.format(table=table, column=column))
            op.execute(f"CALL drop_doubles_of_{table}()")
            op.execute(f"DROP PROCEDURE drop_doubles_of_{table}")
            index = f"uq_{table}"
            op.drop_index(index, table, if_exists=True, postgresql_concurrently=True)
            op.create_index(
                index,
                table,
                ["project_template_id", column],
                unique=True,
                postgresql_concurrently=True,
            )
            op.drop_index(
                op.f(f"ix_{table}_project_template_id"),
                table,
                if_exists=True,
                postgresql_concurrently=True,
            )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for table in LINKS:
            op.create_index(
                op.f(f"ix_{table}_project_template_id"),
                table,
                ["project_template_id"],
                postgresql_concurrently=True,
            )
            op.drop_index(f"uq_{table}", table, postgresql_concurrently=True)
