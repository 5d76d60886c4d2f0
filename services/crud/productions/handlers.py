"""Handlers of other services' events about productions."""

from __future__ import annotations

import msgspec

from services.common.contracts.assets.events import DescriptorKeyChanged
from services.common.crud.resource_service import ResourceService
from services.common.database import change_version, free_json
from services.common.database.tables import table_of
from services.common.events.subscriber import Delivery, on
from services.crud.models import Project

PROJECT = table_of(Project)


class ProductionHandlers(ResourceService):
    """Handlers of events."""

    @on("metadata-descriptor:key-changed", ordered=True)
    def move_values_of_projects(self, delivery: Delivery) -> None:
        """Move the values under a descriptor's key in productions' data, or drop them."""
        message = msgspec.convert(delivery.payload, DescriptorKeyChanged)
        if message.entity_type != "Project":
            return
        change = free_json.moved(PROJECT.c.data, message.key, message.new_key)
        concerned = PROJECT.c.id.in_(message.project_ids)
        if self.tx.connection.execute(change.where(concerned)).rowcount:
            change_version.touch(self.tx)
