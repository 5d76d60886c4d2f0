"""Attached files: downloads, and removing those of deleted chat messages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.common.access.rules import admin
from services.common.crud import cross_references
from services.common.crud.deletion import removal
from services.common.crud.listing import lists
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.database import change_version
from services.common.errors import Forbidden, NotFound
from services.common.events.subscriber import Delivery, on
from services.common.files.rpc import SWEEP_SECONDS, UNOWNED_SECONDS
from services.common.files.storage import FileAnswer
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import command, query
from services.common.runtime.scheduler import every
from services.common.wire.rpc_protocol import Reply
from services.tasks.attachments.files import SHOWN_INLINE, attach, attachment_key
from services.tasks.models import AttachmentFile, Comment
from services.tasks.policy import access
from services.tasks.policy.comments import ATTACHMENTS


class AttachmentRpc(ResourceService):
    """Files of comments, replies and chat messages."""

    @query
    def send_attachment(self, ident: str, name: str) -> FileAnswer:  # noqa: ARG002 - any name will do
        """The file of an attachment, for readers of its comment or of its chat's entity.

        Raises NotFound, Forbidden.
        """
        uuid = known_id(ident)
        file = AttachmentFile
        statement = sa.select(
            file.id,
            file.name,
            file.mimetype,
            file.updated_at,
            file.comment_id,
            file.chat_message_id,
            access.ATTACHMENT_PROJECT.label("project_id"),
        )
        with self.database.read() as connection:
            row = connection.execute(statement.where(file.id == uuid)).mappings().first()
        if row is None:
            raise NotFound
        self._check_reader(row)
        kind = row["mimetype"] or ""
        return FileAnswer(
            key=attachment_key(uuid),
            content_type=kind,
            name=row["name"] or "",
            inline=kind in SHOWN_INLINE,
            last_modified=row["updated_at"],
        )

    def _check_reader(self, row: Any) -> None:
        if self.actor.is_admin:
            return
        if row["comment_id"] is not None:
            ATTACHMENTS.reader.check(self, row)
        elif row["chat_message_id"] is None or not self.ask(
            "chat", "may_read_message", ident=str(row["chat_message_id"])
        ):
            message = "This requires access to the comment or the chat."
            raise Forbidden(message)

    @query
    def list_project_attachments(self, project_id: str) -> Reply:
        """The files of all comments and replies on a production's tasks, with these comments.

        For administrators. Raises Forbidden, NotFound for a malformed id.
        """
        admin.check(self, {})
        project = known_id(project_id)
        resource = self.registry["attachment-files"]
        comments = sa.select(Comment.id).where(Comment.production_id == project)
        rows = sa.select(*resource.columns(None, relations=False))
        rows = rows.where(AttachmentFile.comment_id.in_(comments))
        return lists.json_array(self, rows, *resource.order)

    @command
    def attach_to_message(self, message_id: str, files: list[JsonObject]) -> list[Any]:
        """Insert rows for the files of a chat message that ``chat`` is about to store.

        If ``chat`` fails to store the message, ``forget_files_of_lost_messages`` removes them.
        """
        attachments = attach(self, files, chat_message_id=message_id)
        # No event: the message's own tells of them. But lists of attachments have more rows now.
        change_version.touch(self.tx)
        return attachments

    @query
    def list_files_of_messages(self, ids: list[str]) -> dict[str, list[JsonObject]]:
        """The files of chat messages as chats show them; messages without any are left out."""
        file = AttachmentFile
        files: dict[str, list[JsonObject]] = {}
        statement = sa.select(file.chat_message_id, file.id, file.name, file.extension, file.size)
        message_ids = sa.cast(ids, sa.ARRAY(sa.Uuid(as_uuid=False)))
        # One array parameter: an IN list would be another statement for each number of ids.
        statement = statement.where(file.chat_message_id == sa.any_(message_ids))
        with self.database.read() as connection:
            for message, ident, name, extension, size in connection.execute(
                statement.order_by(file.created_at, file.id)
            ):
                attachment = {"id": str(ident), "name": name, "extension": extension, "size": size}
                files.setdefault(str(message), []).append(attachment)
        return files

    # Unordered: a deleted message never comes back.
    # Ordered only for ``handled_by``: deleting commutes.
    @on("chat:deleted-message", ordered=True, formerly=("drop_files_of_message",))
    def drop_files_of_message(self, delivery: Delivery) -> None:
        """Remove the files of a deleted message."""
        self._drop_files_of([UUID(delivery.payload["chat_message_id"])])

    @every(SWEEP_SECONDS)
    def forget_files_of_lost_messages(self) -> None:
        """Remove files whose message was never stored: ``chat`` failed in between."""
        self.drop_files_of_lost_messages(UNOWNED_SECONDS)

    def drop_files_of_lost_messages(self, seconds: float) -> None:
        """Remove files without a message that are between ``seconds`` and a day more old."""
        file = AttachmentFile
        stored_before = sa.func.timezone("utc", sa.func.now()) - timedelta(seconds=seconds)
        statement = sa.select(file.chat_message_id).where(
            file.chat_message_id.is_not(None),
            # A message is stored moments after its files; a day covers outages of the sweep.
            file.created_at.between(stored_before - timedelta(days=1), stored_before),
        )
        with self.database.read() as connection:
            messages = {UUID(str(ident)) for ident in connection.scalars(statement.distinct())}
        if messages:
            existing = cross_references.ask_existing(self, {("chat", "chat_message"): messages})
            self._drop_files_of(list(messages - existing["chat", "chat_message"]))

    def _drop_files_of(self, messages: list[UUID]) -> None:
        file = AttachmentFile
        statement = sa.select(file.id).where(file.chat_message_id.in_(messages))
        ids = list(self.tx.session.scalars(statement))
        removal.remove(self, file.__tablename__, ids)

    @query
    def list_attachments_of_messages(self, ids: list[str]) -> dict[str, list[str]]:
        """The files of chat messages: ``{message id: [file id]}``."""
        table = AttachmentFile
        message_ids = [UUID(ident) for ident in ids]
        statement = sa.select(table.chat_message_id, table.id).where(
            table.chat_message_id.in_(message_ids)
        )
        attachments: dict[str, list[str]] = {}
        with self.database.read() as connection:
            for message, ident in connection.execute(statement):
                attachments.setdefault(str(message), []).append(str(ident))
        return attachments
