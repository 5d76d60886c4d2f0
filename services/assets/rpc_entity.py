"""What other services ask about entities, and what a new production starts with."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.assets.models import Entity, EntityType, MetadataDescriptor
from services.common.bus import Delivery, on
from services.common.contracts.crud import ProjectPrepared
from services.common.crud import CrudRpc
from services.common.rpc import query
from services.common.tables import table_of

DESCRIBED = ("entity_type", "name", "data_type", "field_name", "choices", "for_client", "position",
             "task_type_id")  # fmt: skip
FIRST_EPISODE = "E01"


class EntityRpc(CrudRpc):
    """Entities as other services need them."""

    @query
    def projects_of_entities(self, ids: list[str]) -> dict[str, str]:
        """The production of each entity: ``{entity id: project id}``; unknown ids are left out."""
        wanted = [UUID(ident) for ident in ids]
        statement = sa.select(Entity.id, Entity.project_id).where(Entity.id.in_(wanted))
        with self.database.read() as connection:
            return {str(ident): str(project) for ident, project in connection.execute(statement)}

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
            "id": ident, "name": FIRST_EPISODE, "project_id": project, "status": "running",
            "entity_type_id": self.entity_type("Episode"), "canceled": False, "nb_entities_out": 0,
            "is_casting_standby": False, "is_shared": False,
        }  # fmt: skip
        made = insert(table_of(Entity)).values(values).on_conflict_do_nothing()
        if self.tx.connection.execute(made).rowcount:
            facts = {"id": ident, "kind": "Episode", "project_id": project}
            self.tx.emit(self.registry.event(self.registry["entities"], "new", facts))

    def entity_type(self, name: str) -> UUID:
        """The id of a reserved entity type, made on first need."""
        table = table_of(EntityType)
        made = insert(table).values(name=name, archived=False).on_conflict_do_nothing()
        self.tx.session.execute(made)
        found = self.tx.session.scalar(sa.select(table.c.id).where(table.c.name == name))
        return UUID(str(found))

    def _studio_descriptors(self) -> list[dict[str, Any]]:
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

    def _describe(self, project: UUID, descriptor: dict[str, Any]) -> None:
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
