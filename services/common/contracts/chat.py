"""Events of ``chat`` besides those of its resources: for live clients, not for the log."""

from uuid import UUID

from services.common.contracts import Event, event


@event("chat", "chat:joined", stored=False)
class ChatJoined(Event, frozen=True, kw_only=True):
    """Somebody takes part in the conversation about an entity."""

    chat_id: UUID
    person_id: UUID


@event("chat", "chat:left", stored=False)
class ChatLeft(Event, frozen=True, kw_only=True):
    """Somebody no longer takes part."""

    chat_id: UUID
    person_id: UUID


@event("chat", "chat:new-message", stored=False)
class ChatMessagePosted(Event, frozen=True, kw_only=True):
    """Something was said; ``last_message`` is when."""

    chat_id: UUID
    chat_message_id: UUID
    last_message: str


@event("chat", "chat:deleted-message", stored=False, handled_by=("tasks",))
class ChatMessageDeleted(Event, frozen=True, kw_only=True):
    """A message was taken back, and its files with it."""

    chat_id: UUID
    chat_message_id: UUID
