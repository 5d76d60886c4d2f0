"""RPC methods that read and replace castings."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by

from services.assets.casting.write import (
    changes_of,
    check_castable,
    complete,
    replace_castings,
)
from services.assets.policy import access, entities
from services.assets.policy.access import ENTITY, LINK, TYPE, in_ids, of_kind
from services.assets.policy.castings import CASTINGS
from services.assets.policy.kinds import RESERVED
from services.assets.policy.membership import member_project, require_manager
from services.common import bodies
from services.common.contracts.assets.casting import Casting
from services.common.crud.listing import lists
from services.common.crud.listing.lists import compressed
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.crud.validation import known_id
from services.common.database.sql_types import Condition, Select
from services.common.errors import Forbidden, NotFound, Refused
from services.common.json_types import Json
from services.common.runtime.rpc_server import command, query
from services.common.runtime.service import versioned
from services.common.wire.rpc_protocol import Reply

ARRAY: Final = "Request body must be a JSON array"
ELSEWHERE: Final = "The entity is of another production."
# Aliases: an asset, what casts it, and the parents of that are all rows of one table.
CASTER, SEQUENCE, EPISODE = (ENTITY.alias(n) for n in ("caster", "sequence", "episode"))
CASTER_TYPE: Final = TYPE.alias("caster_type")
COMMON: Final = (
    LINK.c.entity_out_id.label("asset_id"),
    ENTITY.c.name.label("asset_name"),
    TYPE.c.name.label("asset_type_name"),
    ENTITY.c.preview_file_id,
    LINK.c.nb_occurences,
    LINK.c.label,
)
SHARED: Final = (ENTITY.c.is_shared, ENTITY.c.project_id)
CAST: Final = LINK.join(ENTITY, ENTITY.c.id == LINK.c.entity_out_id).join(
    TYPE, TYPE.c.id == ENTITY.c.entity_type_id
)
#: Links with what casts, where ``CAST`` has what is cast.
CASTING: Final = LINK.join(CASTER, CASTER.c.id == LINK.c.entity_in_id)
#: A canceled asset stays cast, but no list shows it.
SHOWN: Final = ENTITY.c.canceled.is_not(True)


class CastingRpc(ResourceService):
    """Castings."""

    @query
    @versioned()
    def list_cast_assets(self, kind: str, ident: str) -> Reply:
        """The assets cast in an asset or shot, as plain entities. Raises NotFound, Forbidden."""
        facts = entities.readable_entity(self, ident, kind)
        resource = self.registry["entities"]
        columns = resource.shown(self.actor, resource.columns(None, relations=False))
        cast_ids = sa.select(LINK.c.entity_out_id).where(LINK.c.entity_in_id == facts["id"])
        rows = sa.select(*columns).where(ENTITY.c.id.in_(cast_ids), of_kind("asset"))
        return lists.json_array(self, rows)

    @query
    @versioned()
    def list_cast_in(self, ident: str) -> Reply:
        """Where an asset is cast: shots by episode, sequence and name, then assets by type."""
        facts = entities.readable_entity(self, ident, "asset")
        casts_it = sa.and_(LINK.c.entity_out_id == facts["id"], CASTER.c.canceled.is_not(True))
        with self.database.read() as connection:
            texts = [
                text
                # Two statements: shots and assets have other columns, and other orders.
                for rows in (_casting_shots(casts_it), _casting_assets(casts_it))
                for text in connection.scalars(rows_as_json(rows))
            ]
        return compressed(f"[{','.join(texts)}]".encode())

    @query
    @versioned()
    def read_asset_casting(self, ident: str) -> Reply:
        """What an asset casts. Raises NotFound, Forbidden."""
        return self._casting(entities.readable_entity(self, ident, "asset")["id"])

    @query
    @versioned()
    def read_casting(self, project_id: str, entity_id: str) -> Reply:
        """What an entity of a production casts, by type and name. Raises NotFound, Forbidden."""
        project = self._listed_project(project_id)
        return self._casting(self._entity_of(project, entity_id))

    @query
    @versioned()
    def list_casting_by_type(self, project_id: str, asset_type_id: str) -> Reply:
        """What the assets of a type cast: ``{asset id: [casting]}``."""
        project, ident = self._listed_project(project_id), known_id(asset_type_id)
        asset_type = sa.select(TYPE.c.id).where(TYPE.c.id == ident, TYPE.c.name.not_in(RESERVED))
        with self.database.read() as connection:
            if connection.scalar(asset_type) is None:
                raise NotFound
        rows = (
            sa.select(CASTER.c.id.label("key"), ENTITY.c.name, *COMMON)
            .select_from(CAST.join(CASTER, CASTER.c.id == LINK.c.entity_in_id))
            .where(CASTER.c.project_id == project, CASTER.c.entity_type_id == ident, SHOWN)
        )
        return self._grouped(rows, (CASTER.c.name,))

    @query
    @versioned()
    def list_casting_of_sequence(self, project_id: str, sequence_id: str) -> Reply:
        """What the shots of a sequence cast: ``{shot id: [casting]}``."""
        project = self._listed_project(project_id)
        return self._shots(SEQUENCE.c.id == self._entity_of(project, sequence_id, "sequence"))

    @query
    @versioned()
    def list_casting_of_sequences(self, project_id: str) -> Reply:
        """What all shots of a production cast, as ``list_casting_of_sequence``."""
        project = self._listed_project(project_id)
        return self._shots(SEQUENCE.c.project_id == project, long=True)

    @query
    @versioned()
    def list_casting_of_episode_sequences(self, project_id: str, episode_id: str) -> Reply:
        """What all shots of an episode cast, as ``list_casting_of_sequence``."""
        project = self._listed_project(project_id)
        episode = self._entity_of(project, episode_id, "episode")
        return self._shots(SEQUENCE.c.parent_id == episode, long=True)

    @query
    @versioned()
    def list_casting_of_episodes(self, project_id: str) -> Reply:
        """What the episodes of a production cast: ``{episode id: [casting]}``."""
        project = self._listed_project(project_id)
        rows = (
            sa.select(
                CASTER.c.id.label("key"),
                ENTITY.c.name,
                *COMMON,
                CASTER.c.name.label("episode_name"),
                *SHARED,
            )
            .select_from(CAST.join(CASTER, CASTER.c.id == LINK.c.entity_in_id))
            .where(CASTER.c.project_id == project, of_kind("episode", CASTER), SHOWN)
        )
        return self._grouped(rows, (CASTER.c.name,), long=True)

    @query
    def read_casting_readiness(self, shot_ids: list[str]) -> dict[str, list[str | None]]:
        """For each shot the task types that its cast assets are ready for, one for each asset."""
        statement = (
            sa.select(LINK.c.entity_in_id, ENTITY.c.ready_for)
            .join(ENTITY, ENTITY.c.id == LINK.c.entity_out_id)
            .where(in_ids(LINK.c.entity_in_id, shot_ids))
        )
        by_shot: dict[str, list[str | None]] = {ident: [] for ident in shot_ids}
        with self.database.read() as connection:
            for shot, task_type in connection.execute(statement):
                by_shot[str(shot)].append(str(task_type) if task_type else None)
        return by_shot

    @query
    def list_shots_casting(self, asset_ids: list[str]) -> list[str]:
        """The shots that cast one of these assets."""
        statement = (
            sa.select(LINK.c.entity_in_id)
            .distinct()
            .join(CASTER, CASTER.c.id == LINK.c.entity_in_id)
            .where(in_ids(LINK.c.entity_out_id, asset_ids), of_kind("shot", CASTER))
        )
        with self.database.read() as connection:
            return [str(ident) for ident in connection.scalars(statement)]

    # --- replacing --------------------------------------------------------------------------

    @command
    def replace_casting(self, project_id: str, entity_id: str, data: Json = None) -> Any:
        """Replace the whole casting of an entity by the array; returns the array.

        Raises NotFound, Forbidden, Refused (no array), InvalidInput (an item).
        Emits ``entity-link:new`` and ``<kind>:casting-update``, also for episodes whose casting
        changes through their shots.
        """
        if not isinstance(data, list):
            raise Refused(ARRAY)
        items, project = bodies.read(list[Casting], data), known_id(project_id)
        require_manager(self, project)
        self._replace({known_id(entity_id): items}, project)
        return data

    @command
    def replace_asset_casting(self, ident: str, data: Json = None) -> Any:
        """Replace the casting of an asset. Raises InvalidInput (no array), else as a shot's."""
        items = bodies.read(list[Casting], data)
        with self.database.read() as connection:
            facts = access.facts_of(connection, known_id(ident), "asset")
        require_manager(self, facts["project_id"])
        self._replace({facts["id"]: items}, facts["project_id"])
        return data

    @command
    def replace_castings(self, project_id: str, data: Json = None) -> Any:
        """Replace the castings ``{entity id: [casting]}``: all of them or none."""
        castings = bodies.read(dict[str, list[Casting]], data)
        project = known_id(project_id)
        require_manager(self, project)
        self._replace({known_id(ident): items for ident, items in castings.items()}, project)
        return data

    def _replace(self, castings: dict[UUID, list[Casting]], project: UUID) -> None:
        casts = {ident: complete(items) for ident, items in castings.items()}
        if not casts:
            return
        # Read before the transaction: what can't change, such as the kind, needs no lock.
        states = changes_of(self.database, casts)
        changes = {ident: states[ident] for ident in casts}
        for ident, change in changes.items():
            if change.project_id != project:
                raise Forbidden(ELSEWHERE)
            change.items, change.size = casts[ident], len(castings[ident])
        assets = {cast.asset_id for entity_casts in casts.values() for cast in entity_casts}
        check_castable(self, assets, list(casts))
        replace_castings(self.tx, changes)

    # --- reading ----------------------------------------------------------------------------

    def _listed_project(self, project_id: str) -> UUID:
        project = member_project(self, project_id)
        CASTINGS.lister.check(self, {"project_id": project})
        return project

    def _entity_of(self, project: UUID, ident: str, kind: str = "") -> UUID:
        with self.database.read() as connection:
            facts = access.facts_of(connection, known_id(ident), kind)
        if facts["project_id"] != project:
            raise Forbidden(ELSEWHERE)
        entity: UUID = facts["id"]
        return entity

    def _casting(self, ident: UUID) -> Reply:
        rows = (
            sa.select(*COMMON, ENTITY.c.ready_for, ENTITY.c.source_id.label("episode_id"), *SHARED)
            .select_from(CAST)
            .where(LINK.c.entity_in_id == ident, SHOWN)
            .order_by(TYPE.c.name, ENTITY.c.name)
        )
        return lists.json_array(self, rows)

    def _shots(self, condition: Condition, *, long: bool = False) -> Reply:
        source = CAST.join(CASTER, CASTER.c.id == LINK.c.entity_in_id).join(
            SEQUENCE, SEQUENCE.c.id == CASTER.c.parent_id
        )
        sequence = SEQUENCE.c.name.label("sequence_name")
        rows = (
            sa.select(CASTER.c.id.label("key"), ENTITY.c.name, *COMMON, sequence, *SHARED)
            .select_from(source)
            .where(condition, of_kind("shot", CASTER), SHOWN)
        )
        return self._grouped(rows, (SEQUENCE.c.name, CASTER.c.name), long=long)

    def _grouped(self, rows: Select, order: tuple[Any, ...], *, long: bool = False) -> Reply:
        """``{key: [row …]}``: keys in this order, their rows by type and name."""
        order = (*order, CASTER.c.id, TYPE.c.name, ENTITY.c.name)
        place = sa.func.row_number().over(order_by=order).label("place")
        ordered = rows.add_columns(place).subquery("ordered")
        pairs: list[Any] = []
        for column in ordered.c:
            if column.name not in {"key", "place"}:
                pairs += [sa.literal_column(f"'{column.name}'"), column]
        item = sa.cast(sa.func.json_build_object(*pairs), sa.Text)
        items = sa.func.string_agg(
            item, aggregate_order_by(sa.literal_column("','"), ordered.c.place)
        )
        members = (
            sa.select(sa.func.concat('"', ordered.c.key, '":[', items, "]"))
            .group_by(ordered.c.key)
            .order_by(sa.func.min(ordered.c.place))
        )
        # All shots of a production: streamed, so that they are never in memory as a whole.
        if long:
            return lists.streamed(self, members, "{}")
        with self.database.read() as connection:
            texts = connection.execute(members).scalars().all()
        return compressed(f"{{{','.join(texts)}}}".encode())


def _casting_shots(casts_it: Condition) -> Select:
    """SELECT the shots that cast an asset, by episode, sequence and name."""
    # An episode is optional: outside TV shows, sequences have no parent.
    in_sequences = (CASTING.join(SEQUENCE, SEQUENCE.c.id == CASTER.c.parent_id)).outerjoin(
        EPISODE, EPISODE.c.id == SEQUENCE.c.parent_id
    )
    return (
        sa.select(
            CASTER.c.id.label("shot_id"),
            CASTER.c.name.label("shot_name"),
            SEQUENCE.c.name.label("sequence_name"),
            EPISODE.c.id.label("episode_id"),
            EPISODE.c.name.label("episode_name"),
            CASTER.c.preview_file_id,
            LINK.c.nb_occurences,
        )
        .select_from(in_sequences)
        .where(casts_it)
        .order_by(EPISODE.c.name, SEQUENCE.c.name, CASTER.c.name)
    )


def _casting_assets(casts_it: Condition) -> Select:
    """SELECT the assets that cast an asset, by type and name."""
    return (
        sa.select(
            CASTER.c.id.label("asset_id"),
            CASTER.c.name.label("asset_name"),
            CASTER_TYPE.c.name.label("asset_type_name"),
            CASTER.c.preview_file_id,
            LINK.c.nb_occurences,
        )
        .select_from(CASTING.join(CASTER_TYPE, CASTER_TYPE.c.id == CASTER.c.entity_type_id))
        .where(casts_it, CASTER.c.parent_id.is_(None), CASTER_TYPE.c.name.not_in(RESERVED))
        .order_by(CASTER_TYPE.c.name, CASTER.c.name)
    )
