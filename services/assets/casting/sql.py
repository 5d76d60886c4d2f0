"""The prepared statements that replace castings; rows are passed as one array per column.

So any number of rows takes the same few statements, each prepared once.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.assets.casting.casting_events import SHOT
from services.assets.policy.access import ENTITY, LINK, TYPE
from services.assets.policy.kinds import RESERVED
from services.common.database.sql_types import Condition
from services.common.database.tables import NOW

IDS: Final = sa.ARRAY(sa.Uuid(as_uuid=False))
PAIR: Final = (LINK.c.entity_in_id, LINK.c.entity_out_id)


def _any(column: Any, name: str) -> Any:
    return column == sa.any_(sa.cast(sa.bindparam(name, type_=IDS, required=False), IDS))


def _rows(**kinds: Any) -> Any:
    """A table of the array parameters with these names."""
    arrays = [
        sa.cast(sa.bindparam(name, type_=_array(kind), required=False), _array(kind))
        for name, kind in kinds.items()
    ]
    columns = [sa.column(name, kind) for name, kind in kinds.items()]
    return sa.func.unnest(*arrays).table_valued(*columns, name="given").render_derived()


def _array(kind: Any) -> Any:
    return IDS if kind is sa.Uuid else sa.ARRAY(kind)


def _in_episode(shot: Any, episode: Any) -> Condition:
    """Whether the entity is a shot of the episode."""
    child, sequence = ENTITY.alias("shot"), ENTITY.alias("sequence")
    return sa.exists().where(
        child.c.id == shot, sequence.c.id == child.c.parent_id, sequence.c.parent_id == episode
    )


def _entities() -> Any:
    sequence = ENTITY.alias("sequence")
    kind = sa.case((TYPE.c.name.in_(RESERVED), TYPE.c.name), else_="Asset")
    episode = sa.case((TYPE.c.name == SHOT, sequence.c.parent_id))
    return (
        sa.select(ENTITY.c.id, ENTITY.c.project_id, kind, episode)
        .join(TYPE, TYPE.c.id == ENTITY.c.entity_type_id)
        .outerjoin(sequence, sequence.c.id == ENTITY.c.parent_id)
        .where(_any(ENTITY.c.id, "ids"))
    )


def _insertion() -> Any:
    items = _rows(
        id=sa.Uuid,
        entity_in_id=sa.Uuid,
        entity_out_id=sa.Uuid,
        nb_occurences=sa.Integer,
        label=sa.Text,
    )
    existing = (
        sa.select(*items.c).select_from(items).join(ENTITY, ENTITY.c.id == items.c.entity_out_id)
    )
    insertion = insert(LINK).from_select([column.name for column in items.c], existing)
    return insertion.returning(LINK.c.id, *PAIR)


def _entering() -> Any:
    items = _rows(entity_in_id=sa.Uuid, entity_out_id=sa.Uuid, label=sa.Text)
    rows = sa.select(*items.c, sa.literal_column("gen_random_uuid()"), sa.literal_column("1"))
    columns = [*(column.name for column in items.c), "id", "nb_occurences"]
    insertion = insert(LINK).from_select(columns, rows).on_conflict_do_nothing()
    return insertion.returning(*PAIR)


def _leaving() -> Any:
    # One statement decides and deletes: no shot can cast the asset in between.
    pairs = _rows(episode_id=sa.Uuid, asset_id=sa.Uuid)
    shot_link = LINK.alias("other")
    still_cast = sa.exists().where(
        shot_link.c.entity_out_id == pairs.c.asset_id,
        _in_episode(shot_link.c.entity_in_id, pairs.c.episode_id),
    )
    return (
        sa.delete(LINK)
        .where(
            LINK.c.entity_in_id == pairs.c.episode_id,
            LINK.c.entity_out_id == pairs.c.asset_id,
            ~still_cast,
        )
        .returning(*PAIR)
    )


def _dropping() -> Any:
    pairs = _rows(episode_id=sa.Uuid, asset_id=sa.Uuid)
    return (
        sa.delete(LINK)
        .where(
            LINK.c.entity_out_id == pairs.c.asset_id,
            _in_episode(LINK.c.entity_in_id, pairs.c.episode_id),
        )
        .returning(*PAIR)
    )


def _counting() -> Any:
    counts = _rows(ident=sa.Uuid, size=sa.Integer, delta=sa.Integer)
    size = sa.func.coalesce(counts.c.size, ENTITY.c.nb_entities_out, 0) + counts.c.delta
    return (
        sa.update(ENTITY)
        .where(ENTITY.c.id == counts.c.ident)
        .values({ENTITY.c.nb_entities_out: size, ENTITY.c.updated_at: NOW})
        .returning(ENTITY.c.id, ENTITY.c.nb_entities_out, ENTITY.c.project_id)
    )


#: Id, production, kind and (of a shot) episode of ``ids``.
ENTITIES: Final = _entities()
#: Lock ``episodes`` first, then the rest of ``ids``, each by id.
LOCK: Final = (
    sa.select(ENTITY.c.id)
    .where(_any(ENTITY.c.id, "ids"))
    .order_by(_any(ENTITY.c.id, "episodes").desc(), ENTITY.c.id)
    # A fixed order: two requests over the same entities may wait, but don't deadlock.
    .with_for_update()
)
CLEAR: Final = sa.delete(LINK).where(_any(LINK.c.entity_in_id, "ids")).returning(*PAIR)
#: Cast the assets that exist.
INSERT: Final = _insertion()
#: Cast assets in episodes that don't cast them yet; concurrent requests may try the same.
ENTER: Final = _entering()
#: Remove assets from episodes of which no shot casts them.
LEAVE: Final = _leaving()
#: Remove assets from all shots of an episode.
DROP: Final = _dropping()
#: Set the sizes of castings where one is given, then add the deltas.
COUNT: Final = _counting()
