"""The picture that stands for an entity."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from services.assets.models import Entity
from services.common.bus import Delivery, on
from services.common.crud import CrudRpc
from services.common.tables import NOW, table_of


class MainPreviewRpc(CrudRpc):
    """Follows what ``tasks`` tells of previews."""

    @on("preview-file:set-main")
    def take_main_preview(self, delivery: Delivery) -> None:
        """A preview is to stand for its entity from now on. Emits ``<kind>:update``."""
        table = table_of(Entity)
        change = sa.update(table).where(table.c.id == UUID(delivery.payload["entity_id"]))
        preview = UUID(delivery.payload["preview_file_id"])
        row = (
            self.tx.connection.execute(
                change.values(preview_file_id=preview, updated_at=NOW).returning(*table.c)
            )
            .mappings()
            .first()
        )
        if row is not None:
            resource = self.registry["entities"]
            facts = self._event_facts(resource, row)
            self.tx.emit(self.registry.event(resource, "update", facts))
