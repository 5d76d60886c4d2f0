"""What other services ask about entities, and what a new production starts with."""

from __future__ import annotations

from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.assets.access import of_kind
from services.assets.entities import KINDS, RESERVED
from services.assets.entity_types import entity_type
from services.assets.models import Entity, EntityType, MetadataDescriptor
from services.common.contracts.assets import AssetReadyChanged
from services.common.contracts.crud import ProjectPrepared
from services.common.contracts.tasks import TaskMakesReady
from services.common.crud.filters import condition
from services.common.crud.lists import compressed
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.database.sql_types import Condition
from services.common.database.tables import NOW, table_of
from services.common.errors import NotFound
from services.common.events.subscriber import Delivery, on
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_client import Reply

DESCRIBED = (
    "entity_type",
    "name",
    "data_type",
    "field_name",
    "choices",
    "for_client",
    "position",
    "task_type_id",
)
FIRST_EPISODE = "E01"


class EntityRpc(ResourceService):
    """Entities as other services need them."""

    @query
    def projects_of_entities(self, ids: list[str]) -> dict[str, str]:
        """The production of each entity: ``{entity id: project id}``; unknown ids are left out."""
        wanted = [UUID(ident) for ident in ids]
        statement = sa.select(Entity.id, Entity.project_id).where(Entity.id.in_(wanted))
        with self.database.read() as connection:
            return {str(ident): str(project) for ident, project in connection.execute(statement)}

    @query
    def describe_entities(self, ids: list[str]) -> Reply:
        """Entities by id, with what names them, as tasks, news and notifications show them.

        ``{id: {name, kind, type_name, description, data, canceled, project_id, created_by,
        parent_id, parent_name, episode_id, episode_name, source_id, preview_file_id}}``, where
        ``kind`` is ``Asset`` for what is none of the reserved kinds, and ``episode`` an asset's
        main one.
        """
        parent, above = table_of(Entity).alias("parent"), table_of(Entity).alias("above")
        main = table_of(Entity).alias("main")
        kind = sa.case((EntityType.name.in_(RESERVED), EntityType.name), else_="Asset")
        shot_like = EntityType.name.in_(("Shot", "Scene"))
        sequence = EntityType.name == "Sequence"
        rows = (
            sa.select(
                Entity.id,
                Entity.name,
                kind.label("kind"),
                EntityType.name.label("type_name"),
                Entity.description,
                Entity.data,
                Entity.canceled,
                Entity.project_id,
                Entity.created_by,
                Entity.parent_id,
                parent.c.name.label("parent_name"),
                sa.case((shot_like, above.c.id), (sequence, parent.c.id), else_=main.c.id).label(
                    "episode_id"
                ),
                sa.case(
                    (shot_like, above.c.name), (sequence, parent.c.name), else_=main.c.name
                ).label("episode_name"),
                Entity.source_id,
                Entity.preview_file_id,
            )
            .join(EntityType, EntityType.id == Entity.entity_type_id)
            .outerjoin(parent, parent.c.id == Entity.parent_id)
            .outerjoin(above, above.c.id == parent.c.parent_id)
            .outerjoin(main, main.c.id == Entity.source_id)
            .where(Entity.id.in_([UUID(ident) for ident in ids]))
            .subquery("r")
        )
        row = sa.func.row_to_json(sa.literal_column("r"))
        text = sa.cast(sa.func.json_object_agg(rows.c.id, row), sa.Text)
        with self.database.read() as connection:
            found = connection.scalar(sa.select(text).select_from(rows))
        return compressed((found or "{}").encode())

    @query
    def entities_of_kind(
        self, project_id: str, kind: str, ids: list[str], query: dict[str, str] | None = None
    ) -> list[str]:
        """Which of these entities are of that kind and production; without ids, all that are.

        ``kind`` is a kind's name in either case. ``query`` narrows all of them by columns, and
        by ``episode_id`` (the parent). Raises NotFound: no such kind, an entity that is unknown
        or of another kind.
        """
        if kind.lower() not in KINDS:
            raise NotFound
        of_it = of_kind(kind.lower())
        table, wanted = table_of(Entity), [UUID(ident) for ident in ids]
        rows = sa.select(table.c.id, table.c.project_id).select_from(
            table.join(table_of(EntityType), EntityType.id == table.c.entity_type_id)
        )
        if wanted:
            rows = rows.where(table.c.id.in_(wanted), of_it)
        else:
            rows = rows.where(
                table.c.project_id == UUID(project_id), of_it, *_narrowed(query or {})
            ).order_by(table.c.name, table.c.id)
        with self.database.read() as connection:
            found = dict(connection.execute(rows).tuples().all())
        if any(ident not in found for ident in wanted):
            raise NotFound
        return [str(ident) for ident in wanted or found if str(found[ident]) == project_id]

    @query
    def entity_with_ancestors(self, ident: str) -> Reply:
        """An entity with its type: ``{"entity", "entity_type", "sequence"?, "episode"?}``.

        Shots, scenes and sequences with a parent name their sequence and its episode.
        Raises NotFound.
        """
        entity = self._plain("entities", UUID(ident))
        if entity is None:
            raise NotFound
        kind = self._plain("entity-types", UUID(entity["entity_type_id"]))
        found = {"entity": {**entity, "type": "Entity"}, "entity_type": kind}
        sequence = None
        if entity["type"] == "Sequence" and entity["parent_id"]:
            sequence = entity
        elif entity["type"] in {"Shot", "Scene"} and entity["parent_id"]:
            sequence = self._plain("entities", UUID(entity["parent_id"]))
        if sequence is not None:
            found["sequence"] = sequence
            if sequence["parent_id"]:
                found["episode"] = self._plain("entities", UUID(sequence["parent_id"]))
        return Reply(msgspec.json.encode(found))

    def _plain(self, path: str, ident: UUID) -> JsonObject | None:
        resource = self.registry[path]
        rows = sa.select(*resource.columns(None, relations=False)).where(
            resource.table.c.id == ident
        )
        with self.database.read() as connection:
            text = connection.scalar(rows_as_json(rows))
        found: JsonObject | None = msgspec.json.decode(text) if text else None
        return found

    @on("task:makes-ready")
    def make_ready(self, delivery: Delivery) -> None:
        """An automation of the task's production says what the entity is ready for.

        An event and not a call: the comment that caused it has committed, and this will follow.
        """
        message = msgspec.convert(delivery.payload, TaskMakesReady)
        table = table_of(Entity)
        mine = table.c.id == message.entity_id
        held = sa.select(table.c.project_id, table.c.ready_for).where(mine).with_for_update()
        row = self.tx.connection.execute(held).first()
        if row is None:
            return
        ready = message.task_type_id
        changed = sa.update(table).where(mine).values(ready_for=ready, updated_at=NOW)
        self.tx.connection.execute(changed)
        facts = {"id": message.entity_id, "kind": "Asset", "project_id": row.project_id}
        self.tx.emit(self.registry.event(self.registry["entities"], "update", facts))
        if row.ready_for != ready:
            told = AssetReadyChanged(
                asset_id=message.entity_id, ready_for=ready, project_id=row.project_id
            )
            self.tx.emit(told)

    @query
    def entities_in_brief(self, ids: list[str]) -> dict[str, dict[str, str | None]]:
        """Name, production and main preview of each entity, as a list of chats shows them."""
        wanted = [UUID(ident) for ident in ids]
        statement = sa.select(
            Entity.id, Entity.name, Entity.project_id, Entity.preview_file_id
        ).where(Entity.id.in_(wanted))
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
    def entities_of_episode(self, episode_id: str) -> list[str]:
        """Entities whose parent's parent is that episode: the shots of its sequences."""
        parent = table_of(Entity).alias("parent")
        statement = (
            sa.select(Entity.id)
            .join(parent, parent.c.id == Entity.parent_id)
            .where(parent.c.parent_id == UUID(episode_id))
        )
        with self.database.read() as connection:
            return [str(ident) for ident in connection.execute(statement).scalars()]

    @query
    def kinds_of_entities(self, ids: list[str]) -> dict[str, str]:
        """The entity type's name of each entity."""
        wanted = [UUID(ident) for ident in ids]
        statement = (
            sa.select(Entity.id, EntityType.name)
            .join(EntityType, EntityType.id == Entity.entity_type_id)
            .where(Entity.id.in_(wanted))
        )
        with self.database.read() as connection:
            return {str(ident): name for ident, name in connection.execute(statement)}

    @on("project:prepared")
    def prepare_project(self, delivery: Delivery) -> None:
        """A production was created: give it its first episode and its descriptors."""
        message = msgspec.convert(delivery.payload, ProjectPrepared)
        if message.first_episode_id is not None:
            self._first_episode(message.project_id, message.first_episode_id)
        for descriptor in message.descriptors:
            self._describe(message.project_id, descriptor)
        for descriptor in self._studio_descriptors():
            self._describe(message.project_id, descriptor)

    def _first_episode(self, project: UUID, ident: UUID) -> None:
        values = {
            "id": ident,
            "name": FIRST_EPISODE,
            "project_id": project,
            "status": "running",
            "entity_type_id": entity_type(self, "Episode"),
            "canceled": False,
            "nb_entities_out": 0,
            "is_casting_standby": False,
            "is_shared": False,
        }
        made = insert(table_of(Entity)).values(values).on_conflict_do_nothing()
        if self.tx.connection.execute(made).rowcount:
            facts = {"id": ident, "kind": "Episode", "project_id": project}
            self.tx.emit(self.registry.event(self.registry["entities"], "new", facts))

    def _studio_descriptors(self) -> list[JsonObject]:
        """Descriptors of productions themselves are the studio's: the newest of each name."""
        table = table_of(MetadataDescriptor)
        columns = [table.c[name] for name in DESCRIBED]
        statement = (
            sa.select(*columns)
            .where(table.c.entity_type == "Project")
            .distinct(table.c.name)
            .order_by(table.c.name, table.c.created_at.desc())
        )
        return [dict(row) for row in self.tx.session.execute(statement).mappings()]

    def _describe(self, project: UUID, descriptor: JsonObject) -> None:
        table = table_of(MetadataDescriptor)
        known = {name: descriptor.get(name) for name in DESCRIBED if name in descriptor}
        if not known.get("name") or not known.get("field_name") or not known.get("entity_type"):
            return
        statement = (
            insert(table)
            .values({**known, "project_id": project})
            .on_conflict_do_nothing()
            .returning(table.c.id)
        )
        made = self.tx.session.scalar(statement)
        if made is not None:
            facts = {"id": made, "project_id": project}
            resource = self.registry["metadata-descriptors"]
            self.tx.emit(self.registry.event(resource, "new", facts))


def _narrowed(query: dict[str, str]) -> list[Condition]:
    """Equality filters on an entity's columns; ``episode_id`` is its parent."""
    table = table_of(Entity)
    given = {("parent_id" if name == "episode_id" else name): text for name, text in query.items()}
    return [condition(name, table.c[name], text) for name, text in given.items() if name in table.c]
