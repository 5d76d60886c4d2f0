"""Index assets by a label of their type instead of the words of its name.

A search finds the types that a word names first, and the assets by their labels: a new name of a
type changes no entry, however many assets are of it.

Rolling deploy: safe. Triggers keep the index, whichever code writes; entries of before are written
anew by a later migration.
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None
unnoticed = "triggers write to tables that only the new code reads"

# Functions that a trigger calls are in PL/pgSQL: those in SQL are set up anew in each statement.
WORDS = """
CREATE OR REPLACE FUNCTION search_data(kind text, data jsonb) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF jsonb_typeof(data) IS DISTINCT FROM 'object' THEN
    RETURN '';
  END IF;
  RETURN search_words(search_code(kind) || 'c', (
    SELECT string_agg(value, ' ') FROM jsonb_each_text(data)
    WHERE kind <> 'shot' OR key NOT IN ('frame_in', 'frame_out', 'fps', 'handle_in', 'handle_out')
  ));
END $$;
CREATE FUNCTION search_note_types(ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO search_word (word)
  SELECT DISTINCT found.word
  FROM entity_type AS type, string_to_table(search_text(type.name), ' ') AS found(word)
  WHERE type.id = ANY(ids) AND found.word ~ '^[^0-9]{4,32}$'
    AND NOT EXISTS (SELECT FROM search_word AS known WHERE known.word = found.word);
END $$;
DO $do$
BEGIN
  EXECUTE format($text$
    CREATE OR REPLACE FUNCTION search_text(value text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
    BEGIN
      RETURN btrim(regexp_replace(
        lower(%1$s.unaccent('%1$s.unaccent', normalize(left(value, 20000)))),
        '[^[:alnum:]]+', ' ', 'g'
      ));
    END $$
  $text$, (SELECT CAST(extnamespace AS regnamespace) FROM pg_extension WHERE extname = 'unaccent'));
END $do$
"""
# A sign that no word has keeps labels apart from words, which begin with the same two letters.
#
# A connection plans these statements once, maybe while the table is small: whole tables would then
# be read for each of thousands of rows that an import adds.
REFRESH = """
CREATE FUNCTION search_label(type_id uuid) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CAST('''aa-' || replace(CAST(type_id AS text), '-', '') || '''\\:1' AS tsvector)
$$;
ALTER FUNCTION search_refresh(uuid[]) RENAME TO search_refresh_with_types;
CREATE FUNCTION search_refresh(ids uuid[]) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
  above uuid[] := ARRAY(
    SELECT DISTINCT unnest(ARRAY[child.parent_id, parent.parent_id])
    FROM entity AS child LEFT JOIN entity AS parent ON parent.id = child.parent_id
    WHERE child.id = ANY(ids)
  );
  types uuid[] := ARRAY(SELECT DISTINCT entity_type_id FROM entity WHERE id = ANY(ids));
BEGIN
  PERFORM FROM entity WHERE id = ANY(above) ORDER BY id FOR KEY SHARE;
  PERFORM FROM entity_type WHERE id = ANY(types) ORDER BY id FOR KEY SHARE;
  WITH written AS (
    INSERT INTO search_entry AS old (id, kind, project_id, name, doc)
    SELECT item.id, found.kind, item.project_id, item.name,
      setweight(CASE found.kind
        WHEN 'asset' THEN search_label(type.id) || search_words('aa', item.name)
        ELSE search_words(found.code || 'a', concat_ws(' ', grandparent.name, parent.name, item.name))
      END, 'A')
      || setweight(search_words(found.code || 'b', item.description), 'B')
      || setweight(search_data(found.kind, item.data), 'C')
    FROM entity AS item
    JOIN entity_type AS type ON type.id = item.entity_type_id
    LEFT JOIN entity AS parent ON parent.id = item.parent_id
    LEFT JOIN entity AS grandparent ON grandparent.id = parent.parent_id
    CROSS JOIN LATERAL (
      SELECT search_kind(type.name) AS kind, search_code(search_kind(type.name)) AS code
    ) AS found
    WHERE item.id = ANY(ids) AND found.kind IS NOT NULL
    ORDER BY item.id
    ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, project_id = excluded.project_id,
      name = excluded.name, doc = excluded.doc
    WHERE (old.kind, old.project_id, old.name, old.doc)
      IS DISTINCT FROM (excluded.kind, excluded.project_id, excluded.name, excluded.doc)
    RETURNING doc
  )
  INSERT INTO search_word (word)
  SELECT DISTINCT found.word
  FROM written, unnest(tsvector_to_array(doc)) AS lexeme, substr(lexeme, 3) AS found(word)
  WHERE found.word ~ '^[^0-9]{4,32}$'
    AND NOT EXISTS (SELECT FROM search_word AS known WHERE known.word = found.word);
END $$
"""
# What is below a type changes only with its kind. Words of types stay when all entities are deleted.
FOLLOW = """
CREATE FUNCTION search_follow_names() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    PERFORM search_note_types(ARRAY(SELECT id FROM entity_type));
  ELSE
    PERFORM search_note_types(ARRAY[NEW.id]);
  END IF;
  RETURN NULL;
END $$;
DROP TRIGGER search_type_changed ON entity_type;
CREATE TRIGGER search_type_changed AFTER UPDATE ON entity_type FOR EACH ROW
WHEN (search_kind(OLD.name) IS DISTINCT FROM search_kind(NEW.name))
EXECUTE FUNCTION search_follow_type();
CREATE TRIGGER search_type_named AFTER INSERT OR UPDATE OF name ON entity_type FOR EACH ROW
EXECUTE FUNCTION search_follow_names();
ALTER FUNCTION search_below(uuid[]) SET enable_seqscan = off;
CREATE TRIGGER search_emptied_words AFTER TRUNCATE ON entity
FOR EACH STATEMENT EXECUTE FUNCTION search_follow_names();
ALTER TABLE entity ENABLE ALWAYS TRIGGER search_emptied_words;
ALTER TABLE entity_type ENABLE ALWAYS TRIGGER search_type_changed,
  ENABLE ALWAYS TRIGGER search_type_named
"""
UNFOLLOW = """
ALTER FUNCTION search_below(uuid[]) RESET enable_seqscan;
DROP TRIGGER search_type_changed ON entity_type;
CREATE TRIGGER search_type_changed AFTER UPDATE ON entity_type FOR EACH ROW
WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION search_follow_type();
ALTER TABLE entity_type ENABLE ALWAYS TRIGGER search_type_changed;
DROP TRIGGER search_type_named ON entity_type;
DROP TRIGGER search_emptied_words ON entity
"""
FORMER = """
DROP FUNCTION search_refresh(uuid[]), search_follow_names(), search_note_types(uuid[]),
  search_label(uuid);
ALTER FUNCTION search_refresh_with_types(uuid[]) RENAME TO search_refresh;
SELECT search_refresh(ARRAY(SELECT id FROM search_entry WHERE kind = 'asset'))
"""


def upgrade() -> None:
    for statement in (WORDS, REFRESH, FOLLOW):
        op.execute(statement)


def downgrade() -> None:
    for statement in (UNFOLLOW, FORMER):
        op.execute(statement)
