"""The statements of the search: the entries to look in, and the entities found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.assets.entities.rpc_lists import plain_columns
from services.assets.overview import views
from services.assets.policy.access import ENTITY, TYPE
from services.assets.policy.entities import shown_data
from services.common.access.context import CallContext
from services.common.crud.row_json import rows_as_json
from services.common.database.prepared import parameter
from services.common.database.sql_types import Columns, Condition, Expression, Select
from services.common.json_types import JsonObject
from services.common.search import tables
from services.common.search.finding import DOC, MOST_ERRORS, TEXT, matches, words_in
from services.common.search.phrases import Kind, Phrase

ENTRY: Final = tables.entry
#: The kinds in the index, with the letters that its triggers write.
KINDS: Final[Mapping[str, Kind]] = {
    name: Kind(name, code)
    for name, code in {
        "asset": "a",
        "shot": "s",
        "sequence": "q",
        "episode": "e",
        "edit": "d",
    }.items()
}
#: The names of types, by the labels that their assets have in the index.
LABELS: Final = sa.select(
    sa.func.concat("-", sa.func.replace(sa.cast(TYPE.c.id, sa.Text), "-", "")).label("label"),
    TYPE.c.name,
)
TEXTS: Final = ARRAY(TEXT)
IDS: Final = ARRAY(sa.Uuid(as_uuid=False))
#: Metadata of shots that is numbers for machines, and not searched.
TECHNICAL: Final = ("frame_in", "frame_out", "fps", "handle_in", "handle_out")
#: What stands above an entity of a kind, as its row and the row above that.
ABOVE: Final = ENTITY.outerjoin(
    views.SEQUENCE, views.SEQUENCE.c.id == ENTITY.c.parent_id
).outerjoin(views.EPISODE, views.EPISODE.c.id == views.SEQUENCE.c.parent_id)
BELOW_EPISODE: Final = ENTITY.outerjoin(views.EPISODE, views.EPISODE.c.id == ENTITY.c.parent_id)
SOURCES: Final[Mapping[str, Any]] = {
    "asset": ENTITY.join(TYPE, TYPE.c.id == ENTITY.c.entity_type_id),
    "shot": ABOVE,
    "sequence": BELOW_EPISODE,
    "episode": ENTITY,
    "edit": BELOW_EPISODE,
}
OF_EPISODE: Final = (views.EPISODE.c.name.label("episode"), views.EPISODE.c.id.label("episode_id"))
#: What a hit shows besides its columns.
EXTRAS: Final[Mapping[str, tuple[Expression, ...]]] = {
    "asset": (TYPE.c.name.label("asset_type_name"),),
    "shot": (sa.func.coalesce(views.SEQUENCE.c.name, "").label("sequence_name"), *OF_EPISODE),
    "sequence": OF_EPISODE,
    "episode": (),
    "edit": OF_EPISODE,
}


def entries(ctx: CallContext, kind: str, seen: Condition) -> Select:
    """The entries that meet a condition, with the words that the caller sees of those of a kind.

    Their words say of which kind they are: without a condition on it, the planner can't walk
    through all of a kind in another index, as it would for words that it believes to be common.
    """
    rows = sa.select(ENTRY.c.id, ENTRY.c.name, ENTRY.c.doc).where(seen)
    data = shown_data(ctx)
    if data is ENTITY.c.data:
        return rows
    # Words of metadata that is hidden from them must not be found: others are looked for in what
    # they see of it.
    others = sa.func.ts_filter(ENTRY.c.doc, sa.literal_column("'{a,b}'"), type_=DOC)
    own = sa.func.setweight(words_in(f"{KINDS[kind].code}c", _texts(kind, data)), "C", type_=DOC)
    doc = others.op("||", return_type=DOC)(own).label("doc")
    joined = ENTRY.join(ENTITY, ENTITY.c.id == ENTRY.c.id)
    return sa.select(ENTRY.c.id, ENTRY.c.name, doc).select_from(joined).where(seen)


def read(ctx: CallContext, kind: str, ids: Sequence[UUID], phrase: Phrase) -> list[JsonObject]:
    """The entities with these ids, in their order, with where the words were found."""
    statement = _reading(kind, plain_columns(ctx.actor, kind), shown_data(ctx))
    words = {field: phrase.any_in(field, MOST_ERRORS) for field in phrase.kind.fields}
    found = {}
    for (text,) in ctx.database.rows(statement, ids=[str(ident) for ident in ids], **words):
        row = msgspec.json.decode(text)
        fields = [name for name in ("name", "description") if row.pop(f"in_{name}")]
        row["matched_terms"] = [*fields, *row.pop("in_data")]
        # In a production without episodes a hit has neither key.
        if row.get("episode_id", row) is None:
            del row["episode"], row["episode_id"]
        found[row["id"]] = row
    return [found[str(ident)] for ident in ids if str(ident) in found]


# Cached: a prepared statement is found by the identity of its expression.
@lru_cache(maxsize=128)
def _reading(kind: str, columns: Columns, data: Expression) -> Select:
    """The statement that reads hits; its parameters are their ids, and by field the words."""
    source = SOURCES[kind].join(ENTRY, ENTRY.c.id == ENTITY.c.id)
    rows = sa.select(*columns, *EXTRAS[kind], *_matched(kind, data)).select_from(source)
    return rows_as_json(rows.where(ENTITY.c.id == sa.any_(parameter("ids", IDS))))


def _matched(kind: str, data: Expression) -> list[Expression]:
    """Whether the words were found in the name and in the description, and the keys of metadata."""
    pair = _pairs(data)
    words = words_in(f"{KINDS[kind].code}c", pair.c.value)
    keys = sa.select(pair.c.key).where(matches(words, _words("c")), *_searched(kind, pair))
    return [
        matches(ENTRY.c.doc, _words("a")).label("in_name"),
        matches(ENTRY.c.doc, _words("b")).label("in_description"),
        sa.func.array(keys.order_by(pair.c.key).scalar_subquery(), type_=TEXTS).label("in_data"),
    ]


def _words(field: str) -> Expression:
    return parameter(field, TEXT)


def _texts(kind: str, data: Expression) -> Expression:
    """All searched values of metadata, as one text."""
    pair = _pairs(data)
    texts = sa.select(sa.func.string_agg(pair.c.value, " ")).where(*_searched(kind, pair))
    return texts.scalar_subquery()


def _pairs(data: Expression) -> Any:
    """The keys and values of metadata; of anything but an object none."""
    is_object = sa.func.jsonb_typeof(data) == "object"
    plain = sa.case((is_object, data), else_=sa.literal_column("'{}'", JSONB))
    return sa.func.jsonb_each_text(plain).table_valued(
        sa.column("key", TEXT),
        sa.column("value", TEXT),
        name="pair",
        joins_implicitly=True,
    )


def _searched(kind: str, pair: Any) -> list[Condition]:
    return [pair.c.key.not_in(TECHNICAL)] if kind == "shot" else []
