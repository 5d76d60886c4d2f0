"""RPC methods that write comments, one or many."""

from __future__ import annotations

from uuid import UUID

import msgspec

from services.common import bodies
from services.common.contracts.tasks.comments import (
    CommentBatch,
    CommentInBatch,
    CommentOnTask,
    CommentsOnTasks,
    ListedComment,
    NewComment,
)
from services.common.contracts.types import UNSET
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.errors import Forbidden, invalid_field
from services.common.json_types import Json, JsonObject
from services.common.runtime.rpc_server import command
from services.common.wire.rpc_protocol import Reply
from services.tasks.comments.authorizer import CommentAuthorizer
from services.tasks.comments.bodies import draft as draft_of
from services.tasks.comments.bodies import files_of
from services.tasks.comments.context import CommentContext, Draft
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
        body = bodies.read(NewComment, data)
        context = CommentContext(self, [known_id(task_id)])
        (task,) = context.tasks.values()
        draft = draft_of(body, task["id"], caller_id(self), by_manager=access.manages(self, task))
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
        items, project = _complete(data), known_id(project_id)
        context = CommentContext(self, [known_id(item.object_id) for _, item in items])
        authorizer, drafts = CommentAuthorizer(self, context), []
        for number, item in items:
            task = authorizer.task(known_id(item.object_id))
            # The production in the path decides whether an item is skipped, the task's own whether
            # it is rejected: a manager of one production must not comment on tasks of another.
            if not access.manages(self, {"project_id": project}) and not authorizer.works_on(task):
                continue
            if not access.manages(self, task) and not authorizer.works_on(task):
                message = "This requires to manage the production of each task."
                raise Forbidden(message)
            draft = Draft(task["id"], known_id(item.task_status_id), caller_id(self))
            draft.text, draft.links = item.comment or "", item.links
            draft.files = files_of(files or [], number, "attachment_file")
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
        items = bodies.read(CommentBatch, data).comments
        ids = [_task_of(item, number, task_id) for number, item in enumerate(items)]
        context = CommentContext(self, ids)
        authorizer, drafts, pictures = CommentAuthorizer(self, context), [], []
        for number, (item, ident) in enumerate(zip(items, ids, strict=True)):
            task = authorizer.task(ident)
            by_manager = access.manages(self, task)
            draft = draft_of(item, task["id"], caller_id(self), by_manager=by_manager)
            draft.files = files_of(files or [], number, "attachment_file")
            drafts.append(draft)
            pictures.append(files_of(files or [], number, "preview_file"))
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


def _complete(data: Json) -> list[tuple[int, CommentOnTask]]:
    """The items that have a task, a status and a text, with their numbers: files refer to these."""
    if isinstance(data, dict) and "comments" in data:
        items = bodies.read(CommentsOnTasks, data).comments
    else:
        items = bodies.read(list[ListedComment], data)
    return [
        (number, item)
        for number, item in enumerate(items)
        if item.object_id and item.task_status_id and item.comment is not UNSET
    ]


def _task_of(item: CommentInBatch, number: int, task_id: str | None) -> UUID:
    """The task of an item: the one in the path, else its own. Raises InvalidInput, NotFound."""
    ident = item.task_id if task_id is None else task_id
    if ident is None:
        raise invalid_field(f"comments.{number}.task_id", bodies.REQUIRED)
    return known_id(ident)
