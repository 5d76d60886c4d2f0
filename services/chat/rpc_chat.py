"""RPC methods of chats: show, join, leave."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.chat import rooms
from services.chat.models import Chat, chat_participant
from services.common.contracts.chat import ChatJoined, ChatLeft
from services.common.crud.resource_service import ResourceService
from services.common.errors import Forbidden
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply


class ChatRpc(ResourceService):
    """The chat of an entity, and the chats of a person."""

    @command
    def show_chat(self, entity_id: str) -> Reply:
        """The chat of an entity with its participants; the first visit makes it.

        Its ``messages`` stay empty, they have a route of their own. Raises NotFound, Forbidden.
        """
        chat = rooms.open_chat(self, rooms.require_entity_reader(self, entity_id))
        shown = self.registry["chats"].view(self.tx, chat)
        return Reply(shown[:-1] + b',"messages":[]}')

    @command
    def join_chat(self, entity_id: str) -> Reply:
        """Take part in the chat of an entity; joining twice changes nothing.

        Answers the chat. Raises NotFound, Forbidden. Emits ``chat:joined``.
        """
        person = self._person()
        chat = rooms.open_chat(self, rooms.require_entity_reader(self, entity_id))
        row = {"chat_id": chat, "person_id": person}
        joined = insert(chat_participant).values(row).on_conflict_do_nothing()
        if self.tx.connection.execute(joined).rowcount:
            self.tx.emit(ChatJoined(chat_id=chat, person_id=person))
        return Reply(self.registry["chats"].view(self.tx, chat, relations=False))

    @command
    def leave_chat(self, entity_id: str) -> Reply:
        """No longer take part; who doesn't, leaves without effect.

        Raises NotFound, Forbidden. Emits ``chat:left``.
        """
        person = self._person()
        chat = rooms.find(self, rooms.require_entity_reader(self, entity_id))
        if chat is not None:
            link = chat_participant.c
            left = sa.delete(chat_participant).where(link.chat_id == chat, link.person_id == person)
            if self.tx.connection.execute(left).rowcount:
                self.tx.emit(ChatLeft(chat_id=chat, person_id=person))
        return Reply(b"")

    @query
    def list_own_chats(self) -> list[JsonObject]:
        """The chats that the caller takes part in, of open productions, the liveliest first."""
        link, moment = chat_participant.c, sa.func.date_trunc("second", Chat.last_message)
        statement = (
            sa.select(Chat.id, Chat.object_id, moment.label("last_message"))
            .join(chat_participant, link.chat_id == Chat.id)
            .where(link.person_id == self._person())
            .order_by(Chat.last_message.desc().nulls_last(), Chat.id)
        )
        with self.database.read() as connection:
            rows = [dict(row) for row in connection.execute(statement).mappings()]
        ids = [str(row["object_id"]) for row in rows]
        entities = self.ask("assets", "entities_in_brief", ids=ids) if ids else {}
        return [
            {**row, **entities[str(row["object_id"])]}
            for row in rows
            if self._is_open(entities.get(str(row["object_id"])))
        ]

    def _is_open(self, entity: JsonObject | None) -> bool:
        return entity is not None and UUID(entity["project_id"]) in self.actor.open_projects

    def _person(self) -> UUID:
        """The caller, who must be a person."""
        if self.actor.is_bot or self.actor.id is None:
            message = "This requires to be a person."
            raise Forbidden(message)
        return self.actor.id
