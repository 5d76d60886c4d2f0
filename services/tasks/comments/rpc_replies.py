"""RPC methods for replies: write and delete."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid4

import msgspec
import sqlalchemy as sa

from services.common import bodies
from services.common.contracts.tasks.comments import NewReply
from services.common.contracts.tasks.events import CommentReplied, ReplyDeleted
from services.common.crud.deletion import removal
from services.common.crud.resource_service import ResourceService
from services.common.database.tables import NOW, table_of
from services.common.errors import Forbidden, NotFound
from services.common.json_types import JsonObject, Row
from services.common.runtime.rpc_server import command
from services.common.wire.rpc_protocol import Reply
from services.tasks.attachments.files import attach
from services.tasks.comments import mentions
from services.tasks.comments.authorizer import CommentAuthorizer
from services.tasks.models import AttachmentFile, Comment, Notification, Subscription
from services.tasks.models import task_person_link as assignees
from services.tasks.policy.comments import COMMENTS
from services.tasks.policy.notifications import notify
from services.tasks.policy.people import caller_id
from services.tasks.shapes import replies_in
from services.tasks.state.task_changes import in_project

COMMENT: Final = table_of(Comment)


class ReplyRpc(ResourceService):
    """Replies."""

    @command
    def reply_to_comment(
        self,
        task_id: str,
        comment_id: str,
        data: JsonObject,
        files: list[JsonObject] | None = None,
    ) -> Reply:
        """Reply to a comment, with files.

        Returns the reply, with ``attachment_files`` if there are any. Raises NotFound, Forbidden
        (also for a comment of another task). Emits ``comment:reply`` and ``notification:new``.
        """
        text = bodies.read(NewReply, data).text
        authorizer = CommentAuthorizer(self)
        task, comment = authorizer.comment_of_task(task_id, comment_id)
        authorizer.check_may("reply", task, comment)
        team = mentions.ask_team(self, task["project_id"], [text])
        # The reply shows its author: called before the transaction, awaited after it.
        author = self.ask_ahead("auth", "list_short_persons", ids=[str(caller_id(self))])
        reply = self._write_reply(task, comment["id"], text, team, files or [])
        reply["person"] = author().get(str(caller_id(self)))
        return Reply(msgspec.json.encode(reply))

    def _write_reply(
        self,
        task: Row,
        comment: UUID,
        text: str,
        team: mentions.Team,
        files: list[JsonObject],
    ) -> JsonObject:
        # Replies are one JSON column: locked, or concurrent replies would overwrite each other.
        row = self.tx.locked(COMMENT, comment)
        ident, now = uuid4(), sa.func.to_char(NOW, 'YYYY-MM-DD"T"HH24:MI:SS')
        created_at = self.tx.session.scalar(sa.select(now))
        mentioned = mentions.find(text, team)
        reply: JsonObject = {
            "id": str(ident),
            "date": created_at,
            "created_at": created_at,
            "person_id": str(caller_id(self)),
            "text": text,
            "mentions": [str(person) for person in mentioned.people],
            "department_mentions": [str(department) for department in mentioned.departments],
        }
        previous = replies_in(row["replies"])
        replies = [*previous, reply]
        change = sa.update(COMMENT).where(COMMENT.c.id == comment)
        self.tx.connection.execute(change.values(replies=replies, updated_at=NOW))
        attachments = attach(self, files, comment_id=comment, reply_id=ident)
        ids = {"task_id": task["id"], "comment_id": comment, "reply_id": ident}
        self.tx.emit(CommentReplied(**ids, **in_project(task)))
        self._notify_of_reply(task, {**row, "replies": previous}, ids, mentioned.everybody(team))
        return {**reply, **({"attachment_files": attachments} if attachments else {})}

    def _notify_of_reply(
        self,
        task: Row,
        row: Row,
        ids: JsonObject,
        mentioned: set[UUID],
    ) -> None:
        link, watch = assignees.c, table_of(Subscription).c
        people = sa.union(
            sa.select(link.person_id).where(link.task_id == task["id"]),
            sa.select(watch.person_id).where(watch.task_id == task["id"]),
        )
        recipients = set(self.tx.connection.scalars(people)) | {row["person_id"]}
        recipients |= {
            UUID(reply["person_id"]) for reply in row["replies"] if reply.get("person_id")
        }
        # Sorted: concurrent transactions insert into unique indexes in the same order.
        reasons = [(person, "reply") for person in sorted(recipients - {caller_id(self)})]
        reasons += [(person, "reply-mention") for person in sorted(mentioned - {caller_id(self)})]
        notify(self.tx, task["project_id"], reasons, change=False, author_id=caller_id(self), **ids)

    @command
    def delete_reply(self, task_id: str, comment_id: str, reply_id: str) -> Reply:
        """Take a reply back, with its files and what it notified of.

        For its author, if they may still read the comment, and administrators. Returns the comment
        without its lists.
        Raises NotFound, Forbidden. Emits ``comment:delete-reply``.
        """
        task, comment = CommentAuthorizer(self).comment_of_task(task_id, comment_id)
        COMMENTS.reader.check(self, {"id": comment["id"], "project_id": task["project_id"]})
        row = self.tx.locked(COMMENT, comment["id"])
        replies = replies_in(row["replies"])
        reply = next((item for item in replies if item.get("id") == reply_id.lower()), None)
        if reply is None:
            raise NotFound
        if reply.get("person_id") != str(caller_id(self)) and not self.actor.is_admin:
            message = "This requires to have written the reply."
            raise Forbidden(message)
        remaining = [item for item in replies if item is not reply]
        change = sa.update(COMMENT).where(COMMENT.c.id == comment["id"])
        self.tx.connection.execute(change.values(replies=remaining, updated_at=NOW))
        ident = UUID(reply["id"])
        for model in (AttachmentFile, Notification):
            table = table_of(model)
            of_reply = (table.c.comment_id == comment["id"], table.c.reply_id == ident)
            ids = self.tx.connection.scalars(sa.select(table.c.id).where(*of_reply)).all()
            removal.remove(self, table.name, ids)
        event_ids = {"task_id": task["id"], "comment_id": comment["id"], "reply_id": ident}
        self.tx.emit(ReplyDeleted(**event_ids, **in_project(task)))
        return Reply(self.registry["comments"].view(self.tx, comment["id"], relations=False))
