"""What is said in the chats.

A message and its files lie in two services. ``tasks`` stores the rows of the files first, under the
id that the message is going to have; then the message commits, with its event. A crash in between
leaves files of a message that nobody has: nobody sees them, and ``tasks`` sweeps them up. The other
order would show messages whose files never come.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

import msgspec
import sqlalchemy as sa

from services.chat import rooms
from services.chat.models import Chat, ChatMessage
from services.common.contracts.chat import ChatMessageDeleted, ChatMessagePosted
from services.common.crud import filters
from services.common.crud.lists import compressed
from services.common.crud.pages import envelope
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import JSON_TEXT
from services.common.crud.validation import known_id
from services.common.database.sql_types import Condition, Select
from services.common.errors import Forbidden, InvalidInput, NotFound, invalid_field
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply

ASKED_AT_ONCE: Final = 1000
NOT_IN_CHAT: Final = "You are not a participant of this chat"


class MessageRpc(ResourceService):
    """Reading, writing and taking back messages."""

    @command
    def list_messages(self, entity_id: str, query: dict[str, str]) -> Reply:
        """What was said in the chat of an entity, oldest first; the first visit makes the chat.

        With ``page`` (and ``limit``) that page in the usual envelope. Raises NotFound, Forbidden.
        """
        page = filters.page_and_limit(query)
        entity = rooms.require_entity_reader(self, entity_id)
        chat = rooms.find(self, entity)
        if chat is None:  # nobody has been here: made, and left for the others to see
            chat = rooms.open_chat(self, entity)
            self.commit_now()
        within = ChatMessage.chat_id == chat
        if page is None:
            return compressed(b"[" + b",".join(self._messages(within)) + b"]")
        counted = sa.select(sa.func.count()).where(within)
        with self.database.read() as connection:
            total = connection.scalar(counted) or 0
        rows = self._messages(within, page.rows, page.offset)
        return compressed(envelope(b",".join(rows).decode(), total, *page))

    @query
    def show_message(self, entity_id: str, message_id: str) -> Reply:
        """One message of the chat of an entity. Raises NotFound, Forbidden."""
        entity = rooms.require_entity_reader(self, entity_id)
        ident = self._message_of(entity, message_id)["id"]
        return Reply(b"".join(self._messages(ChatMessage.id == ident)))

    @command
    def post_message(self, entity_id: str, data: JsonObject, files: list[JsonObject]) -> Reply:
        """Say something in a chat that the caller has joined, with any files.

        Raises NotFound, Forbidden, InvalidInput. Emits ``chat:new-message``.
        """
        text = _text(data)
        chat = rooms.find(self, rooms.require_entity_reader(self, entity_id))
        if chat is None or not rooms.takes_part(self, chat):
            raise InvalidInput(NOT_IN_CHAT)
        ident, now = uuid4(), datetime.now(UTC).replace(tzinfo=None)
        if files:
            # Before our transaction: the files are noted by their owner, and swept should ours not
            # commit.
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
        stored = self.tx.session.execute(_shown(ChatMessage.id == ident)).one()
        shown = msgspec.json.decode(stored[1])
        if files:
            shown["attachment_files"] = [
                {name: file[name] for name in ("id", "name", "extension", "size")} for file in files
            ]
        else:
            del shown["attachment_files"]
        return Reply(msgspec.json.encode(shown))

    @command
    def delete_message(self, entity_id: str, message_id: str) -> Reply:
        """Take back a message, for its author and administrators; its files go with it.

        Raises NotFound, Forbidden. Emits ``chat:deleted-message``, which ``tasks`` follows.
        """
        row = self._message_of(rooms.require_entity_reader(self, entity_id), message_id)
        if not self.actor.is_admin and row["person_id"] != self.actor.id:
            message = "This requires to be the author."
            raise Forbidden(message)
        message_table, chat = ChatMessage, row["chat_id"]
        gone = sa.delete(message_table).where(message_table.id == row["id"])
        if not self.tx.connection.execute(gone).rowcount:
            raise NotFound
        newest = sa.select(sa.func.max(message_table.created_at)).where(
            message_table.chat_id == chat
        )
        latest = sa.update(Chat).where(Chat.id == chat)
        self.tx.connection.execute(latest.values(last_message=newest.scalar_subquery()))
        self.tx.emit(ChatMessageDeleted(chat_id=chat, chat_message_id=row["id"]))
        return Reply(b"")

    @query
    def may_read_message(self, ident: str) -> bool:
        """Whether the caller may read the message, and so its files: asked by ``tasks``."""
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

    def _messages(self, where: Condition, limit: int | None = None, offset: int = 0) -> list[bytes]:
        """The JSON of messages, oldest first, with the files that ``tasks`` keeps for some."""
        with self.database.read() as connection:
            rows = connection.execute(_shown(where, limit, offset)).all()
        texts, ids = [text for _, text in rows], [ident for ident, _ in rows]
        batches = [ids[at : at + ASKED_AT_ONCE] for at in range(0, len(ids), ASKED_AT_ONCE)]
        answers = (
            self.ask_all(
                [
                    ("tasks", "files_of_messages", {"ids": [str(ident) for ident in batch]})
                    for batch in batches
                ]
            )
            if ids
            else []
        )
        files = {message: found for answer in answers for message, found in answer.items()}
        return [
            _with_files(text, files[str(ident)]) if str(ident) in files else text.encode()
            for text, ident in zip(texts, ids, strict=True)
        ]


def _shown(where: Condition, limit: int | None = None, offset: int = 0) -> Select:
    """SELECT id and JSON of messages, oldest first."""
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
        .order_by(row.created_at, row.id)
        .limit(limit)
        .offset(offset)
    )
    found = ordered.subquery("r")
    return sa.select(found.c.id, JSON_TEXT).select_from(found)


def _with_files(text: str, files: list[JsonObject]) -> bytes:
    return msgspec.json.encode({**msgspec.json.decode(text), "attachment_files": files})


def _text(data: JsonObject) -> str:
    """The ``message`` of a body. Raises InvalidInput."""
    text = data.get("message")
    if isinstance(text, str) and "\x00" not in text:
        return text
    said = "Field required" if text is None else "Input should be a valid string"
    raise invalid_field("message", said)
