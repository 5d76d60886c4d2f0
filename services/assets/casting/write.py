"""Replacing castings: locks, rows, and events.

Any number of entities and assets takes the same few statements. Episodes are locked before their
shots, and each in the order of ids, so that requests don't deadlock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID, uuid4

import sqlalchemy as sa

from services.assets.casting import casting_events, sql
from services.assets.casting.casting_events import EPISODE, Cast, Change, Pair
from services.assets.policy.access import ENTITY, LINK, in_ids
from services.common.contracts.assets.casting import Casting
from services.common.crud.reading import check_may_reference
from services.common.crud.resource_rules import CrudContext
from services.common.database.pools import Database
from services.common.database.transaction import Transaction
from services.common.errors import NotFound

ASSET: Final = LINK.c.entity_out_id


def complete(items: Iterable[Casting]) -> list[Cast]:
    """The castings that have an asset and a number; the others are ignored."""
    return [
        Cast(item.asset_id, item.nb_occurences, item.label or "")
        for item in items
        if isinstance(item.asset_id, UUID) and isinstance(item.nb_occurences, int)
    ]


def changes_of(database: Database, ids: Iterable[UUID]) -> dict[UUID, Change]:
    """The current state of the entities. Raises NotFound for an unknown one."""
    entity_ids = list(ids)
    rows = database.rows(sql.ENTITIES, ids=_texts(entity_ids))
    changes = {row[0]: Change(*row) for row in rows}
    if any(ident not in changes for ident in entity_ids):
        raise NotFound
    return changes


def check_castable(ctx: CrudContext, assets: set[UUID], entities: list[UUID]) -> None:
    """Check that the caller may cast these assets; existing castings may be kept.

    Raises Forbidden.
    """
    cast_already = sa.select(LINK.c.entity_out_id).where(in_ids(LINK.c.entity_in_id, entities))
    if not ctx.actor.is_admin:
        with ctx.database.read() as connection:
            new_assets = assets - set(connection.scalars(cast_already))
        check_may_reference(ctx, ctx.registry["entities"], new_assets)


def replace_castings(tx: Transaction, changes: Mapping[UUID, Change]) -> None:
    """Lock and replace castings, and emit their events. Raises NotFound."""
    lock_castings(tx, changes)
    write_castings(tx, changes)


def write_castings(tx: Transaction, changes: Mapping[UUID, Change]) -> None:
    """Replace the castings of locked entities, and emit their events."""
    _replace_links(tx, changes)
    # After the links: an episode keeps an asset that one shot drops and another one casts.
    entered = _enter_episodes(tx, changes)
    left = _leave_episodes(tx, changes)
    dropped = _drop_from_shots(tx, changes)
    counts = _count(tx, changes, entered, left, dropped)
    casting_events.emit_all(tx, changes, casting_events.Outcome(counts, entered, left, dropped))


def remove_link(tx: Transaction, change: Change, link: UUID) -> None:
    """Take one asset out of the casting of an entity, and emit the events.

    What leaves an episode so stays in its shots. Raises NotFound if it is gone already.
    """
    changes = {change.ident: change}
    lock_castings(tx, changes)
    of_entity = LINK.c.entity_in_id == change.ident
    removal = sa.delete(LINK).where(LINK.c.id == link, of_entity).returning(LINK.c.entity_out_id)
    asset = tx.connection.scalar(removal)
    if asset is None:
        raise NotFound
    change.before.add(asset)
    shown = sa.select(sa.func.count()).select_from(LINK).join(ENTITY, ENTITY.c.id == ASSET)
    counted = shown.where(of_entity, ENTITY.c.canceled.is_not(True))
    change.size = tx.connection.scalar(counted) or 0
    left = _leave_episodes(tx, changes)
    counts = _count(tx, changes, set(), left, {})
    casting_events.emit_all(tx, changes, casting_events.Outcome(counts, set(), left, {}))


def lock_castings(tx: Transaction, changes: Mapping[UUID, Change]) -> None:
    """Lock the entities and their episodes. Raises NotFound if one was deleted."""
    # A shot's casting changes that of its episode: the episode is locked, too.
    episodes = {change.episode_id for change in changes.values() if change.episode_id}
    episodes |= {change.ident for change in changes.values() if change.kind == EPISODE}
    entity_ids = episodes | set(changes)
    params = {"ids": _texts(entity_ids), "episodes": _texts(episodes)}
    if len(tx.run(sql.LOCK, **params)) < len(entity_ids):
        raise NotFound


def _replace_links(tx: Transaction, changes: Mapping[UUID, Change]) -> None:
    for entity, asset in tx.run(sql.CLEAR, ids=_texts(changes)):
        changes[entity].before.add(asset)
    rows = [
        (change.ident, cast)
        for change in changes.values()
        # Of an asset listed twice the last item counts: the pair is unique.
        for cast in {cast.asset_id: cast for cast in change.items}.values()
    ]
    if not rows:
        return
    params = {
        "id": [str(uuid4()) for _ in rows],
        "entity_in_id": [str(ident) for ident, _ in rows],
        "entity_out_id": [str(cast.asset_id) for _, cast in rows],
        "nb_occurences": [cast.nb_occurences for _, cast in rows],
        "label": [cast.label for _, cast in rows],
    }
    # INSERT … SELECT leaves out unknown assets: only what it returns is cast.
    for ident, entity, asset in tx.run(sql.INSERT, **params):
        changes[entity].links[asset] = ident


def _enter_episodes(tx: Transaction, changes: Mapping[UUID, Change]) -> set[Pair]:
    """Cast the new assets of shots in their episodes. Returns (episode, asset) pairs."""
    labels: dict[Pair, str] = {}
    for change in changes.values():
        episode, added = change.episode_id, change.added
        if episode is None:
            continue
        for cast in change.items:
            if cast.asset_id in added and not _removed_from(changes, episode, cast.asset_id):
                labels[episode, cast.asset_id] = cast.label
    if not labels:
        return set()
    params = {
        "entity_in_id": [str(episode) for episode, _ in labels],
        "entity_out_id": [str(asset) for _, asset in labels],
        "label": list(labels.values()),
    }
    return {(episode, asset) for episode, asset in tx.run(sql.ENTER, **params)}


def _leave_episodes(tx: Transaction, changes: Mapping[UUID, Change]) -> set[Pair]:
    """Remove from episodes the assets that none of their shots casts. Returns the pairs."""
    pairs = {
        (change.episode_id, asset)
        for change in changes.values()
        for asset in change.removed
        if change.episode_id and change.episode_id not in changes
    }
    if not pairs:
        return set()
    return {(episode, asset) for episode, asset in tx.run(sql.LEAVE, **_of_pairs(pairs))}


def _drop_from_shots(tx: Transaction, changes: Mapping[UUID, Change]) -> dict[UUID, set[UUID]]:
    """Remove from shots what was removed from their episode. Returns assets by shot."""
    pairs = {
        (change.ident, asset)
        for change in changes.values()
        if change.kind == EPISODE
        for asset in change.removed
    }
    if not pairs:
        return {}
    dropped: dict[UUID, set[UUID]] = {}
    for shot, asset in tx.run(sql.DROP, **_of_pairs(pairs)):
        dropped.setdefault(shot, set()).add(asset)
    return dropped


def _count(
    tx: Transaction,
    changes: Mapping[UUID, Change],
    entered: set[Pair],
    left: set[Pair],
    dropped: Mapping[UUID, set[UUID]],
) -> dict[UUID, tuple[int, UUID]]:
    """Update the sizes of castings. Returns size and production of all that changed."""
    # Deltas for entities that the request does not name; concurrent ones add up.
    deltas: dict[UUID, int] = dict.fromkeys(changes, 0)
    for episode, _asset in entered:
        deltas[episode] = deltas.get(episode, 0) + 1
    for episode, _asset in left:
        deltas[episode] = deltas.get(episode, 0) - 1
    for shot, assets in dropped.items():
        deltas[shot] = deltas.get(shot, 0) - len(assets)
    params = {
        "ident": _texts(deltas),
        "size": [changes[ident].size if ident in changes else None for ident in deltas],
        "delta": list(deltas.values()),
    }
    return {row[0]: (row[1], row[2]) for row in tx.run(sql.COUNT, **params)}


def _removed_from(changes: Mapping[UUID, Change], episode: UUID, asset: UUID) -> bool:
    """Whether the same request removes the asset from the episode, which takes precedence."""
    return episode in changes and asset in changes[episode].removed


def _of_pairs(pairs: set[Pair]) -> dict[str, list[str]]:
    return {
        "episode_id": [str(episode) for episode, _ in pairs],
        "asset_id": [str(asset) for _, asset in pairs],
    }


def _texts(ids: Iterable[UUID]) -> list[str]:
    return [str(ident) for ident in ids]
