"""The tables of the index."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR

ENTRY: Final = "search_entry"
WORD: Final = "search_word"
TABLES: Final = frozenset({ENTRY, WORD})
#: Of an entry, for statements.
entry: Final = sa.table(
    ENTRY,
    sa.column("id", sa.Uuid()),
    sa.column("kind", sa.Text()),
    sa.column("project_id", sa.Uuid()),
    sa.column("name", sa.Text()),
    sa.column("doc", TSVECTOR()),
)


def declare(metadata: sa.MetaData, *, by_name: bool = False) -> None:
    """Declare the index of a service; triggers fill it.

    ``by_name`` where very many entries may have the same word: it finds the first of a kind.
    """
    entries = sa.Table(
        ENTRY,
        metadata,
        # No foreign key: several tables may have entries, and a row's trigger deletes its entry.
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("project_id", sa.Uuid),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("doc", TSVECTOR, nullable=False),
        sa.Index("ix_search_entry_doc", "doc", postgresql_using="gin"),
    )
    if by_name:
        sa.Index("ix_search_entry_name", entries.c.kind, entries.c.name, entries.c.id)
    words = sa.Table(WORD, metadata, sa.Column("word", sa.Text, nullable=False, index=True))
    sa.Index(
        "ix_search_word_similar",
        words.c.word,
        postgresql_using="gin",
        postgresql_ops={"word": "gin_trgm_ops"},
    )
