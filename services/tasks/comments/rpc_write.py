"""RPC methods that write comments, one or many."""

from __future__ import annotations

from uuid import UUID

import msgspec

from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import NOT_AN_ARRAY, known_id
from services.common.errors import Forbidden, InvalidInput
from services.common.json_types import Json, JsonObject
from services.common.runtime.rpc_server import command
from services.common.wire.rpc_protocol import Reply
from services.tasks.comments import bodies
from services.tasks.comments.authorizer import CommentAuthorizer
from services.tasks.comments.context import CommentContext
from services.tasks.comments.drafts import write_drafts
from services.tasks.policy import access
from services.tasks.policy.people import caller_id, without_departments
from services.tasks.previews.announce import announce_upload, receive_upload


class CommentWriteRpc(ResourceService):
    """RPC methods that post comments."""

    @command
    def comment_task(
        self, task_id: str, data: JsonObject, files: list[JsonObject] | None = None
    ) -> Reply:
        """Post a comment on a task, which sets its status; every file is an attachment.

        Returns the comment with its lists, ``task_status`` and ``person``. Raises InvalidInput,
        NotFound, Forbidden. Emits ``comment:new``, ``task:update``, and the events of its effects
        (see ``comments.write``).
        """
        context = CommentContext(self, [known_id(task_id)])
        (task,) = context.tasks.values()
        draft = bodies.draft(
            data, task["id"], caller_id(self), by_manager=access.manages(self, task)
        )
        draft.files = files or []
        CommentAuthorizer(self, context).check([draft], answering=True)
        (comment,) = write_drafts(self, [draft], context)
        comment["person"] = without_departments(comment["person"])
        return Reply(msgspec.json.encode(comment))

    @command
    def comment_many(
        self, project_id: str, data: Json = None, files: list[JsonObject] | None = None
    ) -> Reply:
        """Post comments on several tasks, all or none.

        Managers may comment on all tasks; for others, items on tasks that they neither supervise
        nor are assigned to are skipped. Files belong to the items that their names give, as in a
        batch. Returns the comments in order. Raises and emits as ``comment_task``.
        """
        if isinstance(data, dict) and "comments" in data:
            data = bodies.batch(data)
        if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
            raise InvalidInput(NOT_AN_ARRAY)
        project = known_id(project_id)
        # Incomplete items are skipped, but keep their numbers: files refer to these.
        items = [(number, item) for number, item in enumerate(data) if _is_complete(item)]
        context = CommentContext(self, [known_id(item["object_id"]) for _, item in items])
        authorizer, drafts = CommentAuthorizer(self, context), []
        for number, item in items:
            task = authorizer.task(known_id(item["object_id"]))
            # The production in the path decides whether an item is skipped, the task's own whether
            # it is rejected: a manager of one production must not comment on tasks of another.
            if not access.manages(self, {"project_id": project}) and not authorizer.works_on(task):
                continue
            if not access.manages(self, task) and not authorizer.works_on(task):
                message = "This requires to manage the production of each task."
                raise Forbidden(message)
            body = {name: item.get(name) for name in ("task_status_id", "comment", "links")}
            draft = bodies.draft(body, task["id"], caller_id(self), prefix=f"{number}.")
            draft.files = bodies.files_of(files or [], number, "attachment_file")
            drafts.append(draft)
        authorizer.check_statuses(drafts)
        return Reply(msgspec.json.encode(write_drafts(self, drafts, context)))

    @command
    def batch_comment(
        self,
        data: JsonObject,
        task_id: str | None = None,
        files: list[JsonObject] | None = None,
    ) -> Reply:
        """Post comments on several tasks, or several on ``task_id``, with files; all or none.

        Returns the comments in order, each with ``preview_files``. Raises and emits as
        ``comment_task``, and ``preview-file:new`` for each preview.
        """
        items = bodies.batch(data)
        ids = [bodies.batch_task(item, number, task_id) for number, item in enumerate(items)]
        context = CommentContext(self, ids)
        authorizer, drafts, pictures = CommentAuthorizer(self, context), [], []
        for number, (item, ident) in enumerate(zip(items, ids, strict=True)):
            task = authorizer.task(ident)
            prefix, by_manager = f"comments.{number}.", access.manages(self, task)
            draft = bodies.draft(
                item, task["id"], caller_id(self), text="text", by_manager=by_manager, prefix=prefix
            )
            draft.files = bodies.files_of(files or [], number, "attachment_file")
            drafts.append(draft)
            pictures.append(bodies.files_of(files or [], number, "preview_file"))
        authorizer.check(drafts)
        # Before the transaction, which must not wait for the storage.
        received = [[(receive_upload(self, file), file) for file in files] for files in pictures]
        comments = write_drafts(self, drafts, context)
        for draft, comment, uploads in zip(drafts, comments, received, strict=True):
            task, ident = authorizer.task(draft.task_id), UUID(comment["id"])
            comment["person"] = without_departments(comment["person"])
            comment["preview_files"] = [
                announce_upload(self, task, ident, preview, upload) for preview, upload in uploads
            ]
            comment["previews"] = [preview["id"] for preview in comment["preview_files"]]
        return Reply(msgspec.json.encode(comments))


def _is_complete(item: JsonObject) -> bool:
    """Whether an item has a task, a status and a text."""
    return bool(item.get("object_id") and item.get("task_status_id")) and "comment" in item
