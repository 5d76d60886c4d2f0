"""The tasks' part of what clients read first, and of a production's settings."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.common import listing, parts
from services.common.client import Reply
from services.common.crud import CrudRpc
from services.common.rpc import query
from services.common.tables import table_of
from services.tasks.models import Notification
from services.tasks.resources import RESOURCES

NOTIFICATION: Final = table_of(Notification)


def _all(path: str) -> sa.Select[Any]:
    return sa.select(*RESOURCES[path].columns(None, relations=False))


CONTEXT: Final = parts.whole(
    task_types=parts.array(_all("task-types")),
    task_status=parts.array(_all("task-status")),
    status_automations=parts.array(_all("status-automations")),
    notification_count=sa.select(sa.func.count())
    .where(NOTIFICATION.c.person_id == parts.ident("person"), NOTIFICATION.c.read.is_(False))
    .scalar_subquery(),
)


class ContextRpc(CrudRpc):
    """Types, statuses and automations as others show them."""

    @query
    def context_part(self) -> Reply:
        """All task types, statuses and automations, and how many notifications are unread."""
        person = str(self.actor.id) if self.actor.id else None
        return parts.read(self.database, CONTEXT, person=person)

    @query
    def rows_shown(self, path: str, ids: list[str]) -> Reply:
        """Those rows of a resource, plain; for services that decided the rights."""
        table = self.registry[path].table
        wanted = [UUID(ident) for ident in ids]
        return listing.plain(self, _all(path).where(table.c.id.in_(wanted)))
