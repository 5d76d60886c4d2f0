"""Comments: written one at a time or many, replied to, acknowledged, taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

import msgspec
import sqlalchemy as sa

from services.common.access.rules import manager
from services.common.contracts.tasks import (
    CommentAcknowledged,
    CommentReplied,
    CommentUnacknowledged,
    ReplyDeleted,
)
from services.common.crud import cross_references, row_statements, writing
from services.common.crud.validation import NOT_AN_ARRAY, known_id
from services.common.database.tables import NOW, table_of
from services.common.errors import Forbidden, InvalidInput, NotFound, invalid_field
from services.common.json_types import Json, JsonObject, Row
from services.common.runtime.rpc_server import command
from services.common.wire.rpc_client import Reply
from services.tasks import bodies, mentions
from services.tasks.attachments import attach
from services.tasks.background import CommentContext
from services.tasks.comments import without_departments
from services.tasks.models import (
    AttachmentFile,
    Comment,
    Notification,
    Subscription,
    comment_acknoledgments,
)
from services.tasks.models import task_person_link as assignees
from services.tasks.notices import notify
from services.tasks.posting import Draft, Posting
from services.tasks.rpc_preview import PreviewRpc
from services.tasks.saying import CommentAuthorizer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COMMENTS: Final = table_of(Comment)


class CommentRpc(PreviewRpc):
    """Comments."""

    # --- writing ----------------------------------------------------------------------------

    @command
    def comment_task(
        self, task_id: str, data: JsonObject, files: list[JsonObject] | None = None
    ) -> Reply:
        """Say something on a task and give it a status; every file is an attachment.

        Returns the comment with its lists, ``task_status`` and ``person``. Raises InvalidInput,
        NotFound, Forbidden. Emits ``comment:new``, ``task:update`` and what follows from them.
        """
        known = CommentContext(self, [known_id(task_id)])
        (task,) = known.tasks.values()
        draft = bodies.draft(data, task["id"], self._me, free=self._manages(task))
        draft.files = files or []
        CommentAuthorizer(self, known).check([draft], answering=True)
        (comment,) = self._post_drafts([draft], known)
        comment["person"] = without_departments(comment["person"])
        return Reply(msgspec.json.encode(comment))

    @command
    def comment_many(
        self, project_id: str, data: Json = None, files: list[JsonObject] | None = None
    ) -> Reply:
        """Comment several tasks at once, all or none. A manager's items are all kept.

        Of others' those are kept that are on tasks they supervise or are assigned to. Files named
        as in a batch belong to their items. Returns the comments in order.
        """
        if isinstance(data, dict) and "comments" in data:
            data = bodies.batch(data)
        if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
            raise InvalidInput(NOT_AN_ARRAY)
        project = known_id(project_id)
        items = [(number, item) for number, item in enumerate(data) if _is_whole(item)]
        known = CommentContext(self, [known_id(item["object_id"]) for _, item in items])
        authorizer, drafts = CommentAuthorizer(self, known), []
        for number, item in items:
            task = authorizer.task(known_id(item["object_id"]))
            if not self._manages({"project_id": project}) and not authorizer.works_on(task):
                continue
            if not self._manages(task) and not authorizer.works_on(task):
                message = "This requires to manage the production of each task."
                raise Forbidden(message)
            body = {name: item.get(name) for name in ("task_status_id", "comment", "links")}
            draft = bodies.draft(body, task["id"], self._me, prefix=f"{number}.")
            draft.files = bodies.files_of(files or [], number, "attachment_file")
            drafts.append(draft)
        authorizer.check_statuses(drafts)
        return Reply(msgspec.json.encode(self._post_drafts(drafts, known)))

    @command
    def batch_comment(
        self,
        data: JsonObject,
        task_id: str | None = None,
        files: list[JsonObject] | None = None,
    ) -> Reply:
        """Comment several tasks, or one task several times, with files; all or none.

        Returns the comments in order, each with ``preview_files``.
        """
        items = bodies.batch(data)
        ids = [bodies.batch_task(item, number, task_id) for number, item in enumerate(items)]
        known = CommentContext(self, ids)
        authorizer, drafts, pictures = CommentAuthorizer(self, known), [], []
        for number, (item, ident) in enumerate(zip(items, ids, strict=True)):
            task = authorizer.task(ident)
            prefix, free = f"comments.{number}.", self._manages(task)
            draft = bodies.draft(item, task["id"], self._me, text="text", free=free, prefix=prefix)
            draft.files = bodies.files_of(files or [], number, "attachment_file")
            drafts.append(draft)
            pictures.append(bodies.files_of(files or [], number, "preview_file"))
        authorizer.check(drafts)
        comments = self._post_drafts(drafts, known)
        for draft, comment, uploads in zip(drafts, comments, pictures, strict=True):
            comment["preview_files"] = [
                self.announce_upload(
                    draft.task_id,
                    UUID(comment["id"]),
                    authorizer.task(draft.task_id)["project_id"],
                    upload,
                )
                for upload in uploads
            ]
            comment["previews"] = [one["id"] for one in comment["preview_files"]]
        return Reply(msgspec.json.encode(comments))

    def _post_drafts(self, drafts: Sequence[Draft], known: CommentContext) -> list[JsonObject]:
        """Write the drafts and show them. Raises NotFound, InvalidInput."""
        if not drafts:
            return []
        self._known_people({draft.author_id for draft in drafts})
        known.ask(drafts)
        authors = sorted({str(draft.author_id) for draft in drafts})
        people = self._shown_ahead(authors)
        made = Posting(self, known).post(drafts)
        shown = [self._comment_json(ident) for ident in made]
        written_by = people()
        for comment, draft in zip(shown, drafts, strict=True):
            comment["task_status"] = known.statuses[draft.status_id]
            comment["person"] = written_by.get(comment["person_id"])
        return shown

    def _shown_ahead(self, authors: list[str]) -> Callable[[], JsonObject]:
        """These people in full: the caller came with the call, others are asked for."""
        own = self.call.get("author")
        if own and authors == [str(self.actor.id)]:
            return lambda: msgspec.json.decode(own)
        return self.ask_ahead("auth", "whole_persons", ids=authors)

    def _comment_json(self, ident: UUID) -> JsonObject:
        resource = self.registry["comments"]
        statement = row_statements.shown(resource, resource.columns(None, relations=True))
        text = self.tx.text(statement, ident=str(ident))
        shown: JsonObject = msgspec.json.decode(text or "null")
        if shown["attachment_files"]:
            shown["attachment_files"] = self._attached(ident)
        return shown

    def _attached(self, comment: UUID) -> list[JsonObject]:
        table = table_of(AttachmentFile)
        columns = (table.c.id, table.c.name, table.c.extension, table.c.size)
        rows = sa.select(*columns).where(table.c.comment_id == comment).order_by(table.c.created_at)
        found = self.tx.connection.execute(rows).mappings()
        return [{**row, "id": str(row["id"])} for row in found]

    def _known_people(self, ids: set[UUID]) -> None:
        """Raise NotFound unless everybody who is said to have written exists."""
        others = sorted(str(ident) for ident in ids if ident != self.actor.id)
        if others:
            found = self.ask("auth", "existing_rows", tables={"person": others})
            if len(found["person"]) < len(others):
                raise NotFound

    # --- replies ----------------------------------------------------------------------------

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
        authorizer = CommentAuthorizer(self)
        task, comment = self._of_task(authorizer, task_id, comment_id)
        authorizer.check_reply(task, comment)
        text = data.get("text") or ""
        if not isinstance(text, str) or "\x00" in text:
            raise invalid_field("text", "Input should be a valid string")
        circle = mentions.circle_of(self, task["project_id"], [text])
        author = self.ask_ahead("auth", "short_persons", ids=[str(self._me)])
        reply = self._write_reply(task, comment["id"], text, circle, files or [])
        reply["person"] = author().get(str(self._me))
        return Reply(msgspec.json.encode(reply))

    def _write_reply(
        self,
        task: Row,
        comment: UUID,
        text: str,
        circle: mentions.Circle,
        files: list[JsonObject],
    ) -> JsonObject:
        row = self.tx.locked(COMMENTS, comment)
        ident, now = uuid4(), sa.func.to_char(NOW, 'YYYY-MM-DD"T"HH24:MI:SS')
        stamp = self.tx.session.scalar(sa.select(now))
        named = mentions.find(text, circle)
        reply: JsonObject = {
            "id": str(ident),
            "date": stamp,
            "created_at": stamp,
            "person_id": str(self._me),
            "text": text,
            "mentions": [str(person) for person in named.people],
            "department_mentions": [str(department) for department in named.departments],
        }
        replies = [*(row["replies"] or []), reply]
        change = sa.update(COMMENTS).where(COMMENTS.c.id == comment)
        self.tx.connection.execute(change.values(replies=replies, updated_at=NOW))
        attached = attach(self, files, comment_id=comment, reply_id=ident)
        ids = {"task_id": task["id"], "comment_id": comment, "reply_id": ident}
        self.tx.emit(CommentReplied(**ids, **_project(task)))
        self._notify_of_reply(task, row, ids, named.everybody(circle))
        return {**reply, **({"attachment_files": attached} if attached else {})}

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
        concerned = set(self.tx.connection.scalars(people)) | {row["person_id"]}
        concerned |= {
            UUID(one["person_id"]) for one in row["replies"] or [] if one.get("person_id")
        }
        reasons = [(person, "reply") for person in sorted(concerned - {self._me})]
        reasons += [(person, "reply-mention") for person in sorted(mentioned - {self._me})]
        notify(self.tx, task["project_id"], reasons, change=False, author_id=self._me, **ids)

    @command
    def delete_reply(self, task_id: str, comment_id: str, reply_id: str) -> Reply:
        """Take a reply back, with its files and what it notified of. Returns the comment.

        For its author and administrators.

        Raises NotFound, Forbidden. Emits ``comment:delete-reply``.
        """
        task, comment = self._of_task(CommentAuthorizer(self), task_id, comment_id)
        row = self.tx.locked(COMMENTS, comment["id"])
        replies = row["replies"] or []
        reply = next((one for one in replies if one.get("id") == reply_id.lower()), None)
        if reply is None:
            raise NotFound
        if reply.get("person_id") != str(self._me) and not self.actor.is_admin:
            message = "This requires to have written the reply."
            raise Forbidden(message)
        left = [one for one in replies if one is not reply]
        change = sa.update(COMMENTS).where(COMMENTS.c.id == comment["id"])
        self.tx.connection.execute(change.values(replies=left, updated_at=NOW))
        ident = UUID(reply["id"])
        for model in (AttachmentFile, Notification):
            table = table_of(model)
            mine = (table.c.comment_id == comment["id"], table.c.reply_id == ident)
            found = self.tx.connection.scalars(sa.select(table.c.id).where(*mine)).all()
            self._remove_rows(table.name, found)
        ids = {"task_id": task["id"], "comment_id": comment["id"], "reply_id": ident}
        self.tx.emit(ReplyDeleted(**ids, **_project(task)))
        return Reply(msgspec.json.encode(self._comment_json(comment["id"])))

    # --- one comment ------------------------------------------------------------------------

    @command
    def acknowledge_comment(self, task_id: str, comment_id: str) -> Reply:
        """Confirm that one has read a comment, or take that back. Returns the comment.

        Emits ``comment:acknowledge`` or ``comment:unacknowledge``.
        """
        authorizer = CommentAuthorizer(self)
        task, comment = self._of_task(authorizer, task_id, comment_id)
        authorizer.check_reader(task)
        link = comment_acknoledgments
        mine = sa.and_(link.c.comment == comment["id"], link.c.person == self._me)
        self.tx.locked(COMMENTS, comment["id"])
        ids = {"comment_id": comment["id"], "person_id": self._me, **_project(task)}
        if self.tx.connection.execute(sa.delete(link).where(mine)).rowcount:
            self.tx.emit(CommentUnacknowledged(**ids))
        else:
            row = {"comment": comment["id"], "person": self._me}
            self.tx.connection.execute(sa.insert(link).values(row))
            self.tx.emit(CommentAcknowledged(**ids))
        change = sa.update(COMMENTS).where(COMMENTS.c.id == comment["id"])
        self.tx.connection.execute(change.values(updated_at=NOW))
        return Reply(msgspec.json.encode(self._comment_json(comment["id"])))

    @command
    def add_attachments(
        self, task_id: str, comment_id: str, data: Json, files: list[JsonObject]
    ) -> list[JsonObject]:
        """Attach files to a comment; for its author and managers.

        Raises NotFound, Forbidden.
        """
        del data
        task, comment = self._of_task(CommentAuthorizer(self), task_id, comment_id)
        self._check_author(task, comment)
        self.tx.locked(COMMENTS, comment["id"])
        return attach(self, files, comment_id=comment["id"])

    @command
    def delete_attachment(self, task_id: str, comment_id: str, attachment_id: str) -> Reply:
        """Take a file off a comment; for its author and managers. Raises NotFound, Forbidden."""
        task, comment = self._of_task(CommentAuthorizer(self), task_id, comment_id)
        self._check_author(task, comment)
        ident, table = known_id(attachment_id), table_of(AttachmentFile)
        owner = self.tx.connection.execute(
            sa.select(table.c.comment_id).where(table.c.id == ident).with_for_update()
        ).first()
        if owner is None:
            raise NotFound
        if owner.comment_id != comment["id"]:
            message = "The file is attached to another comment."
            raise Forbidden(message)
        self._remove_rows("attachment_file", [ident])
        return Reply(b"")

    @command
    def delete_comment_of_task(self, task_id: str, comment_id: str) -> Reply:
        """Take a comment back, as generic CRUD does. Raises NotFound, Forbidden."""
        _, comment = self._of_task(CommentAuthorizer(self), task_id, comment_id)
        return writing.delete(self, self.registry["comments"], comment["id"])

    # --- shared -----------------------------------------------------------------------------

    @property
    def _me(self) -> UUID:
        if self.actor.id is None:
            message = "This requires a person."
            raise Forbidden(message)
        return self.actor.id

    def _manages(self, task: Row) -> bool:
        return self.actor.is_admin or manager.test(self, task)

    def _check_author(self, task: Row, comment: Row) -> None:
        if comment["person_id"] != self._me and not self._manages(task):
            message = "This requires to have written the comment or to manage the production."
            raise Forbidden(message)

    def _of_task(
        self, authorizer: CommentAuthorizer, task_id: str, comment_id: str
    ) -> tuple[Row, Row]:
        """A task and its comment. Raises NotFound, and Forbidden for a comment of another task."""
        task = authorizer.task(known_id(task_id))
        comment = authorizer.comment(known_id(comment_id))
        if comment["object_id"] != task["id"]:
            message = "The comment is on another task."
            raise Forbidden(message)
        return task, comment

    def _remove_rows(self, table: str, ids: Sequence[UUID]) -> None:
        """Delete rows with all that hangs off them; files follow by event."""
        cross_references.remove(self.tx, self.name, self.metadata, table, ids)


def _is_whole(item: Row) -> bool:
    """Whether an item of many says on what, which status, and what."""
    return bool(item.get("object_id") and item.get("task_status_id")) and "comment" in item


def _project(task: Row) -> dict[str, UUID]:
    return {"project_id": task["project_id"]} if task["project_id"] else {}
