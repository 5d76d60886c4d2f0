"""Bodies and answers of comments, replies and their files."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, TypedDict

from services.common.contracts.auth.people import PersonRow
from services.common.contracts.shapes import AttachedFile, ShortPerson
from services.common.contracts.tasks.previews import PreviewFileRow
from services.common.contracts.tasks.workflow import TaskStatusRow
from services.common.contracts.types import (
    UNSET,
    Answer,
    AnyId,
    Body,
    FreeObject,
    Id,
    RowOf,
    RowQuery,
    UnsetType,
    about,
    parameter,
)

Text = Annotated[str, about("What it says; ``@First Last`` mentions.", "Please retake.")]
Mentions = Annotated[list[Id], about("The people whom its text mentions.")]
DepartmentMentions = Annotated[list[Id], about("The departments that its text mentions.")]
Links = Annotated[
    list[str], about("Web addresses that belong to it.", ["https://example.com/reference"])
]
Status = Annotated[AnyId, about("The status that the task gets.")]
Author = Annotated[AnyId | None, about("Its author; managers only, else the caller.")]
Written = Annotated[
    str | None,
    about("When it was written, in UTC; managers only, else now.", "2026-01-05T10:00:00"),
]


class ChecklistItem(TypedDict, total=False):
    """A line of a checklist; further keys are kept."""

    text: Annotated[str | None, about("What is to be done.", "Fix the knees")]
    checked: Annotated[bool | None, about("Whether it is done.")]


Checklist = Annotated[list[ChecklistItem], about("What is to be done.")]

# --- answers --------------------------------------------------------------------------------------


class CommentRow(RowOf, kw_only=True):
    """A comment on a task, with the status that it set."""

    resource: ClassVar[str] = "comments"


class AttachmentFileRow(RowOf, kw_only=True):
    """A file of a comment or a reply, with the whole comment."""

    resource: ClassVar[str] = "attachment-files"


class AcknowledgedComment(CommentRow, kw_only=True):
    """A comment, with who has read it."""

    previews: Annotated[list[Id], about("The previews that it shows.")]
    acknowledgements: Annotated[list[Id], about("The people who confirmed that they read it.")]
    attachment_files: list[AttachedFile]


class PostedComment(CommentRow, kw_only=True):
    """A comment that was just posted."""

    previews: Annotated[list[Id], about("The previews that it shows.")]
    attachment_files: list[AttachedFile]
    task_status: Annotated[TaskStatusRow, about("The status that it sets.")]
    person: Annotated[PersonRow | None, about("Who wrote it.")]


class PostedWithPreviews(PostedComment, kw_only=True):
    """A comment that was just posted in a batch."""

    preview_files: Annotated[list[PreviewFileRow], about("The previews that came with it.")]


class PreviewOfComment(Answer, kw_only=True):
    """A preview that a comment shows."""

    id: Id
    task_id: Id | None
    revision: Annotated[int | None, about("Its revision.", 3)]
    position: Annotated[int | None, about("Its place within the revision, from 1.", 1)]
    original_name: Annotated[str | None, about("The name of its file.", "sh010")]
    extension: Annotated[str | None, about("The extension of its file.", "mp4")]
    width: Annotated[int | None, about("In pixels.", 1920)]
    height: Annotated[int | None, about("In pixels.", 1080)]
    duration: Annotated[float | None, about("Of a movie, in seconds.", 4.88)]
    status: Annotated[str, about("Whether its file can be seen.", "ready")]
    validation_status: Annotated[str, about("What clients decided.", "neutral")]
    annotations: Annotated[list[FreeObject] | None, about("Drawings, by time.")]


class FileOfComment(AttachedFile, kw_only=True):
    """A file attached to a comment or to one of its replies."""

    reply_id: Annotated[Id | UnsetType | None, about("The reply that it belongs to.")] = UNSET


class ShortStatus(Answer, kw_only=True):
    """A task status in short."""

    id: Id
    name: Annotated[str, about("Its name.", "Retake")]
    short_name: Annotated[str, about("Its short name.", "retake")]
    color: Annotated[str, about("Its color.", "#ff3860")]


class Editor(Answer, kw_only=True):
    """Who edited a comment."""

    id: Id
    first_name: Annotated[str, about("Their first name.", "Ema")]
    last_name: Annotated[str, about("Their last name.", "Doe")]
    has_avatar: Annotated[bool | None, about("Whether there is a picture of them.")]
    role: Annotated[str, about("Their role in the studio.", "user")]


class CommentOfTask(CommentRow, kw_only=True):
    """A comment in the list of a task, as the caller may see it.

    Clients see pictures without the studio's texts and people.
    """

    acknowledgements: Annotated[list[Id], about("The people who confirmed that they read it.")]
    mentions: Mentions
    department_mentions: DepartmentMentions
    previews: list[PreviewOfComment]
    attachment_files: list[FileOfComment]
    task_status: Annotated[ShortStatus | None, about("The status that it set.")]
    person: Annotated[ShortPerson | None, about("Who wrote it; null where hidden from clients.")]
    editor: Annotated[Editor | UnsetType | None, about("Who edited it last, if anybody.")] = UNSET


class PostedReply(Answer, kw_only=True):
    """A reply that was just posted."""

    id: Id
    date: Annotated[str, about("When it was written, in UTC.", "2026-01-05T10:00:00")]
    created_at: Annotated[str, about("When it was written again.", "2026-01-05T10:00:00")]
    person_id: Annotated[Id, about("Who wrote it.")]
    person: ShortPerson | None
    text: Text
    mentions: Mentions
    department_mentions: DepartmentMentions
    attachment_files: Annotated[
        list[FileOfComment] | UnsetType, about("Its files, if there are any.")
    ] = UNSET


WRONG_COMMENTS: Final = "Wrong value for parameter comments."

# --- bodies ---------------------------------------------------------------------------------------


class NewComment(Body, kw_only=True):
    """A comment to post; its files come as parts of a form."""

    task_status_id: Status
    comment: Text = ""
    checklist: Checklist = []
    links: Links = []
    person_id: Author = None
    created_at: Written = None
    for_client: Annotated[bool, about("Whether clients see it; managers only.")] = False


class CommentOnTask(Body, kw_only=True):
    """A comment on one of several tasks; without a task, a status or a text it is skipped."""

    object_id: Annotated[AnyId | None, about("The task.")] = None
    task_status_id: Status | None = None
    comment: Text | UnsetType | None = UNSET
    links: Links = []


ListedComment = Annotated[
    CommentOnTask, about("A comment.", invalid="Request body must be a JSON array.")
]


class CommentsOnTasks(Body, kw_only=True):
    """Comments on several tasks with their files, as the fields of a form."""

    comments: Annotated[
        list[Annotated[CommentOnTask, about("A comment.", invalid=WRONG_COMMENTS)]],
        about("The comments.", invalid=WRONG_COMMENTS),
    ]


class CommentInBatch(Body, kw_only=True):
    """A comment of a batch.

    Its files are the parts ``attachment_file-0-1`` (item 0, file 1) and ``preview_file-0-1``.
    """

    task_id: Annotated[AnyId | None, about("The task, where the path names none.")] = None
    task_status_id: Status
    text: Text
    checklist: Checklist = []
    links: Links = []
    person_id: Author = None
    created_at: Written = None
    for_client: Annotated[bool, about("Whether clients see it; managers only.")] = False


class CommentBatch(Body, kw_only=True):
    """Comments to post, all or none; in a form ``comments`` is the JSON text of the array."""

    comments: Annotated[
        list[Annotated[CommentInBatch, about("A comment.", invalid=WRONG_COMMENTS)]],
        about(
            "The comments.",
            missing="Missing required parameter: comments",
            invalid=WRONG_COMMENTS,
        ),
    ]


class NewReply(Body, kw_only=True):
    """A reply to post; its files come as parts of a form."""

    text: Text = ""


class CommentQuery(RowQuery, kw_only=True):
    """How to show a comment."""

    with_previews: Annotated[
        bool, parameter("Whether it holds its previews.", switch="any case")
    ] = False
