"""The main preview of an entity."""

from __future__ import annotations

from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.assets.models import Entity
from services.common.contracts.tasks.events import PreviewSetMain
from services.common.crud import cross_references, writing
from services.common.crud.resource_service import ResourceService
from services.common.database.tables import NOW, table_of
from services.common.events.subscriber import Delivery, on
from services.common.runtime.rpc_server import command


class MainPreviewRpc(ResourceService):
    """Sets main previews for ``tasks``."""

    @command
    def show_preview(self, entity_id: str, preview_file_id: str) -> None:
        """Set an entity's main preview; for ``tasks`` of the release before, which authorizes."""
        self._set_main(UUID(entity_id), UUID(preview_file_id))

    @on("preview-file:set-main", ordered=True, formerly=("take_main_preview",))
    def take_main_preview(self, delivery: Delivery) -> None:
        """Set an entity's main preview. Emits ``<kind>:update``."""
        message = msgspec.convert(delivery.payload, PreviewSetMain)
        preview, replaced = message.preview_file_id, message.instead_of or None
        if not cross_references.was_deleted(self, preview):
            self._set_main(message.entity_id, preview, replaced)

    def _set_main(self, entity: UUID, preview: UUID, replaced: UUID | None = None) -> None:
        table = table_of(Entity)
        now = table.c.preview_file_id
        change = sa.update(table).where(
            # Idempotent: tasks calls and also emits, and only the first of both may emit an update.
            table.c.id == entity,
            now.is_distinct_from(preview),
            # ``rows:gone`` may have emptied it already; what somebody chose meanwhile stays.
            sa.or_(now.is_(None), now == replaced) if replaced else sa.true(),
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
