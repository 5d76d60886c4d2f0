"""Tables of chats: one chat per entity."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from services.common.database import tables
from services.common.database.tables import (
    Many,
    TimestampedRow,
    column,
    link,
    links,
    new_metadata,
    ref,
    text,
)


class Base(tables.Base):
    """Root of the tables of this service."""

    __abstract__ = True
    metadata = new_metadata()


class Chat(TimestampedRow, Base):
    """The chat of an entity."""

    __tablename__ = "chat"

    object_id: Mapped[UUID] = ref(
        "assets.entity", on_gone="part", doc="The entity that is talked about."
    )
    object_type: Mapped[str] = text(
        80, default="entity", doc="What it is about: always `entity`.", example="entity"
    )
    last_message: Mapped[datetime | None] = column(doc="When the last message was written, in UTC.")


class ChatMessage(TimestampedRow, Base):
    """A message in a chat."""

    __tablename__ = "chat_message"
    __table_args__ = (sa.Index(None, "chat_id", "created_at"),)

    chat_id: Mapped[UUID] = link(
        "chat", on_gone="part", index=False, doc="The chat that it belongs to."
    )
    person_id: Mapped[UUID] = ref("auth.person", on_gone="delete", doc="Who wrote it.")
    text: Mapped[str | None] = text(doc="What it says.", example="Who has the latest lantern?")


chat_participant = links(
    Base.metadata, "chat_participant", ("chat_id", "chat"), ("person_id", "auth.person")
)

Chat.lists = {"participants": Many(chat_participant.c.chat_id, chat_participant.c.person_id)}
