"""The events of replaced castings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from services.common.contracts import CATALOGUE
from services.common.contracts.assets import events
from services.common.database.transaction import Transaction
from services.common.json_types import JsonObject

SHOT, EPISODE = "Shot", "Episode"
Pair = tuple[UUID, UUID]


@dataclass(frozen=True)
class Cast:
    """One item of a casting in a request."""

    asset_id: UUID
    nb_occurences: int
    label: str


@dataclass
class Change:
    """The casting of one entity before and after a request."""

    ident: UUID
    project_id: UUID
    kind: str
    episode_id: UUID | None
    #: Items of the request, with those that were ignored: clients see it as the casting's size.
    size: int = 0
    items: list[Cast] = field(default_factory=list)
    before: set[UUID] = field(default_factory=set)
    #: The new links by asset.
    links: dict[UUID, UUID] = field(default_factory=dict)

    @property
    def added(self) -> set[UUID]:
        """Assets that were not cast before."""
        return set(self.links) - self.before

    @property
    def removed(self) -> set[UUID]:
        """Assets that are not cast any more."""
        return self.before - set(self.links)


class Outcome(NamedTuple):
    """The effects of a request on the castings of other entities."""

    #: Size of the casting, and production, of every entity changed.
    counts: Mapping[UUID, tuple[int, UUID]]
    #: (episode, asset) pairs that were cast through shots.
    entered: set[Pair]
    #: (episode, asset) pairs that no shot casts any more.
    left: set[Pair]
    #: Assets that left a shot because they left its episode.
    dropped: Mapping[UUID, set[UUID]]


def emit_all(tx: Transaction, changes: Mapping[UUID, Change], outcome: Outcome) -> None:
    """Emit the events of replaced castings."""
    counts, entered_episodes, left_episodes, dropped = outcome
    entered = set(entered_episodes)
    # Entity by entity, as if each had been sent by itself.
    for change in changes.values():
        for episode, asset in sorted(entered & {(change.episode_id, one) for one in change.links}):
            _emit_asset(tx, asset, counts[episode][1])
            entered.discard((episode, asset))
        _emit_links(tx, change)
        _emit_change(tx, change, outcome)
    for shot, assets in dropped.items():
        if shot not in changes:
            _emit_casting(tx, SHOT, shot, counts[shot], (set(), assets))
    for episode in sorted({episode for episode, _ in left_episodes}):
        _emit_episode(tx, episode, outcome)


def _emit_change(tx: Transaction, change: Change, outcome: Outcome) -> None:
    lost_with_episode = outcome.dropped.get(change.ident, set())
    added_and_removed = (
        change.added - lost_with_episode,
        (change.removed | lost_with_episode) & change.before,
    )
    _emit_casting(tx, change.kind, change.ident, outcome.counts[change.ident], added_and_removed)
    if change.kind == EPISODE:
        for asset in change.links:
            _emit_asset(tx, asset, change.project_id)


def _emit_asset(tx: Transaction, asset: UUID, project: UUID) -> None:
    tx.emit(CATALOGUE["asset:update"](asset_id=asset, project_id=project))


def _emit_episode(tx: Transaction, episode: UUID, outcome: Outcome) -> None:
    removed = {asset for left, asset in outcome.left if left == episode}
    added = {asset for entered, asset in outcome.entered if entered == episode}
    count = outcome.counts[episode]
    _emit_casting(tx, EPISODE, episode, count, (added, removed))
    for asset in sorted(removed):
        _emit_asset(tx, asset, count[1])


def _emit_links(tx: Transaction, change: Change) -> None:
    linked: set[UUID] = set()
    for cast in change.items:
        link = change.links.get(cast.asset_id)
        if link is None:
            continue
        if cast.asset_id in linked:
            tx.emit(
                events.EntityLinkUpdate(
                    entity_link_id=link,
                    nb_occurences=cast.nb_occurences,
                    project_id=change.project_id,
                )
            )
            continue
        linked.add(cast.asset_id)
        tx.emit(
            events.EntityLinkNew(
                entity_link_id=link,
                entity_in_id=change.ident,
                entity_out_id=cast.asset_id,
                nb_occurences=cast.nb_occurences,
                project_id=change.project_id,
            )
        )


def _emit_casting(
    tx: Transaction,
    kind: str,
    ident: UUID,
    count: tuple[int, UUID],
    added_and_removed: tuple[set[UUID], set[UUID]],
) -> None:
    facts: JsonObject = {
        "nb_entities_out": count[0],
        "project_id": count[1],
        "added_asset_ids": sorted(added_and_removed[0]),
        "removed_asset_ids": sorted(added_and_removed[1]),
    }
    if kind == SHOT:
        tx.emit(events.ShotCastingUpdate(shot_id=ident, **facts))
    elif kind == EPISODE:
        tx.emit(events.EpisodeCastingUpdate(episode_id=ident, **facts))
    else:
        tx.emit(events.AssetCastingUpdate(asset_id=ident, **facts))
