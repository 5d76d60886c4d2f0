"""RPC methods of chats: show, join, leave."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.chat import rooms
from services.chat.models import Chat, chat_participant
from services.common.contracts.chat.events import ChatJoined, ChatLeft
from services.common.crud.resource_service import ResourceService
from services.common.errors import Forbidden
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply

#: The columns of an entity in a person's list of chats.
SHOWN: Final = "name,project_id,preview_file_id"


class ChatRpc(ResourceService):
    """The chat of an entity, and the chats of a person."""

    @command
    def show_chat(self, entity_id: str) -> Reply:
        """The chat of an entity with its participants, created on first access.

        ``messages`` is always empty: they have a route of their own. Raises NotFound, Forbidden.
        """
        chat = rooms.open_chat(self, rooms.require_entity_reader(self, entity_id))
        shown = self.registry["chats"].view(self.tx, chat)
        # The view is the JSON text of an object; clients rely on the key being there.
        return Reply(shown[:-1] + b',"messages":[]}')

    @command
    def join_chat(self, entity_id: str) -> Reply:
        """Add the caller to the participants of an entity's chat; idempotent.

        Returns the chat. Raises NotFound, Forbidden (also for bots). Emits ``chat:joined``.
        """
        person = self._require_person()
        chat = rooms.open_chat(self, rooms.require_entity_reader(self, entity_id))
        row = {"chat_id": chat, "person_id": person}
        statement = insert(chat_participant).values(row).on_conflict_do_nothing()
        # No row, no event: a retried request stays silent.
        if self.tx.connection.execute(statement).rowcount:
            self.tx.emit(ChatJoined(chat_id=chat, person_id=person))
        return Reply(self.registry["chats"].view(self.tx, chat, relations=False))

    @command
    def leave_chat(self, entity_id: str) -> Reply:
        """Remove the caller from the participants of an entity's chat; idempotent.

        Raises NotFound, Forbidden (also for bots). Emits ``chat:left``.
        """
        person = self._require_person()
        chat = rooms.find(self, rooms.require_entity_reader(self, entity_id))
        if chat is not None:
            link = chat_participant.c
            statement = sa.delete(chat_participant).where(
                link.chat_id == chat, link.person_id == person
            )
            if self.tx.connection.execute(statement).rowcount:
                self.tx.emit(ChatLeft(chat_id=chat, person_id=person))
        return Reply(b"")

    @query
    def list_own_chats(self) -> list[JsonObject]:
        """The caller's chats in open productions, by last message, newest first.

        Returns ``[{id, object_id, last_message, entity_name, project_id, preview_file_id}]``.
        """
        link, moment = chat_participant.c, sa.func.date_trunc("second", Chat.last_message)
        statement = (
            sa.select(Chat.id, Chat.object_id, moment.label("last_message"))
            .join(chat_participant, link.chat_id == Chat.id)
            .where(link.person_id == self._require_person())
            .order_by(Chat.last_message.desc().nulls_last(), Chat.id)
        )
        with self.database.read() as connection:
            rows = [dict(row) for row in connection.execute(statement).mappings()]
        # Only ``assets`` knows which entities the caller still sees, and of which productions: the
        # chats of others are dropped here rather than in the statement.
        seen = self._seen([str(row["object_id"]) for row in rows])
        found = [(row, seen.get(str(row["object_id"]))) for row in rows]
        return [{**row, **brief} for row, brief in found if brief is not None]

    def _seen(self, entities: list[str]) -> dict[str, JsonObject]:
        """Those of the entities that the caller sees in open productions, as chats show them."""
        if not entities:
            return {}
        query = {"id": msgspec.json.encode(entities).decode(), "fields": SHOWN}
        rows = self.ask("assets", "list_rows", path="entities", query=query)
        return {
            row["id"]: {
                "entity_name": row["name"],
                "project_id": row["project_id"],
                "preview_file_id": row["preview_file_id"],
            }
            for row in rows
            if UUID(row["project_id"]) in self.actor.open_projects
        }

    def _require_person(self) -> UUID:
        """The caller's person id. Raises Forbidden for bots and services."""
        if self.actor.is_bot or self.actor.id is None:
            message = "This requires to be a person."
            raise Forbidden(message)
        return self.actor.id
