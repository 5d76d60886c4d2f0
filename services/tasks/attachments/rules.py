"""Attachments as generic CRUD shows them: with what they are attached to."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from services.common.crud.resource import Resource, embedded
from services.common.crud.resource_rules import CrudContext, SimpleRules
from services.common.database.sql_types import Expression
from services.common.database.tables import table_of
from services.common.json_types import JsonObject
from services.tasks.models import AttachmentFile, Comment

_COMMENT: Final = Resource(path="comments", model=Comment)
#: The whole comment a file is attached to.
WHOLE_COMMENT: Final = embedded(
    _COMMENT, Comment.id == AttachmentFile.comment_id, table_of(AttachmentFile)
)
NO_MESSAGE: Final[Expression] = sa.literal_column("NULL::json")


class AttachmentRules(SimpleRules):
    """A file of a chat message embeds that message, which ``chat`` owns."""

    completes = frozenset({"list", "read"})

    def complete(
        self, ctx: CrudContext, rows: list[JsonObject], _verb: str, _prepared: None
    ) -> None:
        """Embed the messages."""
        for row in rows:
            if row["chat_message_id"]:
                question = {"path": "chat-messages", "ident": row["chat_message_id"]}
                row["chat_message"] = ctx.ask("chat", "read_row", **question)
