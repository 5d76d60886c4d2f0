"""The index of a service's full text search, as migrations make it.

This file must never be edited, as ``v1`` beside it: a migration that has run somewhere must do the
same everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from alembic.util import CommandError
from sqlalchemy.dialects.postgresql import TSVECTOR

if TYPE_CHECKING:
    from alembic.operations import Operations

EXTENSIONS: Final = ("pg_trgm", "unaccent")
INSTALLED: Final = """
SELECT extname, quote_ident(nspname), has_schema_privilege(nspname, 'USAGE')
FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = ANY(:names)
"""
MAY_CREATE: Final = "SELECT has_database_privilege(current_database(), 'CREATE')"
MISSING: Final = (
    "The search needs the extensions {names} in this database. As its owner or a superuser, run "
    "CREATE SCHEMA IF NOT EXISTS extensions; GRANT USAGE ON SCHEMA extensions TO PUBLIC; {creates}"
)
CLOSED: Final = (
    "The search needs the extension {name}, whose schema this role may not use. As a superuser, "
    "run GRANT USAGE ON SCHEMA {schema} TO PUBLIC"
)

# ``unaccent`` with its dictionary named depends on nothing that a session sets, though it isn't
# declared immutable. Each word gets the code of its kind and field as a prefix, so that the index
# tells them apart. Texts are cut: a write must not fail for the size of its index entry.
# The settings of a module are known only once it is loaded, hence the call of one of its functions.
FUNCTIONS: Final = """
CREATE FUNCTION search_text(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT btrim(regexp_replace(
    lower({unaccent}.unaccent('{unaccent}.unaccent', normalize(left(value, 20000)))),
    '[^[:alnum:]]+', ' ', 'g'
  ))
$$;
CREATE FUNCTION search_words(code text, value text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(
    to_tsvector('pg_catalog.simple',
      replace(' ' || nullif(search_text(value), ''), ' ', ' ' || code)),
    ''
  )
$$;
SELECT {pg_trgm}.similarity('a', 'b');
CREATE FUNCTION search_similar(wanted text, is_prefix boolean) RETURNS SETOF text
LANGUAGE sql STABLE
SET {trgm}.similarity_threshold = 0.2 SET {trgm}.word_similarity_threshold = 0.4 AS $$
  SELECT word FROM search_word
  WHERE word OPERATOR({pg_trgm}.%) wanted OR is_prefix AND word OPERATOR({pg_trgm}.%>) wanted
  GROUP BY word ORDER BY {pg_trgm}.word_similarity(wanted, word) DESC, length(word) LIMIT 60
$$;
"""
# Not unique, and no lock: two transactions that bring the same new word don't wait for each other.
# Numbers and codes are left out: with a typing error they are other ones.
NOTE_WORDS: Final = """
CREATE FUNCTION search_note_words(ids uuid[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO search_word (word)
  SELECT DISTINCT found.word
  FROM search_entry, unnest(doc) AS lexeme, substr(lexeme.lexeme, 3) AS found(word)
  WHERE search_entry.id = ANY(ids) AND found.word ~ '^[^0-9]{4,32}$'
    AND NOT EXISTS (SELECT FROM search_word AS known WHERE known.word = found.word)
$$
"""


def create_search(op: Operations) -> None:
    """Create the tables of the index and the functions that fill and read it."""
    schemas = _extension_schemas(op)
    op.create_table(
        "search_entry",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("doc", TSVECTOR(), nullable=False),
    )
    # Every search reads the list of what is not yet in the index itself: it is kept short.
    pending = {"gin_pending_list_limit": 256}
    op.create_index(
        "ix_search_entry_doc",
        "search_entry",
        ["doc"],
        postgresql_using="gin",
        postgresql_with=pending,
    )
    op.create_table("search_word", sa.Column("word", sa.Text(), nullable=False))
    op.create_index("ix_search_word_word", "search_word", ["word"])
    trigrams = f"CREATE INDEX ix_search_word_similar ON search_word USING gin (word {schemas['pg_trgm']}.gin_trgm_ops)"  # noqa: E501
    op.execute(trigrams)
    op.execute(FUNCTIONS.format(**schemas, trgm="pg_trgm"))
    op.execute(NOTE_WORDS)


def drop_search(op: Operations) -> None:
    """Drop what ``create_search`` made; the extensions stay, as others may use them."""
    op.execute("DROP FUNCTION search_note_words(uuid[]), search_similar(text, boolean)")
    op.execute("DROP FUNCTION search_words(text, text), search_text(text)")
    op.drop_table("search_word")
    op.drop_table("search_entry")


def _extension_schemas(op: Operations) -> dict[str, str]:
    """The schemas of the extensions, which are created if this role may. Raises CommandError."""
    if op.get_context().as_sql:
        return dict.fromkeys(EXTENSIONS, "extensions")
    connection = op.get_bind()
    found = _installed(connection)
    missing = [name for name in EXTENSIONS if name not in found]
    creates = "; ".join(f"CREATE EXTENSION {name} SCHEMA extensions" for name in missing)
    if missing and not connection.scalar(sa.text(MAY_CREATE)):
        raise CommandError(MISSING.format(names=" and ".join(missing), creates=creates))
    if missing:
        op.execute(f"CREATE SCHEMA IF NOT EXISTS extensions; {creates}")
        found = _installed(connection)
    for name, (schema, usable) in found.items():
        if not usable:
            raise CommandError(CLOSED.format(name=name, schema=schema))
    return {name: schema for name, (schema, _) in found.items()}


def _installed(connection: sa.Connection) -> dict[str, tuple[str, bool]]:
    rows = connection.execute(sa.text(INSTALLED), {"names": list(EXTENSIONS)})
    return {name: (schema, usable) for name, schema, usable in rows}
