"""RPC methods that list and read entities without their tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.assets.models import EntityVersion
from services.assets.overview import views
from services.assets.policy import access, entities
from services.assets.policy.access import ENTITY, LINK, of_kind
from services.assets.policy.kinds import KINDS, TYPE_NAMES
from services.assets.policy.membership import (
    admit,
    known_project,
    member_project,
    project_names,
    require_member,
)
from services.assets.resources import RESOURCES
from services.common import queries
from services.common.actor import Actor
from services.common.contracts.assets.entities import (
    QUERIES,
    AssetQuery,
    EntityQuery,
    SequenceQuery,
    ShotQuery,
)
from services.common.contracts.types import UNSET
from services.common.crud.listing import filters, lists
from services.common.crud.resource import Resource
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.crud.validation import known_id
from services.common.database.sql_types import Columns, Condition, Expression
from services.common.errors import Forbidden, NotFound
from services.common.json_types import JsonObject, Row
from services.common.runtime.rpc_server import query
from services.common.runtime.service import versioned
from services.common.wire.rpc_protocol import Reply

#: The resource of each kind with a constant ``type``, which saves joining the entity types.
PLAIN: Final = {
    kind: replace(RESOURCES["entities"], kind=TYPE_NAMES.get(kind, "Asset")) for kind in KINDS
}
#: As clients read an entity whose kind they don't ask for.
ANY_KIND: Final = replace(RESOURCES["entities"], kind="Entity")
VERSION: Final = Resource(path="entity-versions", model=EntityVersion)
#: Kinds that are listed by age; others are by name.
LISTED_BY_AGE: Final = frozenset({"asset", "scene"})
WITH_PROJECT: Final = frozenset({"shot", "scene", "edit", "concept"})
PROJECT: Final = "project_id"


class ListRpc(ResourceService):
    """Lists and details of entities without their tasks."""

    @query
    @versioned("crud")
    def list_project_entities(
        self, kind: str, project_id: str, query: dict[str, str] | None = None
    ) -> Reply:
        """The entities of a kind in a production, by name.

        Raises NotFound (the production), Forbidden.
        """
        asked = queries.read(QUERIES[kind], query)
        if isinstance(asked, AssetQuery):
            return self._project_assets(project_id, asked, query or {})
        project = known_project(self, project_id)
        if kind == "concept":
            admit(self, kind, project)
        columns = self._listed_columns(kind, project)
        rows = sa.select(*columns).where(*entities.seen(self, kind, project))
        return lists.json_array(self, rows, *views.BY_NAME)

    def _project_assets(
        self, project_id: str, asked: AssetQuery, query: Mapping[str, str]
    ) -> Reply:
        ident = filters.uuid(project_id) if self.actor.is_admin else known_id(project_id)
        require_member(self, ident)
        return self._assets(ident, asked, query)

    @query
    @versioned("crud")
    def list_entities(self, kind: str, query: dict[str, str] | None = None) -> Reply:
        """Entities of a kind, with the filters of generic CRUD.

        Except for assets, only administrators may leave out ``project_id``.
        Raises InvalidInput (a filter), NotFound, Forbidden.
        """
        asked = queries.read(QUERIES[kind], query)
        parent = self._parent(asked)
        project = parent["project_id"] if parent else asked.project_id or None
        if project is not None:
            require_member(self, project)
        # Assets are scoped to the caller's productions; other kinds are read by production.
        elif not self.actor.is_admin and kind != "asset":
            message = "This requires a project_id."
            raise Forbidden(message)
        admit(self, kind, project)
        if isinstance(asked, AssetQuery):
            return self._assets(project, asked, query or {})
        names = self._names(kind, project)
        source, extras = _extras(kind, names)
        rows = (
            sa.select(*self._listed_columns(kind, project), *extras)
            .select_from(source)
            .where(
                *entities.seen(self, kind, project),
                *self._filters(asked.project_id or None, query or {}),
            )
        )
        if parent is not None:
            rows = rows.where(ENTITY.c.parent_id == parent["id"])
        order = views.BY_AGE if kind in LISTED_BY_AGE else views.BY_NAME
        return lists.json_array(self, rows, *order)

    def _assets(self, project: UUID | None, asked: AssetQuery, query: Mapping[str, str]) -> Reply:
        """Assets; of an episode, first those that belong to it, then those cast in it."""
        rows = sa.select(*plain_columns(self.actor, "asset"))
        rows = rows.where(*entities.seen(self, "asset", project), *self._filters(project, query))
        if episode := asked.episode_id:
            rows = rows.where(views.in_episode("asset", episode))
            # false sorts before true.
            order = (ENTITY.c.source_id.is_distinct_from(episode), *views.BY_AGE)
            return lists.json_array(self, rows, *order)
        return lists.json_array(self, rows, *views.BY_AGE)

    @query
    @versioned("crud")
    def list_children(self, kind: str, of: str, ident: str) -> Reply:
        """The entities of a kind whose parent is an entity of kind ``of``, by name.

        Raises NotFound, Forbidden.
        """
        facts = entities.readable_entity(self, ident, of)
        rows = sa.select(*plain_columns(self.actor, kind)).where(
            *entities.seen(self, kind, facts["project_id"]), ENTITY.c.parent_id == facts["id"]
        )
        return lists.json_array(self, rows, *views.BY_NAME)

    @query
    @versioned("crud")
    def list_shots_of_episode(self, ident: str) -> Reply:
        """The shots of an episode's sequences, by name. Raises NotFound, Forbidden."""
        facts = entities.readable_entity(self, ident, "episode")
        seen = entities.seen(self, "shot", facts["project_id"])
        rows = sa.select(*plain_columns(self.actor, "shot")).select_from(views.source_of("shot"))
        rows = rows.where(*seen, views.in_episode("shot", facts["id"]))
        return lists.json_array(self, rows, *views.BY_NAME)

    @query
    def list_entities_below(self, kind: str, of: str, ident: str) -> list[str]:
        """The ids of the entities of a kind in a sequence or an episode; for ``tasks``."""
        holder = UUID(ident)
        inside = (
            ENTITY.c.parent_id == holder if of == "sequence" else views.in_episode(kind, holder)
        )
        rows = (
            sa.select(ENTITY.c.id).select_from(views.source_of(kind)).where(of_kind(kind), inside)
        )
        with self.database.read() as connection:
            return [str(entity) for entity in connection.scalars(rows)]

    @query
    @versioned("crud")
    def list_assets_of_type(self, project_id: str, asset_type_id: str) -> Reply:
        """The assets of a type in a production, by name. Raises NotFound, Forbidden."""
        project, ident = known_project(self, project_id), known_id(asset_type_id)
        rows = sa.select(*plain_columns(self.actor, "asset")).where(
            *entities.seen(self, "asset", project), ENTITY.c.entity_type_id == ident
        )
        return lists.json_array(self, rows, *views.BY_NAME)

    @query
    @versioned("crud")
    def list_shared_used(self, project_id: str, episode_id: str = "all") -> Reply:
        """Shared assets of other productions cast in shots of this one, or of one episode.

        For vendors, in shots on which they work. Raises NotFound, Forbidden.
        """
        project = member_project(self, project_id)
        shot, sequence = ENTITY.alias("shot"), ENTITY.alias("shot_sequence")
        shots = entities.BY_KIND["shot"]
        seen = shots.rows_in(self, [project], table=shot, project=shot.c.project_id)
        cast_ids = (
            sa.select(LINK.c.entity_out_id)
            .join(shot, shot.c.id == LINK.c.entity_in_id)
            .where(of_kind("shot", shot), seen)
        )
        if episode_id not in {"all", "main"}:
            cast_ids = cast_ids.join(sequence, sequence.c.id == shot.c.parent_id).where(
                sequence.c.parent_id == known_id(episode_id)
            )
        rows = sa.select(*plain_columns(self.actor, "asset")).where(
            of_kind("asset"),
            ENTITY.c.is_shared,
            ENTITY.c.canceled.is_not(True),
            ENTITY.c.project_id != project,
            ENTITY.c.id.in_(cast_ids),
        )
        return lists.json_array(self, rows, *views.BY_AGE)

    @query
    def read_part(self, kind: str, ident: str) -> JsonObject:
        """A sequence, episode or scene, with the names of its production and parents.

        Raises NotFound (also for a scene without a sequence), Forbidden.
        """
        facts = entities.readable_entity(self, ident, kind)
        names = project_names(self, [facts["project_id"]])
        source, extras = _detail_extras(kind, names)
        rows = (
            sa.select(*plain_columns(self.actor, kind), *extras)
            .select_from(source)
            .where(ENTITY.c.id == facts["id"])
        )
        with self.database.read() as connection:
            text = connection.scalar(rows_as_json(rows))
        if text is None:
            raise NotFound
        row: JsonObject = msgspec.json.decode(text)
        # Productions without episodes have neither key, instead of nulls.
        if "episode_id" in row and row["episode_id"] is None:
            del row["episode_id"], row["episode_name"]
        return row

    @query
    def list_versions(self, ident: str) -> Reply:
        """The earlier versions of a shot, newest first. Raises NotFound, Forbidden."""
        facts = entities.readable_entity(self, ident, "shot")
        data = entities.shown_version(self, facts["project_id"], VERSION.table.c.data)
        columns = (
            data.label("data") if column.name == "data" else column
            for column in VERSION.columns(None, relations=False)
        )
        joined = VERSION.table.join(ENTITY, ENTITY.c.id == EntityVersion.entity_id)
        rows = sa.select(*columns).select_from(joined).where(ENTITY.c.id == facts["id"])
        return lists.json_array(self, rows, VERSION.table.c.created_at.desc(), VERSION.table.c.id)

    # --- rights and filters -----------------------------------------------------------------

    def _names(self, kind: str, project: UUID | None) -> dict[str, str]:
        if kind not in WITH_PROJECT:
            return {}
        return project_names(self, None if project is None else [project])

    def _listed_columns(self, kind: str, project: UUID | None) -> Columns:
        """The entity's columns; to vendors, sequences and episodes are of type ``Entity``."""
        if self.actor.role_in(project) == "vendor" and kind in {"sequence", "episode"}:
            return plain_columns(self.actor, kind, ANY_KIND)
        return plain_columns(self.actor, kind)

    def _filters(self, project: UUID | None, query: Mapping[str, str]) -> list[Condition]:
        """Equality filters on columns; other parameters are ignored. Raises InvalidInput."""
        names = [name for name in query if name in ENTITY.c and name != PROJECT]
        for name in names:
            self.registry["entities"].check_filter(self.actor, name)
        of_project = [ENTITY.c.project_id == project] if project else []
        return [*of_project, *filters.by_columns(ENTITY, query, names)]

    def _parent(self, asked: EntityQuery) -> Row | None:
        """The sequence or episode whose shots or sequences are asked for. Raises NotFound."""
        if isinstance(asked, ShotQuery):
            kind, ident = "sequence", asked.sequence_id
        elif isinstance(asked, SequenceQuery):
            kind, ident = "episode", asked.episode_id
        else:
            return None
        if ident is UNSET:
            return None
        with self.database.read() as connection:
            return access.facts_of(connection, ident, kind)


def plain_columns(actor: Actor, kind: str, resource: Resource | None = None) -> Columns:
    """The entity's columns as somebody sees them; a concept with its links."""
    lists = ("entity_concept_links",) if kind == "concept" else ()
    shown = resource or PLAIN[kind]
    return shown.shown(actor, shown.columns(None, relations=False, lists=lists))


def _extras(kind: str, names: views.Names) -> tuple[Any, list[Expression]]:
    """The FROM clause of ``list_entities``, and the columns that it adds: names of parents."""
    extras = [views.project_name(names)] if kind in WITH_PROJECT else []
    source: Any = ENTITY
    if kind in {"shot", "scene"}:
        source = ENTITY.join(
            # A scene may be outside of a sequence, a shot may not.
            views.SEQUENCE,
            views.SEQUENCE.c.id == ENTITY.c.parent_id,
            isouter=kind == "scene",
        )
        extras.append(views.SEQUENCE.c.name.label("sequence_name"))
    return source, extras


def _detail_extras(kind: str, names: views.Names) -> tuple[Any, list[Expression]]:
    extras: list[Expression] = [views.project_name(names)]
    episode = [views.EPISODE.c.id.label("episode_id"), views.EPISODE.c.name.label("episode_name")]
    if kind == "episode":
        return ENTITY, extras
    if kind == "sequence":
        return views.source_of("edit"), [*extras, *episode]
    sequence = [
        views.SEQUENCE.c.id.label("sequence_id"),
        views.SEQUENCE.c.name.label("sequence_name"),
    ]
    return views.source_of("shot"), [*extras, *sequence, *episode]
