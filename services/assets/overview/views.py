"""The JSON of entities in views with tasks: all keys of each kind except ``tasks``.

Each ``…_summary`` returns a SELECT list, in the order that the compact form guarantees.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from services.assets.models import EntityConceptLink
from services.assets.policy.access import ENTITY, LINK, TYPE, of_kind
from services.assets.policy.kinds import KIND
from services.common.database.sql_types import Condition, Expression
from services.common.database.tables import table_of

SEQUENCE: Final = ENTITY.alias("sequence")
EPISODE: Final = ENTITY.alias("episode")
CONCEPT_LINK: Final = table_of(EntityConceptLink)
NOTHING: Final[Expression] = sa.literal_column("'{}'::jsonb")
NO_IDS: Final[Expression] = sa.literal_column("'{}'::uuid[]")
Columns = list[Expression]
Names = Mapping[str, str]


def id_or(ident: Any, empty: str) -> Expression:
    """An id as text; ``empty`` where there is none."""
    return sa.func.coalesce(sa.cast(ident, sa.Text), sa.literal_column(f"'{empty}'"))


def project_name(names: Names) -> Expression:
    """The name of an entity's production, from names by id."""
    # ``crud`` owns the names: they are sent as one parameter, a jsonb object, instead of joined.
    texts = sa.literal(dict(names), JSONB)
    text: Expression = texts[sa.cast(ENTITY.c.project_id, sa.Text)].astext
    return text.label("project_name")


def _plain(*names: str) -> Columns:
    return [ENTITY.c[name] for name in names]


def _data(data: Expression) -> Columns:
    return [sa.func.coalesce(data, NOTHING).label("data")]


def _frames(*names: str) -> Columns:
    return [ENTITY.c.data[name].label(name) for name in names]


def _kind(kind: str) -> Expression:
    return sa.literal_column(f"'{kind}'", sa.Text).label("type")


def asset_summary(data: Expression, _names: Names, episodes: Any = NO_IDS) -> Columns:
    """An asset without ``tasks``, which ``tasks`` adds; clients expect texts for missing ids."""
    return [
        *_plain("id", "name"),
        id_or(ENTITY.c.preview_file_id, "").label("preview_file_id"),
        ENTITY.c.description,
        TYPE.c.name.label("asset_type_name"),
        ENTITY.c.entity_type_id.label("asset_type_id"),
        ENTITY.c.canceled,
        id_or(ENTITY.c.ready_for, "None").label("ready_for"),
        id_or(ENTITY.c.source_id, "").label("episode_id"),
        episodes.label("casting_episode_ids"),
        *_plain("is_casting_standby", "is_shared"),
        *_data(data),
    ]


def shot_summary(data: Expression, names: Names, _episodes: Any = None) -> Columns:
    """A shot without ``tasks``."""
    return [
        ENTITY.c.canceled,
        *_data(data),
        *_plain("description", "entity_type_id"),
        EPISODE.c.id.label("episode_id"),
        sa.func.coalesce(EPISODE.c.name, "").label("episode_name"),
        *_frames("fps", "frame_in", "frame_out"),
        *_plain("id", "name", "nb_frames", "parent_id", "preview_file_id", "project_id"),
        project_name(names),
        SEQUENCE.c.id.label("sequence_id"),
        SEQUENCE.c.name.label("sequence_name"),
        *_plain("source_id", "nb_entities_out", "is_casting_standby"),
        _kind("Shot"),
    ]


def part_summary(data: Expression, _names: Names, _episodes: Any = None) -> Columns:
    """A sequence, scene or episode without ``tasks``; ``episode_id`` is the parent's id."""
    return [
        *_plain("id", "name", "status"),
        id_or(ENTITY.c.parent_id, "None").label("episode_id"),
        ENTITY.c.description,
        *_frames("frame_in", "frame_out", "fps"),
        id_or(ENTITY.c.preview_file_id, "").label("preview_file_id"),
        ENTITY.c.canceled,
        *_data(data),
    ]


def edit_summary(data: Expression, names: Names, _episodes: Any = None) -> Columns:
    """An edit without ``tasks``."""
    return [
        ENTITY.c.canceled,
        *_data(data),
        *_plain("description", "entity_type_id"),
        EPISODE.c.id.label("episode_id"),
        sa.func.coalesce(EPISODE.c.name, "").label("episode_name"),
        *_plain("id", "name", "parent_id", "preview_file_id", "project_id"),
        project_name(names),
        *_plain("source_id", "nb_entities_out"),
        _kind("Edit"),
    ]


def concept_summary(data: Expression, names: Names, _episodes: Any = None) -> Columns:
    """A concept without ``tasks``."""
    entities = sa.select(CONCEPT_LINK.c.entity_out_id).where(
        CONCEPT_LINK.c.entity_in_id == ENTITY.c.id
    )
    return [
        ENTITY.c.canceled,
        *_data(data),
        *_plain("description", "entity_type_id"),
        *_frames("fps", "frame_in", "frame_out"),
        *_plain("id", "name", "nb_frames", "parent_id", "preview_file_id", "project_id"),
        project_name(names),
        *_plain("source_id", "nb_entities_out", "is_casting_standby"),
        sa.func.array(entities.correlate(ENTITY).scalar_subquery()).label("entity_concept_links"),
        KIND.label("type"),
        sa.func.date_trunc("second", ENTITY.c.updated_at).label("updated_at"),
        sa.func.date_trunc("second", ENTITY.c.created_at).label("created_at"),
        ENTITY.c.created_by,
    ]


SUMMARIES: Final[Mapping[str, Callable[..., Columns]]] = {
    "asset": asset_summary,
    "shot": shot_summary,
    "sequence": part_summary,
    "scene": part_summary,
    "episode": part_summary,
    "edit": edit_summary,
    "concept": concept_summary,
}
#: Kinds whose views name the production.
NAMING: Final = frozenset({"shot", "edit", "concept"})
#: Kinds that only hold other entities.
PARTS: Final = frozenset({"sequence", "scene", "episode"})
_PARENT_IS_EPISODE: Final = ENTITY.outerjoin(EPISODE, EPISODE.c.id == ENTITY.c.parent_id)
#: The FROM clause of each kind; a shot without a sequence isn't shown.
SOURCES: Final[Mapping[str, sa.FromClause]] = {
    "asset": ENTITY.join(TYPE, TYPE.c.id == ENTITY.c.entity_type_id),
    "shot": ENTITY.join(SEQUENCE, SEQUENCE.c.id == ENTITY.c.parent_id).outerjoin(
        EPISODE, EPISODE.c.id == SEQUENCE.c.parent_id
    ),
    "edit": _PARENT_IS_EPISODE,
}
#: Orders of entities.
BY_NAME: Final = (ENTITY.c.name, ENTITY.c.id)
BY_AGE: Final = (ENTITY.c.created_at, ENTITY.c.id)
#: Of views with tasks; others are sorted by age.
ORDERS: Final[Mapping[str, tuple[Any, ...]]] = {
    "asset": (TYPE.c.name, *BY_NAME),
}


def source_of(kind: str) -> Any:
    """The FROM clause of a kind's summary."""
    return SOURCES.get(kind, ENTITY)


def summary_source(kind: str, project: Any) -> tuple[Any, Any]:
    """The FROM clause of summaries, and the column of the episodes in which an asset is cast.

    Without a production the column is empty.
    """
    source = source_of(kind)
    if kind != "asset" or project is None:
        return source, NO_IDS
    episodes = _episodes_by_asset(project)
    with_episodes = source.outerjoin(episodes, episodes.c.asset_id == ENTITY.c.id)
    return with_episodes, sa.func.coalesce(episodes.c.episodes, NO_IDS)


def _episodes_by_asset(project: Any) -> Any:
    # Grouped once and joined: a subquery per asset, as in ``cast_episodes``, would run per row.
    ids = sa.func.array_agg(aggregate_order_by(EPISODE.c.id, EPISODE.c.name, EPISODE.c.id))
    return (
        sa.select(LINK.c.entity_out_id.label("asset_id"), ids.label("episodes"))
        .join(EPISODE, EPISODE.c.id == LINK.c.entity_in_id)
        .where(EPISODE.c.project_id == project, of_kind("episode", EPISODE))
        .group_by(LINK.c.entity_out_id)
        .subquery("cast_in")
    )


def cast_episodes() -> Expression:
    """The ids of the episodes in which an asset is cast, by name; for the detail of one asset."""
    episode = ENTITY.alias("cast_episode")
    ids = (
        sa.select(episode.c.id)
        .join(LINK, LINK.c.entity_in_id == episode.c.id)
        .where(LINK.c.entity_out_id == ENTITY.c.id, of_kind("episode", episode))
        .order_by(episode.c.name, episode.c.id)
        .correlate(ENTITY)
    )
    return sa.func.array(ids.scalar_subquery())


def in_episode(kind: str, episode: Any) -> Condition:
    """Whether an entity belongs to an episode; an asset also if it is cast in it."""
    if kind == "asset":
        cast_ids = sa.select(LINK.c.entity_out_id).where(LINK.c.entity_in_id == episode)
        return sa.or_(ENTITY.c.source_id == episode, ENTITY.c.id.in_(cast_ids))
    condition: Condition = (
        SEQUENCE.c.parent_id if kind == "shot" else ENTITY.c.parent_id
    ) == episode
    return condition
