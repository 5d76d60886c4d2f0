"""RPC methods that remove entities: those with tasks are cancelled, others deleted."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.assets.policy import access
from services.assets.policy.access import ENTITY
from services.assets.policy.membership import known_project
from services.assets.policy.rights import remover
from services.common import bodies, queries
from services.common.contracts.assets.entities import RemovalQuery
from services.common.contracts.types import ListedId
from services.common.crud import cross_references
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.database.tables import NOW
from services.common.errors import NotFound, Refused
from services.common.json_types import Json, Row
from services.common.runtime.rpc_server import command
from services.common.wire.rpc_protocol import Reply

#: Kinds that ``remove_entities`` accepts.
IN_NUMBERS: Final = frozenset({"Asset", "Shot", "Edit", "Concept"})
#: Kinds that can't be removed without ``force`` while they have children.
HOLDERS: Final = {"sequence": "shot", "episode": "sequence"}


class RemovalRpc(ResourceService):
    """Removal of entities."""

    @command
    def remove_entity(self, kind: str, ident: str, query: dict[str, str] | None = None) -> Reply:
        """Delete an entity; one with tasks is only cancelled, unless ``force=true``.

        A sequence or episode with children is deleted with them if forced, otherwise refused. For
        managers and the entity's creator. Raises NotFound, Forbidden, Refused. Emits
        ``<kind>:update`` or ``<kind>:delete``.
        """
        force = queries.read(RemovalQuery, query).force
        with self.database.read() as connection:
            facts = access.facts_of(connection, known_id(ident), kind)
        remover.check(self, facts)
        # Called before the transaction; a task created meanwhile is removed by ``rows:gone``.
        worked_on = not force and bool(self._worked_on([facts["id"]]))
        self._remove(kind, facts, worked_on=worked_on, force=force)
        return Reply(b"")

    @command
    def remove_entities(
        self, project_id: str, data: Json = None, query: dict[str, str] | None = None
    ) -> list[str]:
        """Remove several assets, shots, edits and concepts, each as ``remove_entity`` does.

        Returns their ids. Unknown ids and those of another production or kind are skipped; if the
        caller may not remove one of the others, none is removed. Raises NotFound, Forbidden,
        InvalidInput.
        """
        ids = list(dict.fromkeys(bodies.read(list[ListedId], data)))
        force = queries.read(RemovalQuery, query).force
        project = known_project(self, project_id)
        with self.database.read() as connection:
            entities = [
                facts
                for facts in access.facts_of_many(connection, ids)
                if facts["project_id"] == project and facts["kind"] in IN_NUMBERS
            ]
        for facts in entities:
            remover.check(self, facts)
        worked_on = set() if force else self._worked_on([facts["id"] for facts in entities])
        for facts in entities:
            self._remove(
                facts["kind"].lower(), facts, worked_on=facts["id"] in worked_on, force=force
            )
        return [str(facts["id"]) for facts in entities]

    def _worked_on(self, ids: list[UUID]) -> set[UUID]:
        """Which of the entities have tasks."""
        entity_ids = self.ask("tasks", "list_worked_on", ids=[str(ident) for ident in ids])
        return {UUID(ident) for ident in entity_ids}

    def _remove(self, kind: str, facts: Row, *, worked_on: bool, force: bool) -> None:
        self._lock(facts)
        if not force and kind in HOLDERS and self._holds(facts):
            message = f"Some data are still linked to given {kind}."
            raise Refused(message)
        if worked_on:
            self._cancel(facts)
        else:
            cross_references.remove(self, "entity", [facts["id"]])
        event = self.registry.event(
            self.registry["entities"], "update" if worked_on else "delete", facts
        )
        self.tx.emit(event)

    def _lock(self, facts: Row) -> None:
        # Inserting a child locks its parent's key (FOR KEY SHARE): it either committed before, and
        # is seen by ``_holds``, or waits and fails.
        entity_lock = sa.select(ENTITY.c.id).where(ENTITY.c.id == facts["id"]).with_for_update()
        if self.tx.connection.scalar(entity_lock) is None:
            raise NotFound

    def _holds(self, facts: Row) -> bool:
        children = sa.select(sa.exists().where(ENTITY.c.parent_id == facts["id"]))
        return bool(self.tx.connection.scalar(children))

    def _cancel(self, facts: Row) -> None:
        statement = sa.update(ENTITY).where(ENTITY.c.id == facts["id"])
        self.tx.connection.execute(statement.values(canceled=True, updated_at=NOW))
