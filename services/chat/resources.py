"""What ``chat`` serves by generic CRUD."""

from __future__ import annotations

from typing import Any, Final

from services.chat.models import Chat, ChatMessage
from services.common.crud.resource import Registry, Resource


def _attachments(work: Any, rows: list[dict[str, Any]], _verb: str) -> None:
    """The ids of each message's files, which ``tasks`` keeps."""
    ids = [row["id"] for row in rows]
    found = work.ask("tasks", "attachments_of_messages", ids=ids) if ids else {}
    for row in rows:
        row["attachment_files"] = found.get(row["id"], [])


RESOURCES: Final = Registry(
    "chat",
    Resource(path="chats", model=Chat),
    Resource(
        path="chat-messages",
        model=ChatMessage,
        complete=_attachments,
        completed_verbs=frozenset({"read"}),
        frees=frozenset({"tasks.attachment_file.chat_message_id"}),
    ),
)
