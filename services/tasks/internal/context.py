"""This service's part of the context that clients load at start-up, and rows for other services."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from services.common.crud import json_parts
from services.common.crud.resource_service import ResourceService
from services.common.database.prepared import parameter
from services.common.database.sql_types import Condition, Expression, Select
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply
from services.tasks.policy.notifications import NOTE, NOTIFICATIONS, OWN, received
from services.tasks.resources import RESOURCES


def _all(path: str) -> sa.ColumnElement[str]:
    resource = RESOURCES[path]
    return json_parts.array(sa.select(*resource.columns(None, relations=False)), *resource.order)


def _context(unread: Expression) -> Select:
    return json_parts.json_object(
        task_types=_all("task-types"),
        task_status=_all("task-status"),
        status_automations=_all("status-automations"),
        notification_count=unread,
    )


def _unread(*where: Condition) -> Select:
    return sa.select(sa.func.count()).where(NOTE.c.read.is_(False), *where)


#: The context of people who get all notifications of the productions whose team they are in.
PLAIN: Final = _context(
    _unread(
        NOTE.c.person_id == json_parts.ident("person"),
        NOTE.c.production_id.is_(None) | (NOTE.c.production_id == json_parts.idents("productions")),
    ).scalar_subquery()
)
#: Of others, whose notifications are counted before.
COUNTED: Final = _context(sa.cast(parameter("unread", sa.Integer), sa.Text))


class ContextRpc(ResourceService):
    """Rows that other services embed in their answers."""

    @query
    def read_context_part(self) -> Reply:
        """``{task_types, task_status, status_automations, notification_count}``; for ``crud``.

        The count is of the caller's unread notifications.
        """
        roles = self.actor.projects.values()
        if self.actor.is_admin or any(NOTIFICATIONS.sees.get(role) is not OWN for role in roles):
            with self.database.read() as connection:
                unread = connection.scalar(_unread(received(self)))
            return json_parts.read(self.database, COUNTED, unread=unread)
        person = str(self.actor.id) if self.actor.id else None
        productions = sorted(map(str, self.actor.projects))
        return json_parts.read(self.database, PLAIN, person=person, productions=productions)
