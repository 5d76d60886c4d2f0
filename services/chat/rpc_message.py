"""RPC methods of chat messages.

A message is stored here, its attachments by ``tasks``. ``tasks`` commits the attachment rows first,
under the id that the message will have; then the message commits with its event. A crash in between
leaves attachments without a message: nobody sees them, and the sweeper of ``tasks`` deletes them.
The opposite order would show messages whose attachments never arrive.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

import msgspec
import sqlalchemy as sa

from services.chat import rooms
from services.chat.models import Chat, ChatMessage
from services.common import bodies, queries
from services.common.contracts.chat.chats import NewMessage
from services.common.contracts.chat.events import ChatMessageDeleted, ChatMessagePosted
from services.common.contracts.types import PageQuery
from services.common.crud import cross_references
from services.common.crud.listing import lists
from services.common.crud.listing.filters import Page
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import JSON_TEXT
from services.common.crud.validation import known_id
from services.common.database.sql_types import Condition, Select
from services.common.errors import Forbidden, InvalidInput, NotFound
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply

ORDER: Final = (ChatMessage.created_at, ChatMessage.id)
NOT_IN_CHAT: Final = "You are not a participant of this chat"


class MessageRpc(ResourceService):
    """List, read, post and delete chat messages."""

    @command
    def list_messages(self, entity_id: str, query: dict[str, str]) -> Reply:
        """The messages of an entity's chat, oldest first; the chat is created on first access.

        A JSON array, or with ``page`` (and ``limit``, rows per page) the usual page envelope.
        Raises NotFound, Forbidden.
        """
        page = Page.asked(queries.read(PageQuery, query))
        entity = rooms.require_entity_reader(self, entity_id)
        chat = rooms.find(self, entity)
        if chat is None:
            chat = rooms.open_chat(self, entity)
            # Releases the advisory lock before the reads below and the call to ``tasks``.
            self.commit_now()
        within = ChatMessage.chat_id == chat
        if page is None:
            return lists.in_batches(self._ids(within), self._of_ids)
        count = sa.select(sa.func.count()).where(within)
        with self.database.read() as connection:
            total = connection.scalar(count) or 0
        ids = self._ids(within, page.rows, page.offset)
        return lists.in_batches(ids, self._of_ids, lists.page_ends(total, page))

    @query
    def show_message(self, entity_id: str, message_id: str) -> Reply:
        """One message of an entity's chat, with its attachments. Raises NotFound, Forbidden."""
        entity = rooms.require_entity_reader(self, entity_id)
        ident = self._message_of(entity, message_id)["id"]
        return Reply(b"".join(self._of_ids([ident])))

    @command
    def post_message(self, entity_id: str, data: JsonObject, files: list[JsonObject]) -> Reply:
        """Post a message, with any attachments, in a chat that the caller has joined.

        Returns the message. Raises NotFound, Forbidden, InvalidInput (also for non-participants).
        Emits ``chat:new-message``.
        """
        text = bodies.read(NewMessage, data).message
        chat = rooms.find(self, rooms.require_entity_reader(self, entity_id))
        if chat is None or not rooms.takes_part(self, chat):
            raise InvalidInput(NOT_IN_CHAT)
        ident, now = uuid4(), datetime.now(UTC).replace(tzinfo=None)
        if files:
            # Before the transaction: an RPC call inside it would hold row locks meanwhile. If the
            # transaction fails, the sweeper of ``tasks`` deletes the attachments.
            self.ask("tasks", "attach_to_message", message_id=str(ident), files=files)
        row = ChatMessage(
            id=ident,
            chat_id=chat,
            person_id=self.actor.id,
            text=text,
            created_at=now,
            updated_at=now,
        )
        self.tx.session.add(row)
        self.tx.session.flush()
        self.tx.session.execute(sa.update(Chat).where(Chat.id == chat).values(last_message=now))
        moment = now.isoformat(timespec="seconds")
        self.tx.emit(ChatMessagePosted(chat_id=chat, chat_message_id=ident, last_message=moment))
        _, text = self.tx.session.execute(_select_json(ChatMessage.id == ident)).one()
        message = msgspec.json.decode(text)
        if files:
            message["attachment_files"] = [
                {name: file[name] for name in ("id", "name", "extension", "size")} for file in files
            ]
        else:
            # Unlike a read: the reference server answers a post without the key if there are none.
            del message["attachment_files"]
        return Reply(msgspec.json.encode(message))

    @command
    def delete_message(self, entity_id: str, message_id: str) -> Reply:
        """Delete a message. For its author and administrators.

        Raises NotFound, Forbidden. Emits ``chat:deleted-message``, on which ``tasks`` deletes the
        attachments.
        """
        row = self._message_of(rooms.require_entity_reader(self, entity_id), message_id)
        if not self.actor.is_admin and row["person_id"] != self.actor.id:
            message = "This requires to be the author."
            raise Forbidden(message)
        chat = row["chat_id"]
        delete = sa.delete(ChatMessage).where(ChatMessage.id == row["id"])
        # Another request may have deleted it since it was read: one event per deletion.
        if not self.tx.connection.execute(delete).rowcount:
            raise NotFound
        newest = sa.select(sa.func.max(ChatMessage.created_at)).where(ChatMessage.chat_id == chat)
        update = sa.update(Chat).where(Chat.id == chat)
        self.tx.connection.execute(update.values(last_message=newest.scalar_subquery()))
        self.tx.emit(ChatMessageDeleted(chat_id=chat, chat_message_id=row["id"]))
        cross_references.announce(self.tx, self.name, ChatMessage.__tablename__, [row["id"]])
        return Reply(b"")

    @query
    def may_read_message(self, ident: str) -> bool:
        """Whether the caller may read a message, and so its attachments. Called by ``tasks``."""
        statement = (
            sa.select(Chat.object_id)
            .join(ChatMessage, ChatMessage.chat_id == Chat.id)
            .where(ChatMessage.id == UUID(ident))
        )
        with self.database.read() as connection:
            entity = connection.scalar(statement)
        try:
            rooms.require_entity_reader(self, str(entity))
        except (NotFound, Forbidden):
            return False
        return True

    def _message_of(self, entity: UUID, message_id: str) -> JsonObject:
        """The row of a message, if it is in the entity's chat. Raises NotFound."""
        statement = (
            sa.select(ChatMessage.id, ChatMessage.chat_id, ChatMessage.person_id)
            .join(Chat, Chat.id == ChatMessage.chat_id)
            .where(ChatMessage.id == known_id(message_id), Chat.object_id == entity)
        )
        with self.database.read() as connection:
            row = connection.execute(statement).mappings().first()
        if row is None:
            raise NotFound
        return dict(row)

    def _ids(self, where: Condition, limit: int | None = None, offset: int = 0) -> Sequence[UUID]:
        """The ids of messages, oldest first."""
        rows = sa.select(ChatMessage.id).where(where).order_by(*ORDER).limit(limit).offset(offset)
        with self.database.read() as connection:
            return connection.scalars(rows).all()

    def _of_ids(self, ids: Sequence[UUID]) -> list[bytes]:
        """The JSON of these messages, oldest first, with their attachments from ``tasks``."""
        with self.database.read() as connection:
            rows = connection.execute(_select_json(ChatMessage.id.in_(ids))).all()
        asked = [str(ident) for ident in ids]
        files = self.ask("tasks", "list_files_of_messages", ids=asked) if asked else {}
        return [
            # Most messages have none: their JSON is passed on as PostgreSQL built it.
            _with_files(text, files[str(ident)]) if str(ident) in files else text.encode()
            for ident, text in rows
        ]


def _select_json(where: Condition) -> Select:
    """SELECT the id and the JSON of messages, oldest first."""
    row = ChatMessage
    ordered = (
        sa.select(
            row.id,
            row.chat_id,
            row.person_id,
            row.text,
            sa.func.date_trunc("second", row.created_at).label("created_at"),
            sa.func.date_trunc("second", row.updated_at).label("updated_at"),
            sa.literal_column("'[]'::json").label("attachment_files"),
            sa.literal_column("'ChatMessage'").label("type"),
        )
        .where(where)
        .order_by(*ORDER)
    )
    messages = ordered.subquery("r")
    return sa.select(messages.c.id, JSON_TEXT).select_from(messages)


def _with_files(text: str, files: list[JsonObject]) -> bytes:
    return msgspec.json.encode({**msgspec.json.decode(text), "attachment_files": files})
