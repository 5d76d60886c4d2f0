"""The picture that stands for an entity."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from services.assets.models import Entity
from services.common.crud import writing
from services.common.crud.resource_service import ResourceService
from services.common.database.tables import NOW, table_of
from services.common.events.subscriber import Delivery, on
from services.common.runtime.rpc_server import command


class MainPreviewRpc(ResourceService):
    """Follows what ``tasks`` tells of previews."""

    @command
    def show_preview(self, entity_id: str, preview_file_id: str) -> None:
        """Let a preview stand for its entity at once; ``tasks`` decided whether the caller may."""
        self._stand_for(UUID(entity_id), UUID(preview_file_id))

    @on("preview-file:set-main", ordered=True, formerly=("take_main_preview",))
    def take_main_preview(self, delivery: Delivery) -> None:
        """A preview is to stand for its entity from now on. Emits ``<kind>:update``."""
        payload = delivery.payload
        self._stand_for(UUID(payload["entity_id"]), UUID(payload["preview_file_id"]))

    def _stand_for(self, entity: UUID, preview: UUID) -> None:
        table = table_of(Entity)
        change = sa.update(table).where(
            table.c.id == entity, table.c.preview_file_id.is_distinct_from(preview)
        )
        row = (
            self.tx.connection.execute(
                change.values(preview_file_id=preview, updated_at=NOW).returning(*table.c)
            )
            .mappings()
            .first()
        )
        if row is not None:
            resource = self.registry["entities"]
            facts = writing.facts_of_row(self, resource, row)
            self.tx.emit(self.registry.event(resource, "update", facts))
