"""Index people for the search.

Rolling deploy: safe. Triggers keep the index, whichever code writes.
"""

from alembic import op

from services.common.database.frozen import v5

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None
unnoticed = "triggers write to tables that only the new code reads"

# Who may not log in, guests, and accounts that only preview a production aren't found.
FOLLOW = """
CREATE FUNCTION search_refresh(ids uuid[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO search_entry (id, kind, name, doc)
  SELECT id, 'person', full_name, setweight(search_words('pa', full_name), 'A')
  FROM person, btrim(concat(first_name, ' ', last_name)) AS full_name
  WHERE id = ANY(ids) AND active AND is_guest IS NOT TRUE AND preview_project_id IS NULL
  ORDER BY id
  ON CONFLICT (id) DO UPDATE SET name = excluded.name, doc = excluded.doc;
  SELECT search_note_words(ids);
$$;
CREATE FUNCTION search_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM search_refresh(ARRAY(SELECT id FROM changed));
  ELSIF TG_OP = 'UPDATE' THEN
    DELETE FROM search_entry WHERE id = OLD.id;
    PERFORM search_refresh(ARRAY[NEW.id]);
  ELSIF TG_OP = 'DELETE' THEN
    DELETE FROM search_entry WHERE id IN (SELECT id FROM changed);
  ELSE
    DELETE FROM search_entry;
    DELETE FROM search_word;
  END IF;
  RETURN NULL;
END $$
"""
# Ordinary triggers are off while an import writes; these index its rows, too, hence ALWAYS.
TRIGGERS = """
CREATE TRIGGER search_added AFTER INSERT ON person REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION search_follow();
CREATE TRIGGER search_changed AFTER UPDATE ON person FOR EACH ROW
WHEN ((OLD.first_name, OLD.last_name, OLD.active, OLD.is_guest)
  IS DISTINCT FROM (NEW.first_name, NEW.last_name, NEW.active, NEW.is_guest))
EXECUTE FUNCTION search_follow();
CREATE TRIGGER search_removed AFTER DELETE ON person REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION search_follow();
CREATE TRIGGER search_emptied AFTER TRUNCATE ON person
FOR EACH STATEMENT EXECUTE FUNCTION search_follow();
ALTER TABLE person ENABLE ALWAYS TRIGGER search_added, ENABLE ALWAYS TRIGGER search_changed,
  ENABLE ALWAYS TRIGGER search_removed, ENABLE ALWAYS TRIGGER search_emptied
"""
FILL = "SELECT search_refresh(ARRAY(SELECT id FROM person))"


def upgrade() -> None:
    v5.create_search(op)
    for statement in (FOLLOW, TRIGGERS, FILL):
        op.execute(statement)


def downgrade() -> None:
    for name in ("added", "changed", "removed", "emptied"):
        op.execute(f"DROP TRIGGER search_{name} ON person")
    op.execute("DROP FUNCTION search_follow(), search_refresh(uuid[])")
    v5.drop_search(op)
