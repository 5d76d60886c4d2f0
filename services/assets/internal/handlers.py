"""Handlers of other services' events."""

from __future__ import annotations

from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on, insert

from services.assets.descriptors import from_template
from services.assets.models import Entity, MetadataDescriptor
from services.assets.policy.entity_types import entity_type
from services.common.contracts.assets.events import AssetReadyChanged
from services.common.contracts.crud.events import ProjectPrepared
from services.common.contracts.tasks.events import TaskMakesReady
from services.common.crud import cross_references
from services.common.crud.resource_service import ResourceService
from services.common.database.tables import NOW, table_of
from services.common.events.subscriber import Delivery, Inbox, on
from services.common.json_types import JsonObject

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


class InternalHandlers(ResourceService):
    """Handlers of events."""

    @on("task:makes-ready", ordered=True, formerly=("make_ready",))
    def make_ready(self, delivery: Delivery) -> None:
        """Set what the entity is ready for, as a status automation of ``tasks`` demands.

        An event, not a call: it follows the commit of the comment that triggered it.
        """
        message = msgspec.convert(delivery.payload, TaskMakesReady)
        if cross_references.was_deleted(self, message.task_type_id):
            return
        table = table_of(Entity)
        of_entity = table.c.id == message.entity_id
        statement = (
            sa.select(table.c.project_id, table.c.ready_for).where(of_entity).with_for_update()
        )
        row = self.tx.connection.execute(statement).first()
        if row is None:
            return
        ready = message.task_type_id
        update = sa.update(table).where(of_entity).values(ready_for=ready, updated_at=NOW)
        self.tx.connection.execute(update)
        facts = {"id": message.entity_id, "kind": "Asset", "project_id": row.project_id}
        self.tx.emit(self.registry.event(self.registry["entities"], "update", facts))
        if row.ready_for != ready:
            event = AssetReadyChanged(
                asset_id=message.entity_id, ready_for=ready, project_id=row.project_id
            )
            self.tx.emit(event)

    # Unordered, and recorded last: existing rows are kept, and what is named is asked for first.
    @on("project:prepared", inbox=Inbox.LAST)
    def prepare_project(self, delivery: Delivery) -> None:
        """Create the first episode of a new production, and its descriptors or a template's."""
        message = msgspec.convert(delivery.payload, ProjectPrepared)
        known = from_template.existing_references(self, message.descriptors)
        if cross_references.was_deleted(self, message.project_id):
            return
        if message.first_episode_id is not None:
            self._first_episode(message.project_id, message.first_episode_id)
        project = message.project_id
        new = from_template.describe(self, project, message.descriptors, known)
        if message.is_new:
            new += self._share_studio_descriptors(project)
        for ident in new:
            facts = {"id": ident, "project_id": project}
            self.tx.emit(self.registry.event(self.registry["metadata-descriptors"], "new", facts))

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
        # An import may have brought the episode already.
        insertion = insert(table_of(Entity)).values(values).on_conflict_do_nothing()
        if self.tx.connection.execute(insertion).rowcount:
            facts = {"id": ident, "kind": "Episode", "project_id": project}
            self.tx.emit(self.registry.event(self.registry["entities"], "new", facts))

    def _studio_descriptors(self) -> list[JsonObject]:
        """The descriptors of productions, which all of them share: the newest of each name."""
        table = table_of(MetadataDescriptor)
        columns = [table.c[name] for name in DESCRIBED]
        statement = (
            sa.select(*columns)
            .where(table.c.entity_type == "Project")
            .ext(distinct_on(table.c.name))
            .order_by(table.c.name, table.c.created_at.desc())
        )
        return [dict(row) for row in self.tx.session.execute(statement).mappings()]

    def _share_studio_descriptors(self, project: UUID) -> list[UUID]:
        """Add the studio's descriptors of productions that it hasn't; returns the new ones' ids."""
        table = table_of(MetadataDescriptor)
        rows = [{**row, "project_id": project} for row in self._studio_descriptors()]
        insertion = insert(table).on_conflict_do_nothing().returning(table.c.id)
        return list(self.tx.connection.scalars(insertion, rows)) if rows else []
