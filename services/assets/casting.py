"""Replacing castings: what changes, in which order it is locked, and what is told of it.

However many entities and assets a request holds, it takes the same few statements. An episode is
locked before its shots, and rows of one rank by id, so two requests never wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.assets import telling
from services.assets.access import ENTITY, TYPE, among
from services.assets.entities import RESERVED
from services.assets.models import EntityLink
from services.assets.telling import EPISODE, SHOT, Cast, Change, Pair
from services.common.errors import InvalidInput, NotFound, Unavailable
from services.common.tables import NOW, table_of
from services.common.values import BadValue, parse_id, read_value

if TYPE_CHECKING:
    from services.common.db import Transaction

LINK: Final = table_of(EntityLink)


def read_items(items: list[Any]) -> list[Cast]:
    """The castings in a body; those that say too little are passed over. Raises InvalidInput."""
    found = []
    for item in items:
        if not isinstance(item, dict):
            message = "A casting must be a JSON object."
            raise InvalidInput(message)
        if item.get("asset_id") is None or item.get("nb_occurences") is None:
            continue
        try:
            found.append(
                Cast(
                    parse_id(item["asset_id"]),
                    read_value(LINK.c.nb_occurences, item["nb_occurences"]),
                    read_value(LINK.c.label, item.get("label") or ""),
                )
            )
        except BadValue:
            message = "A casting needs an asset_id, a whole nb_occurences and a short label."
            raise InvalidInput(message) from None
    return found


def changes_of(connection: Any, ids: Iterable[UUID]) -> dict[UUID, Change]:
    """The entities as they are, with the episode of a shot. Raises NotFound for an unknown one."""
    wanted = list(ids)
    sequence = ENTITY.alias("sequence")
    kind = sa.case((TYPE.c.name.in_(RESERVED), TYPE.c.name), else_="Asset")
    episode = sa.case((TYPE.c.name == SHOT, sequence.c.parent_id))
    statement = (
        sa.select(ENTITY.c.id, ENTITY.c.project_id, kind, episode)
        .join(TYPE, TYPE.c.id == ENTITY.c.entity_type_id)
        .outerjoin(sequence, sequence.c.id == ENTITY.c.parent_id)
        .where(among(ENTITY.c.id, wanted))
    )
    rows = {row[0]: Change(*row) for row in connection.execute(statement)}
    if any(ident not in rows for ident in wanted):
        raise NotFound
    return rows


def replace(tx: Transaction, changes: Mapping[UUID, Change]) -> None:
    """Make these the castings of their entities and tell of it. Raises Unavailable."""
    _lock(tx, changes)
    _replace_links(tx, changes)
    entered = _enter_episodes(tx, changes)
    left = _leave_episodes(tx, changes)
    dropped = _drop_from_shots(tx, changes)
    counts = _count(tx, changes, entered, left, dropped)
    telling.tell(tx, changes, telling.Outcome(counts, entered, left, dropped))


def _lock(tx: Transaction, changes: Mapping[UUID, Change]) -> None:
    """Lock episodes first, then the rest, each by id; nobody else then touches these castings."""
    episodes = {c.episode_id for c in changes.values() if c.episode_id}
    episodes |= {c.ident for c in changes.values() if c.kind == EPISODE}
    everything = episodes | set(changes)
    statement = (
        sa.select(ENTITY.c.id)
        .where(among(ENTITY.c.id, everything))
        .order_by(among(ENTITY.c.id, episodes).desc(), ENTITY.c.id)
        .with_for_update()
    )
    if len(tx.connection.execute(statement).all()) < len(everything):
        message = "An entity was removed meanwhile."
        raise Unavailable(message)


def _replace_links(tx: Transaction, changes: Mapping[UUID, Change]) -> None:
    old = sa.delete(LINK).where(among(LINK.c.entity_in_id, changes))
    for entity, asset in tx.connection.execute(
        old.returning(LINK.c.entity_in_id, LINK.c.entity_out_id)
    ):
        changes[entity].before.add(asset)
    rows = [
        (uuid4(), change.ident, cast)
        for change in changes.values()
        for cast in {cast.asset_id: cast for cast in change.items}.values()
    ]
    if not rows:
        return
    given = _table(
        id=(sa.Uuid, [row[0] for row in rows]),
        entity_in_id=(sa.Uuid, [row[1] for row in rows]),
        entity_out_id=(sa.Uuid, [row[2].asset_id for row in rows]),
        nb_occurences=(sa.Integer, [row[2].nb_occurences for row in rows]),
        label=(sa.Text, [row[2].label for row in rows]),
    )
    known = (
        sa.select(*given.c).select_from(given).join(ENTITY, ENTITY.c.id == given.c.entity_out_id)
    )
    made = insert(LINK).from_select([column.name for column in given.c], known)
    for ident, entity, asset in tx.connection.execute(
        made.returning(LINK.c.id, LINK.c.entity_in_id, LINK.c.entity_out_id)
    ):
        changes[entity].links[asset] = ident


def _enter_episodes(tx: Transaction, changes: Mapping[UUID, Change]) -> set[Pair]:
    """Cast in the episode what a shot of it newly casts. Answers (episode, asset) pairs."""
    labels = {
        (change.episode_id, cast.asset_id): cast.label
        for change in changes.values()
        for cast in change.items
        if change.episode_id and cast.asset_id in change.added
        and not _taken_off(changes, change.episode_id, cast.asset_id)
    }  # fmt: skip
    if not labels:
        return set()
    given = _table(
        entity_in_id=(sa.Uuid, [episode for episode, _ in labels]),
        entity_out_id=(sa.Uuid, [asset for _, asset in labels]),
        label=(sa.Text, list(labels.values())),
    )
    chosen = sa.select(*given.c, sa.literal_column("gen_random_uuid()"), sa.literal_column("1"))
    columns = [*(column.name for column in given.c), "id", "nb_occurences"]
    made = insert(LINK).from_select(columns, chosen).on_conflict_do_nothing()
    rows = tx.connection.execute(made.returning(LINK.c.entity_in_id, LINK.c.entity_out_id))
    return {(episode, asset) for episode, asset in rows}


def _leave_episodes(tx: Transaction, changes: Mapping[UUID, Change]) -> set[Pair]:
    """Take off the episode what no shot of it casts any more. Answers (episode, asset) pairs."""
    pairs = {
        (change.episode_id, asset)
        for change in changes.values()
        for asset in change.removed
        if change.episode_id and change.episode_id not in changes
    }
    if not pairs:
        return set()
    given = _table(
        episode_id=(sa.Uuid, [episode for episode, _ in pairs]),
        asset_id=(sa.Uuid, [asset for _, asset in pairs]),
    )
    other = LINK.alias("other")
    still = sa.exists().where(
        other.c.entity_out_id == given.c.asset_id,
        _in_episode(other.c.entity_in_id, given.c.episode_id),
    )
    gone = sa.delete(LINK).where(
        LINK.c.entity_in_id == given.c.episode_id, LINK.c.entity_out_id == given.c.asset_id, ~still
    )
    rows = tx.connection.execute(gone.returning(LINK.c.entity_in_id, LINK.c.entity_out_id))
    return {(episode, asset) for episode, asset in rows}


def _drop_from_shots(tx: Transaction, changes: Mapping[UUID, Change]) -> dict[UUID, set[UUID]]:
    """Take off an episode's shots what was taken off the episode. Answers assets by shot."""
    pairs = [
        (change.ident, asset)
        for change in changes.values()
        if change.kind == EPISODE
        for asset in change.removed
    ]
    if not pairs:
        return {}
    given = _table(
        episode_id=(sa.Uuid, [episode for episode, _ in pairs]),
        asset_id=(sa.Uuid, [asset for _, asset in pairs]),
    )
    gone = sa.delete(LINK).where(
        LINK.c.entity_out_id == given.c.asset_id,
        _in_episode(LINK.c.entity_in_id, given.c.episode_id),
    )
    dropped: dict[UUID, set[UUID]] = {}
    rows = tx.connection.execute(gone.returning(LINK.c.entity_in_id, LINK.c.entity_out_id))
    for shot, asset in rows:
        dropped.setdefault(shot, set()).add(asset)
    return dropped


def _count(
    tx: Transaction,
    changes: Mapping[UUID, Change],
    entered: set[Pair],
    left: set[Pair],
    dropped: Mapping[UUID, set[UUID]],
) -> dict[UUID, tuple[int, UUID]]:
    """Bring the sizes of castings up to date. Answers size and production of what was touched."""
    deltas: dict[UUID, int] = dict.fromkeys(changes, 0)
    for episode, _asset in entered:
        deltas[episode] = deltas.get(episode, 0) + 1
    for episode, _asset in left:
        deltas[episode] = deltas.get(episode, 0) - 1
    for shot, assets in dropped.items():
        deltas[shot] = deltas.get(shot, 0) - len(assets)
    given = _table(
        id=(sa.Uuid, list(deltas)),
        size=(sa.Integer, [changes[i].size if i in changes else None for i in deltas]),
        delta=(sa.Integer, list(deltas.values())),
    )
    size = sa.func.coalesce(given.c.size, ENTITY.c.nb_entities_out, 0) + given.c.delta
    statement = (
        sa.update(ENTITY)
        .where(ENTITY.c.id == given.c.id)
        .values(nb_entities_out=size, updated_at=NOW)
        .returning(ENTITY.c.id, ENTITY.c.nb_entities_out, ENTITY.c.project_id)
    )
    return {row[0]: (row[1], row[2]) for row in tx.connection.execute(statement)}


def _taken_off(changes: Mapping[UUID, Change], episode: UUID, asset: UUID) -> bool:
    """Whether the same request takes the asset off the episode: then that holds."""
    return episode in changes and asset in changes[episode].removed


def _in_episode(shot: Any, episode: Any) -> sa.ColumnElement[bool]:
    """Whether the entity is a shot of the episode."""
    child, sequence = ENTITY.alias("shot"), ENTITY.alias("sequence")
    return sa.exists().where(
        child.c.id == shot, sequence.c.id == child.c.parent_id, sequence.c.parent_id == episode
    )


def _table(**columns: tuple[Any, list[Any]]) -> Any:
    """Values as a table: one statement takes them all, with one parameter a column."""
    arrays = []
    for kind, values in columns.values():
        as_text = kind is sa.Uuid
        item = sa.Uuid(as_uuid=False) if as_text else kind
        given = [str(value) for value in values] if as_text else values
        arrays.append(sa.cast(given, sa.ARRAY(item)))
    named = [sa.column(name, kind) for name, (kind, _values) in columns.items()]
    return sa.func.unnest(*arrays).table_valued(*named, name="given").render_derived()
