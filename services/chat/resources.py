"""What ``chat`` serves by generic CRUD."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from services.chat.models import Chat, ChatMessage
from services.common.contracts.types import Id, about
from services.common.crud.registry import Registry
from services.common.crud.resource import Resource
from services.common.crud.resource_rules import CrudContext, SimpleRules
from services.common.json_types import JsonObject


class MessageRules(SimpleRules):
    """Adds the files of a message, which ``tasks`` owns."""

    completes = frozenset({"read"})
    adds: ClassVar = {
        "attachment_files": Annotated[list[Id], about("The ids of its attachment files.")]
    }

    def complete(
        self, ctx: CrudContext, rows: list[JsonObject], _verb: str, _prepared: None
    ) -> None:
        """Add the ids of each message's files."""
        ids = [row["id"] for row in rows]
        found = ctx.ask("tasks", "list_attachments_of_messages", ids=ids) if ids else {}
        for row in rows:
            row["attachment_files"] = found.get(row["id"], [])


RESOURCES: Final = Registry(
    "chat",
    Resource(path="chats", model=Chat, owned=frozenset({"last_message"})),
    Resource(
        path="chat-messages",
        model=ChatMessage,
        rules=MessageRules(),
        frees=frozenset({"tasks.attachment_file.chat_message_id"}),
    ),
)
