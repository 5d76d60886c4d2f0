"""RPC methods on existing comments: acknowledge, attach files, delete."""

from __future__ import annotations

from typing import Final

import msgspec
import sqlalchemy as sa

from services.common.contracts.tasks.events import CommentAcknowledged, CommentUnacknowledged
from services.common.crud import writing
from services.common.crud.deletion import removal
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.database.tables import NOW, table_of
from services.common.errors import Forbidden, NotFound
from services.common.json_types import Json, JsonObject
from services.common.runtime.rpc_server import command
from services.common.wire.rpc_protocol import Reply
from services.tasks.attachments.files import attach
from services.tasks.comments.authorizer import CommentAuthorizer
from services.tasks.comments.views import comment_shown
from services.tasks.models import AttachmentFile, Comment, comment_acknoledgments
from services.tasks.policy.people import caller_id
from services.tasks.previews.announce import comment_changed
from services.tasks.state.task_changes import in_project

COMMENTS: Final = table_of(Comment)


class CommentActionRpc(ResourceService):
    """Actions on comments."""

    @command
    def acknowledge_comment(self, task_id: str, comment_id: str) -> Reply:
        """Confirm that one has read a comment, or take that back. Returns what one sees of it.

        Raises NotFound, Forbidden. Emits ``comment:acknowledge`` or ``comment:unacknowledge``.
        """
        authorizer = CommentAuthorizer(self)
        task, comment = authorizer.comment_of_task(task_id, comment_id)
        sees = authorizer.sees(task, comment)
        link = comment_acknoledgments
        by_caller = sa.and_(link.c.comment == comment["id"], link.c.person == caller_id(self))
        # Locked: two concurrent requests must not both find it unacknowledged.
        self.tx.locked(COMMENTS, comment["id"])
        ids = {"comment_id": comment["id"], "person_id": caller_id(self), **in_project(task)}
        if self.tx.connection.execute(sa.delete(link).where(by_caller)).rowcount:
            self.tx.emit(CommentUnacknowledged(**ids))
        else:
            row = {"comment": comment["id"], "person": caller_id(self)}
            self.tx.connection.execute(sa.insert(link).values(row))
            self.tx.emit(CommentAcknowledged(**ids))
        change = sa.update(COMMENTS).where(COMMENTS.c.id == comment["id"])
        self.tx.connection.execute(change.values(updated_at=NOW))
        return Reply(msgspec.json.encode(comment_shown(self, comment["id"], sees)))

    @command
    def add_attachments(
        self, task_id: str, comment_id: str, data: Json, files: list[JsonObject]
    ) -> list[JsonObject]:
        """Attach files to a comment; see ``COMMENTS``.

        Raises NotFound, Forbidden. Emits ``comment:update``.
        """
        del data
        authorizer = CommentAuthorizer(self)
        task, comment = authorizer.comment_of_task(task_id, comment_id)
        authorizer.check_may("attach a file", task, comment)
        # Locked, so that the comment can't be deleted meanwhile.
        self.tx.locked(COMMENTS, comment["id"])
        attachments = attach(self, files, comment_id=comment["id"])
        comment_changed(self, comment["id"], task)
        return attachments

    @command
    def delete_attachment(self, task_id: str, comment_id: str, attachment_id: str) -> Reply:
        """Take a file off a comment, as for attaching one.

        Raises NotFound, Forbidden. Emits ``comment:update``.
        """
        authorizer = CommentAuthorizer(self)
        task, comment = authorizer.comment_of_task(task_id, comment_id)
        authorizer.check_may("attach a file", task, comment)
        ident, table = known_id(attachment_id), table_of(AttachmentFile)
        # Locked: of two concurrent requests, the second must find that the file is gone.
        owner = self.tx.connection.execute(
            sa.select(table.c.comment_id).where(table.c.id == ident).with_for_update()
        ).first()
        if owner is None:
            raise NotFound
        if owner.comment_id != comment["id"]:
            message = "The file is attached to another comment."
            raise Forbidden(message)
        # Not a plain DELETE: a handler of ``rows:gone`` deletes the stored file.
        removal.remove(self, "attachment_file", [ident])
        comment_changed(self, comment["id"], task)
        return Reply(b"")

    @command
    def delete_comment_of_task(self, task_id: str, comment_id: str) -> Reply:
        """Take a comment back, as generic CRUD does. Raises NotFound, Forbidden."""
        _, comment = CommentAuthorizer(self).comment_of_task(task_id, comment_id)
        return writing.delete(self, self.registry["comments"], comment["id"])
