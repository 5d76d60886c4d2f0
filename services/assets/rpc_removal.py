"""Removing entities: what was worked on is set aside, the rest goes."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from services.assets import access
from services.assets.access import ENTITY
from services.common import references
from services.common.client import Reply
from services.common.crud import CrudRpc
from services.common.errors import Forbidden, NotFound, Refused
from services.common.rpc import command
from services.common.tables import NOW
from services.common.values import known_id

HOLDERS: Final = {"sequence": "shot", "episode": "sequence"}
"""Kinds that aren't removed while they hold others."""
GONE: Final = 204


class RemovalRpc(CrudRpc):
    """Entities that go."""

    @command
    def remove_entity(self, kind: str, ident: str, query: dict[str, str] | None = None) -> Reply:
        """Remove an entity; one with tasks is only cancelled, unless ``force=true``.

        A sequence or episode that holds others goes with all of them, or not at all.
        Raises NotFound, Forbidden, Refused. Emits ``<kind>:update`` or ``<kind>:delete``.
        """
        force = (query or {}).get("force", "").lower() == "true"
        with self.database.read() as connection:
            facts = access.facts_of(connection, known_id(ident), kind)
        role = self.actor.role_in(facts["project_id"])
        creator = facts["created_by"] == self.actor.id and role is not None
        if role not in {"admin", "manager"} and not creator:
            message = "This requires to have created it or to manage the production."
            raise Forbidden(message)
        worked_on = not force and self.ask("tasks", "has_tasks", ident=str(facts["id"]))
        self._lock(facts)
        if not force and kind in HOLDERS and self._holds(facts):
            message = f"Some data are still linked to given {kind}."
            raise Refused(message)
        if worked_on:
            self._cancel(facts)
        else:
            references.remove(self.tx, self.name, self.metadata, "entity", [facts["id"]])
        event = self.registry.event(
            self.registry["entities"], "update" if worked_on else "delete", facts
        )
        self.tx.emit(event)
        return Reply(b"", status=GONE)

    def _lock(self, facts: Any) -> None:
        own = sa.select(ENTITY.c.id).where(ENTITY.c.id == facts["id"]).with_for_update()
        if self.tx.connection.scalar(own) is None:
            raise NotFound

    def _holds(self, facts: Any) -> bool:
        children = sa.select(sa.exists().where(ENTITY.c.parent_id == facts["id"]))
        return bool(self.tx.connection.scalar(children))

    def _cancel(self, facts: Any) -> None:
        statement = sa.update(ENTITY).where(ENTITY.c.id == facts["id"])
        self.tx.connection.execute(statement.values(canceled=True, updated_at=NOW))
