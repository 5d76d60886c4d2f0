"""Index assets, shots, sequences, episodes and edits for the search.

Rolling deploy: safe. Triggers keep the index, whichever code writes.
"""

from alembic import op

from services.common.database.frozen import v5

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None
unnoticed = "triggers write to tables that only the new code reads"

# The first letter of a word says the kind, the second the field: name (with the names of the type
# or of the parents), description, metadata.
KIND = """
CREATE FUNCTION search_kind(type_name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN type_name IN ('Shot', 'Sequence', 'Episode', 'Edit') THEN lower(type_name)
    WHEN type_name IN ('Scene', 'Concept', 'ConceptFolder') THEN NULL
    ELSE 'asset'
  END
$$;
CREATE FUNCTION search_code(kind text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE kind WHEN 'shot' THEN 's' WHEN 'sequence' THEN 'q' WHEN 'episode' THEN 'e'
    WHEN 'edit' THEN 'd' ELSE 'a' END
$$;
CREATE FUNCTION search_data(kind text, data jsonb) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT search_words(search_code(kind) || 'c', string_agg(value, ' '))
  FROM jsonb_each_text(CASE WHEN jsonb_typeof(data) = 'object' THEN data ELSE '{}' END)
  WHERE kind <> 'shot' OR key NOT IN ('frame_in', 'frame_out', 'fps', 'handle_in', 'handle_out')
$$
"""
# The names of types and parents are read under a lock that their renaming waits for, and the other way round:
# whichever is second sees the other's change.
REFRESH = """
CREATE FUNCTION search_refresh(ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM entity WHERE id IN (
    SELECT unnest(ARRAY[child.parent_id, parent.parent_id])
    FROM entity AS child LEFT JOIN entity AS parent ON parent.id = child.parent_id
    WHERE child.id = ANY(ids)
  ) ORDER BY id FOR KEY SHARE;
  PERFORM FROM entity_type WHERE id IN (SELECT entity_type_id FROM entity WHERE id = ANY(ids))
  ORDER BY id FOR KEY SHARE;
  INSERT INTO search_entry AS old (id, kind, project_id, name, doc)
  SELECT item.id, found.kind, item.project_id, item.name,
    setweight(search_words(found.code || 'a', found.full_name), 'A')
    || setweight(search_words(found.code || 'b', item.description), 'B')
    || setweight(search_data(found.kind, item.data), 'C')
  FROM entity AS item
  JOIN entity_type AS type ON type.id = item.entity_type_id
  LEFT JOIN entity AS parent ON parent.id = item.parent_id
  LEFT JOIN entity AS grandparent ON grandparent.id = parent.parent_id
  CROSS JOIN LATERAL (
    SELECT search_kind(type.name) AS kind, search_code(search_kind(type.name)) AS code,
      CASE search_kind(type.name) WHEN 'asset' THEN concat_ws(' ', type.name, item.name)
      ELSE concat_ws(' ', grandparent.name, parent.name, item.name) END AS full_name
  ) AS found
  WHERE item.id = ANY(ids) AND found.kind IS NOT NULL
  ORDER BY item.id
  ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, project_id = excluded.project_id,
    name = excluded.name, doc = excluded.doc
  WHERE (old.kind, old.project_id, old.name, old.doc)
    IS DISTINCT FROM (excluded.kind, excluded.project_id, excluded.name, excluded.doc);
  PERFORM search_note_words(ids);
END $$;
CREATE FUNCTION search_below(ids uuid[]) RETURNS uuid[] LANGUAGE sql STABLE AS $$
  WITH child AS (SELECT id FROM entity WHERE parent_id = ANY(ids)),
  grandchild AS (SELECT id FROM entity WHERE parent_id = ANY(ARRAY(SELECT id FROM child)))
  SELECT ARRAY(SELECT id FROM child UNION SELECT id FROM grandchild)
$$
"""
# An import may bring what is below a row before the row itself.
FOLLOW = """
CREATE FUNCTION search_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ids uuid[];
BEGIN
  IF TG_OP = 'INSERT' THEN
    ids := ARRAY(SELECT id FROM changed);
    PERFORM search_refresh(ids || search_below(ids));
  ELSIF TG_OP = 'UPDATE' THEN
    ids := ARRAY[NEW.id];
    IF NEW.entity_type_id <> OLD.entity_type_id THEN
      DELETE FROM search_entry WHERE id = NEW.id;
    END IF;
    IF (NEW.name, NEW.parent_id) IS DISTINCT FROM (OLD.name, OLD.parent_id) THEN
      ids := ids || search_below(ids);
    END IF;
    PERFORM search_refresh(ids);
  ELSIF TG_OP = 'DELETE' THEN
    DELETE FROM search_entry WHERE id IN (SELECT id FROM changed);
  ELSE
    DELETE FROM search_entry;
    DELETE FROM search_word;
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION search_follow_type() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ids uuid[] := ARRAY(SELECT id FROM entity WHERE entity_type_id = NEW.id);
BEGIN
  IF TG_OP = 'UPDATE' AND search_kind(NEW.name) IS DISTINCT FROM search_kind(OLD.name) THEN
    DELETE FROM search_entry WHERE id = ANY(ids);
  END IF;
  PERFORM search_refresh(ids);
  RETURN NULL;
END $$
"""
# Ordinary triggers are off while an import writes; these index its rows, too, hence ALWAYS.
TRIGGERS = """
CREATE TRIGGER search_added AFTER INSERT ON entity REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION search_follow();
CREATE TRIGGER search_changed AFTER UPDATE ON entity FOR EACH ROW
WHEN ((OLD.name, OLD.description, OLD.data, OLD.parent_id, OLD.entity_type_id, OLD.project_id)
  IS DISTINCT FROM
  (NEW.name, NEW.description, NEW.data, NEW.parent_id, NEW.entity_type_id, NEW.project_id))
EXECUTE FUNCTION search_follow();
CREATE TRIGGER search_removed AFTER DELETE ON entity REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION search_follow();
CREATE TRIGGER search_emptied AFTER TRUNCATE ON entity
FOR EACH STATEMENT EXECUTE FUNCTION search_follow();
CREATE TRIGGER search_type_added AFTER INSERT ON entity_type FOR EACH ROW
EXECUTE FUNCTION search_follow_type();
CREATE TRIGGER search_type_changed AFTER UPDATE ON entity_type FOR EACH ROW
WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION search_follow_type();
ALTER TABLE entity ENABLE ALWAYS TRIGGER search_added, ENABLE ALWAYS TRIGGER search_changed,
  ENABLE ALWAYS TRIGGER search_removed, ENABLE ALWAYS TRIGGER search_emptied;
ALTER TABLE entity_type ENABLE ALWAYS TRIGGER search_type_added,
  ENABLE ALWAYS TRIGGER search_type_changed
"""
FUNCTIONS = (
    "search_follow_type()",
    "search_follow()",
    "search_below(uuid[])",
    "search_refresh(uuid[])",
    "search_data(text, jsonb)",
    "search_code(text)",
    "search_kind(text)",
)


def upgrade() -> None:
    v5.create_search(op)
    for statement in (KIND, REFRESH, FOLLOW, TRIGGERS):
        op.execute(statement)


def downgrade() -> None:
    for name in ("added", "changed", "removed", "emptied"):
        op.execute(f"DROP TRIGGER search_{name} ON entity")
    for name in ("added", "changed"):
        op.execute(f"DROP TRIGGER search_type_{name} ON entity_type")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
    v5.drop_search(op)
