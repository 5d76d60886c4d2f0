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

UNREAD: Final = table_of(Notification)


class ContextRpc(CrudRpc):
    """Types, statuses and automations as others show them."""

    @query
    def context_part(self) -> Reply:
        """All task types, statuses and automations, and how many notifications are unread."""
        unread = sa.select(sa.func.count()).where(
            UNREAD.c.person_id == self.actor.id, UNREAD.c.read.is_(False)
        )
        return parts.whole(
            self.database,
            task_types=parts.array(self._all("task-types")),
            task_status=parts.array(self._all("task-status")),
            status_automations=parts.array(self._all("status-automations")),
            notification_count=unread.scalar_subquery(),
        )

    @query
    def rows_shown(self, path: str, ids: list[str]) -> Reply:
        """Those rows of a resource, plain; for services that decided the rights."""
        table = self.registry[path].table
        wanted = [UUID(ident) for ident in ids]
        return listing.plain(self, self._all(path).where(table.c.id.in_(wanted)))

    def _all(self, path: str) -> sa.Select[Any]:
        return sa.select(*self.registry[path].columns(None, relations=False))
