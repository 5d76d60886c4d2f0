"""This service's part of the context that clients load at start-up, and rows for other services."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.common.crud import json_parts, lists
from services.common.crud.resource_service import ResourceService
from services.common.database.sql_types import Select
from services.common.database.tables import table_of
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply
from services.tasks.models import Notification
from services.tasks.resources import RESOURCES

NOTIFICATION: Final = table_of(Notification)


def _all(path: str) -> Select:
    return sa.select(*RESOURCES[path].columns(None, relations=False))


CONTEXT: Final = json_parts.json_object(
    task_types=json_parts.array(_all("task-types")),
    task_status=json_parts.array(_all("task-status")),
    status_automations=json_parts.array(_all("status-automations")),
    notification_count=sa.select(sa.func.count())
    .where(NOTIFICATION.c.person_id == json_parts.ident("person"), NOTIFICATION.c.read.is_(False))
    .scalar_subquery(),
)


class ContextRpc(ResourceService):
    """Rows that other services embed in their answers."""

    @query
    def read_context_part(self) -> Reply:
        """``{task_types, task_status, status_automations, notification_count}``; for ``crud``.

        The count is of the caller's unread notifications.
        """
        person = str(self.actor.id) if self.actor.id else None
        return json_parts.read(self.database, CONTEXT, person=person)

    @query
    def list_rows_shown(self, path: str, ids: list[str]) -> Reply:
        """Rows of a resource without relations; for other services, which authorize."""
        table = self.registry[path].table
        return lists.json_array(
            self, _all(path).where(table.c.id.in_([UUID(ident) for ident in ids]))
        )
