"""RPC methods on entities for other services."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.assets.models import Entity, EntityLink, EntityType
from services.assets.policy.access import of_kind
from services.assets.policy.entities import shown_data
from services.assets.policy.kinds import KINDS, RESERVED
from services.common import queries
from services.common.contracts.tasks.work import EntitiesQuery
from services.common.crud.listing import filters
from services.common.crud.listing.lists import compressed
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.database.prepared import parameter
from services.common.database.sql_types import Condition, Expression, Select
from services.common.database.tables import table_of
from services.common.errors import NotFound
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply


class InternalRpc(ResourceService):
    """Entities for other services, which authorize."""

    @query
    def list_projects_of_entities(self, ids: list[str]) -> dict[str, str]:
        """The production of each entity: ``{entity id: project id}``; unknown ids are left out."""
        entity_ids = [UUID(ident) for ident in ids]
        statement = sa.select(Entity.id, Entity.project_id).where(Entity.id.in_(entity_ids))
        with self.database.read() as connection:
            return {str(ident): str(project) for ident, project in connection.execute(statement)}

    @query
    def describe_entities(self, ids: list[str]) -> Reply:
        """Entities with the names of their parents, for tasks, news and notifications.

        ``{id: {name, kind, type_name, description, data, canceled, project_id, created_by,
        parent_id, parent_name, episode_id, episode_name, source_id, preview_file_id, cast_in}}``.
        ``kind`` is ``Asset`` for all types that aren't reserved; an asset's episode is its main
        one, ``cast_in`` are those that it is cast in, ``[{id, name}]`` by name.
        ``data`` is what the caller sees of it.
        """
        text = self.database.text(_descriptions(shown_data(self)), ids=ids)
        # json_object_agg of no rows is NULL.
        return compressed((text or "{}").encode())

    @query
    def list_entities_of_kind(
        self, project_id: str, kind: str, ids: list[str], query: dict[str, str] | None = None
    ) -> list[str]:
        """The entities among ``ids`` in a production; without ids, all of the kind there.

        ``kind`` is case-insensitive. Without ids, ``query`` filters by columns and by
        ``episode_id`` (the parent). Raises NotFound for an unknown kind, and for an entity that is
        unknown or of another kind.
        """
        asked = queries.read(EntitiesQuery, query)
        if kind.lower() not in KINDS or kind.lower() == "concept-folder":
            raise NotFound
        of_it = of_kind(kind.lower())
        table, entity_ids = table_of(Entity), [UUID(ident) for ident in ids]
        rows = sa.select(table.c.id, table.c.project_id).select_from(
            table.join(table_of(EntityType), EntityType.id == table.c.entity_type_id)
        )
        if entity_ids:
            rows = rows.where(table.c.id.in_(entity_ids), of_it)
        else:
            rows = rows.where(
                table.c.project_id == UUID(project_id), of_it, *_narrowed(asked, query or {})
            ).order_by(table.c.name, table.c.id)
        with self.database.read() as connection:
            parents = dict(connection.execute(rows).all())
        if any(ident not in parents for ident in entity_ids):
            raise NotFound
        # Those of other productions are left out, not refused: the caller authorized this one only.
        return [str(ident) for ident in entity_ids or parents if str(parents[ident]) == project_id]

    @query
    def read_entity_with_ancestors(self, ident: str) -> Reply:
        """An entity with its type: ``{"entity", "entity_type", "sequence"?, "episode"?}``.

        As the caller sees them; ``tasks`` authorizes.
        ``sequence`` and ``episode`` are there for shots, scenes and sequences that have them.
        Raises NotFound.
        """
        entity = self._plain("entities", UUID(ident))
        if entity is None:
            raise NotFound
        kind = self._plain("entity-types", UUID(entity["entity_type_id"]))
        context = {"entity": {**entity, "type": "Entity"}, "entity_type": kind}
        sequence = None
        if entity["type"] == "Sequence" and entity["parent_id"]:
            sequence = entity
        elif entity["type"] in {"Shot", "Scene"} and entity["parent_id"]:
            sequence = self._plain("entities", UUID(entity["parent_id"]))
        if sequence is not None:
            context["sequence"] = sequence
            if sequence["parent_id"]:
                context["episode"] = self._plain("entities", UUID(sequence["parent_id"]))
        return Reply(msgspec.json.encode(context))

    def _plain(self, path: str, ident: UUID) -> JsonObject | None:
        resource = self.registry[path]
        columns = resource.shown(self.actor, resource.columns(None, relations=False))
        rows = sa.select(*columns).where(resource.table.c.id == ident)
        with self.database.read() as connection:
            text = connection.scalar(rows_as_json(rows))
        row: JsonObject | None = msgspec.json.decode(text) if text else None
        return row

    @query
    def list_entities_in_brief(self, ids: list[str]) -> dict[str, dict[str, str | None]]:
        """``{id: {entity_name, project_id, preview_file_id}}``; unknown ids are left out."""
        entity_ids = [UUID(ident) for ident in ids]
        statement = sa.select(
            Entity.id, Entity.name, Entity.project_id, Entity.preview_file_id
        ).where(Entity.id.in_(entity_ids))
        with self.database.read() as connection:
            return {
                str(ident): {
                    "entity_name": name,
                    "project_id": str(project),
                    "preview_file_id": str(preview) if preview else None,
                }
                for ident, name, project, preview in connection.execute(statement)
            }

    @query
    def list_entities_of_episode(self, episode_id: str) -> list[str]:
        """The ids of the entities two levels below an episode: the shots of its sequences."""
        parent = table_of(Entity).alias("parent")
        statement = (
            sa.select(Entity.id)
            .join(parent, parent.c.id == Entity.parent_id)
            .where(parent.c.parent_id == UUID(episode_id))
        )
        with self.database.read() as connection:
            return [str(ident) for ident in connection.execute(statement).scalars()]

    @query
    def list_kinds_of_entities(self, ids: list[str]) -> dict[str, str]:
        """``{entity id: name of its entity type}``; unknown ids are left out."""
        entity_ids = [UUID(ident) for ident in ids]
        statement = (
            sa.select(Entity.id, EntityType.name)
            .join(EntityType, EntityType.id == Entity.entity_type_id)
            .where(Entity.id.in_(entity_ids))
        )
        with self.database.read() as connection:
            return {str(ident): name for ident, name in connection.execute(statement)}


def _described(condition: Condition, data: Expression) -> Select:
    """SELECT the columns of ``describe_entities``."""
    parent, grandparent, main = (
        table_of(Entity).alias(name) for name in ("parent", "grandparent", "main")
    )
    # An entity refers to its episode in one of three ways: shots and scenes through their
    # sequence, sequences as their parent, assets in ``source_id``.
    in_sequence = EntityType.name.in_(("Shot", "Scene"))
    is_sequence = EntityType.name == "Sequence"

    def of_episode(column: str) -> sa.Label[object]:
        value = sa.case(
            (in_sequence, grandparent.c[column]),
            (is_sequence, parent.c[column]),
            else_=main.c[column],
        )
        return value.label(f"episode_{column}")

    return (
        sa.select(
            *(Entity.id, Entity.name),
            sa.case((EntityType.name.in_(RESERVED), EntityType.name), else_="Asset").label("kind"),
            EntityType.name.label("type_name"),
            *(Entity.description, data.label("data"), Entity.canceled),
            *(Entity.project_id, Entity.created_by, Entity.parent_id),
            parent.c.name.label("parent_name"),
            *(of_episode("id"), of_episode("name")),
            *(Entity.source_id, Entity.preview_file_id),
            _cast_in().label("cast_in"),
        )
        .join(EntityType, EntityType.id == Entity.entity_type_id)
        .outerjoin(parent, parent.c.id == Entity.parent_id)
        .outerjoin(grandparent, grandparent.c.id == parent.c.parent_id)
        .outerjoin(main, main.c.id == Entity.source_id)
        .where(condition)
    )


# Prepared, with the ids as a parameter: compiled and planned once, for lists of any length. Written
# out, some ids have PostgreSQL read the entities in their order instead.
@lru_cache(maxsize=256)
def _descriptions(data: Expression) -> Select:
    """SELECT the JSON of ``describe_entities``."""
    ids = parameter("ids", sa.ARRAY(sa.Uuid(as_uuid=False)))
    rows = _described(Entity.id == sa.any_(ids), data).subquery("r")
    row = sa.func.row_to_json(sa.literal_column("r"))
    by_id = sa.cast(sa.func.json_object_agg(rows.c.id, row), sa.Text)
    return sa.select(by_id).select_from(rows)


def _cast_in() -> Expression:
    """The episodes that an asset is cast in, by name; null for other entities."""
    episode, kind = table_of(Entity).alias("episode"), table_of(EntityType).alias("of_episode")
    found = (
        sa.select(episode.c.id, episode.c.name)
        .join(EntityLink, EntityLink.entity_in_id == episode.c.id)
        .join(kind, kind.c.id == episode.c.entity_type_id)
        .where(EntityLink.entity_out_id == Entity.id, kind.c.name == "Episode")
        .order_by(episode.c.name, episode.c.id)
        .correlate(Entity)
        .subquery("cast_in")
    )
    row = sa.func.json_agg(sa.func.json_build_object("id", found.c.id, "name", found.c.name))
    is_asset = EntityType.name.not_in(RESERVED)
    return sa.case((is_asset, sa.select(row).select_from(found).scalar_subquery()))


def _narrowed(asked: EntitiesQuery, query: dict[str, str]) -> list[Condition]:
    """Equality filters on an entity's columns; ``episode_id`` is its parent."""
    table = table_of(Entity)
    below = [table.c.parent_id == asked.episode_id] if asked.episode_id else []
    return [*below, *filters.by_columns(table, query, table.c.keys())]
