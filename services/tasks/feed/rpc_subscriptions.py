"""RPC methods of subscriptions to tasks."""

from __future__ import annotations

from typing import Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common.access.rules import only_persons
from services.common.crud.resource_service import ResourceService
from services.common.database.tables import table_of
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply
from services.tasks.models import Subscription
from services.tasks.policy.task_authorizer import TaskAuthorizer

WATCH: Final = table_of(Subscription)


class SubscriptionRpc(ResourceService):
    """The caller's subscriptions to tasks."""

    @command
    def subscribe(self, task_id: str) -> Reply:
        """Subscribe the caller to a task's notifications; idempotent. For the task's readers.

        Returns the subscription. Raises NotFound, Forbidden. Emits ``subscription:new``.
        """
        person, task = only_persons(self), TaskAuthorizer(self).readable(task_id)
        row = {"person_id": person, "task_id": task["id"]}
        # Idempotent: a second subscription finds the row, and emits nothing.
        statement = insert(WATCH).values(row).on_conflict_do_nothing().returning(WATCH.c.id)
        ident = self.tx.connection.scalar(statement)
        resource = self.registry["subscriptions"]
        if ident is None:
            by_caller = sa.and_(WATCH.c.person_id == person, WATCH.c.task_id == task["id"])
            ident = self.tx.connection.scalar(sa.select(WATCH.c.id).where(by_caller))
        else:
            event = self.registry.event(resource, "new", {"id": ident})
            self.tx.emit(event, project=task["project_id"])
        return Reply(resource.view(self.tx, ident))

    @command
    def unsubscribe(self, task_id: str) -> Reply:
        """Unsubscribe the caller from a task; idempotent. For the task's readers.

        Raises NotFound, Forbidden. Emits ``subscription:delete``.
        """
        person, task = only_persons(self), TaskAuthorizer(self).readable(task_id)
        by_caller = sa.and_(WATCH.c.person_id == person, WATCH.c.task_id == task["id"])
        ident = self.tx.connection.scalar(sa.delete(WATCH).where(by_caller).returning(WATCH.c.id))
        if ident is not None:
            event = self.registry.event(self.registry["subscriptions"], "delete", {"id": ident})
            self.tx.emit(event, project=task["project_id"])
        return Reply(b"")

    @query
    def is_subscribed(self, task_id: str) -> Reply:
        """Whether the caller, no bot, is subscribed to a task. Raises NotFound, Forbidden."""
        only_persons(self)
        task = TaskAuthorizer(self).readable(task_id)
        subscription = sa.exists().where(
            WATCH.c.person_id == self.actor.id, WATCH.c.task_id == task["id"]
        )
        with self.database.read() as connection:
            subscribed = bool(connection.scalar(sa.select(subscription)))
        return Reply(msgspec.json.encode(subscribed))
