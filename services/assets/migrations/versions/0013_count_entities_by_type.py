"""Count the entities of each type in each production as they come and go.

Rolling deploy: safe. Triggers count, whichever code writes.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None
unnoticed = "triggers write to a table that only the new code reads"

COUNT_TYPES = """
CREATE FUNCTION count_entities_by_type() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO row_count (table_name, project_id, rows)
    SELECT 'entity:' || entity_type_id, project_id, count(*) FROM changed GROUP BY 1, 2;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO row_count (table_name, project_id, rows)
    SELECT 'entity:' || entity_type_id, project_id, -count(*) FROM changed GROUP BY 1, 2;
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO row_count (table_name, project_id, rows)
    VALUES ('entity:' || OLD.entity_type_id, OLD.project_id, -1),
      ('entity:' || NEW.entity_type_id, NEW.project_id, 1);
  ELSE
    DELETE FROM row_count WHERE table_name LIKE 'entity:%';
  END IF;
  RETURN NULL;
END $$
"""
# Ordinary triggers are off while an import writes; these count its rows, too, hence ALWAYS.
TRIGGERS = """
CREATE TRIGGER count_type_added AFTER INSERT ON entity REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION count_entities_by_type();
CREATE TRIGGER count_type_removed AFTER DELETE ON entity REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION count_entities_by_type();
CREATE TRIGGER count_type_emptied AFTER TRUNCATE ON entity
FOR EACH STATEMENT EXECUTE FUNCTION count_entities_by_type();
CREATE TRIGGER count_type_moved AFTER UPDATE ON entity FOR EACH ROW
WHEN ((OLD.entity_type_id, OLD.project_id) IS DISTINCT FROM (NEW.entity_type_id, NEW.project_id))
EXECUTE FUNCTION count_entities_by_type();
ALTER TABLE entity ENABLE ALWAYS TRIGGER count_type_added,
  ENABLE ALWAYS TRIGGER count_type_removed, ENABLE ALWAYS TRIGGER count_type_emptied,
  ENABLE ALWAYS TRIGGER count_type_moved
"""


def upgrade() -> None:
    op.execute(COUNT_TYPES)
    op.execute(TRIGGERS)


def downgrade() -> None:
    for name in ("added", "removed", "emptied", "moved"):
        op.execute(f"DROP TRIGGER count_type_{name} ON entity")
    op.execute("DROP FUNCTION count_entities_by_type()")
    op.execute("DELETE FROM row_count WHERE table_name LIKE 'entity:%'")
