"""Events of ``chat`` besides those of its resources: for live clients, not for the log."""

from typing import Annotated
from uuid import UUID

from services.common.contracts import Event, event


@event("chat", "chat:joined", stored=False)
class ChatJoined(Event, frozen=True, kw_only=True):
    """A person joined the chat of an entity."""

    chat_id: UUID
    person_id: UUID


@event("chat", "chat:left", stored=False)
class ChatLeft(Event, frozen=True, kw_only=True):
    """A person left the chat of an entity."""

    chat_id: UUID
    person_id: UUID


@event("chat", "chat:new-message", stored=False)
class ChatMessagePosted(Event, frozen=True, kw_only=True):
    """A message was posted; ``last_message`` is its time, in UTC to the second."""

    chat_id: UUID
    chat_message_id: UUID
    last_message: Annotated[str, "when it was posted, in UTC"]


@event("chat", "chat:deleted-message", stored=False, handled_by=("tasks",))
class ChatMessageDeleted(Event, frozen=True, kw_only=True):
    """A message was deleted; ``tasks`` deletes its attachments."""

    chat_id: UUID
    chat_message_id: UUID
