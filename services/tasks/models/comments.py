"""Tables of comments, their files, and previews."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from services.common.contracts.tasks.comments import ChecklistItem
from services.common.contracts.tasks.previews import Annotation
from services.common.database.tables import (
    Many,
    TimestampedRow,
    choice,
    column,
    json_column,
    link,
    links,
    page_index,
    production_copy,
    ref,
    shotgrid_id,
    table_of,
    text,
)
from services.tasks.models.base import Base
from services.tasks.shapes import Reply


class Comment(TimestampedRow, Base):
    """A comment on a task, with the status it set."""

    __tablename__ = "comment"
    __table_args__ = (
        sa.Index(None, "object_id", "created_at"),
        page_index("comment", "production_id"),
    )

    shotgun_id: Mapped[int | None] = shotgrid_id()
    # No index of its own: the index above starts with it.
    object_id: Mapped[UUID] = link(
        "task", on_gone="part", index=False, doc="The task that it is about."
    )
    object_type: Mapped[str] = text(80, doc="What it is about: always `Task`.", example="Task")
    text: Mapped[str | None] = text(
        doc="What it says, in Markdown.", example="The flame needs to be brighter."
    )
    data: Mapped[Any] = json_column(
        dict[str, Any],
        doc="Free JSON: values of the studio's own, by their names.",
        example={"source": "review"},
    )
    # One JSON value: whoever changes a reply locks the row.
    replies: Mapped[Any] = json_column(
        list[Reply], default=list, doc="The replies to it, oldest first."
    )
    checklist: Mapped[Any] = json_column(
        list[ChecklistItem], default=list, for_null="[]", doc="Points to be ticked off."
    )
    pinned: Mapped[bool | None] = column(doc="Whether it stands above the others.")
    for_client: Mapped[bool | None] = column(default=False, doc="Whether clients see it.")
    links: Mapped[list[str] | None] = column(
        doc="Addresses of pages that it refers to.", example=["https://example.com/reference"]
    )
    task_status_id: Mapped[UUID | None] = link(
        "task_status", on_gone="null", doc="The status that it gave the task."
    )
    person_id: Mapped[UUID] = ref("auth.person", on_gone="delete", doc="Who wrote it.")
    editor_id: Mapped[UUID | None] = ref("auth.person", on_gone="null", doc="Who last changed it.")
    preview_file_id: Mapped[UUID | None] = link(
        "preview_file", on_gone="null", doc="No longer used: the preview that it is about."
    )
    production_id: Mapped[UUID | None] = production_copy()


class AttachmentFile(TimestampedRow, Base):
    """A file attached to a comment, a reply or a chat message."""

    __tablename__ = "attachment_file"

    name: Mapped[str | None] = text(
        250, doc="The file's name, as it was uploaded.", example="notes.pdf"
    )
    size: Mapped[int | None] = column(
        sa.BigInteger, default=1, doc="Its size in bytes.", example=12840
    )
    extension: Mapped[str | None] = text(
        6, doc="Its extension in lower case, without the dot.", example="pdf"
    )
    mimetype: Mapped[str | None] = text(
        255, doc="Its media type, as it was uploaded with.", example="application/pdf"
    )
    comment_id: Mapped[UUID | None] = link(
        "comment", on_gone="part", doc="The comment that it is attached to."
    )
    reply_id: Mapped[UUID | None] = column(
        doc="The reply that it is attached to, among those of the comment."
    )
    chat_message_id: Mapped[UUID | None] = ref(
        "chat.chat_message", on_gone="part", doc="The chat message that it is attached to."
    )


class PreviewFile(TimestampedRow, Base):
    """A picture or movie that shows the state of a task."""

    __tablename__ = "preview_file"
    __table_args__ = (
        sa.UniqueConstraint("name", "task_id", "revision"),
        page_index("preview_file", "production_id"),
    )

    name: Mapped[str | None] = text(250, doc="The file's name.", example="lantern_modeling_v3")
    original_name: Mapped[str | None] = text(
        250, doc="The name that it was uploaded with, without the extension.", example="lantern_v3"
    )
    revision: Mapped[int | None] = column(
        default=1, doc="The number of the version that it shows, from 1.", example=3
    )
    position: Mapped[int | None] = column(
        default=1, doc="Its place among the files of its revision, from 1.", example=1
    )
    extension: Mapped[str | None] = text(
        6, doc="The extension of what is shown, without the dot.", example="png"
    )
    description: Mapped[str | None] = text(doc="What it shows.", example="The lantern, lit.")
    path: Mapped[str | None] = text(
        400, doc="Where the studio keeps the file.", example="/prod/lighthouse/lantern/v3.png"
    )
    source: Mapped[str | None] = text(40, doc="Which tool it came from.", example="webgui")
    file_size: Mapped[int | None] = column(
        sa.BigInteger, default=0, doc="Its size in bytes.", example=482133
    )
    status: Mapped[str] = choice(
        "processing",
        "ready",
        "broken",
        "missing",
        default="processing",
        doc="Whether it is processed and can be shown.",
    )
    validation_status: Mapped[str] = choice(
        "validated", "rejected", "neutral", default="neutral", doc="What a review decided about it."
    )
    annotations: Mapped[Any] = json_column(list[Annotation], doc="What was drawn on it, by frame.")
    width: Mapped[int | None] = column(default=0, doc="Its width in pixels.", example=1920)
    height: Mapped[int | None] = column(default=0, doc="Its height in pixels.", example=1080)
    duration: Mapped[float | None] = column(
        default=0, doc="The length of a movie, in seconds.", example=2.0
    )
    data: Mapped[Any] = json_column(
        dict[str, Any],
        doc="Free JSON: values of the studio's own, by their names.",
        example={"camera": "A"},
    )
    token_in: Mapped[int | None] = column(
        doc="How many tokens a model read to make it.", example=1200
    )
    token_out: Mapped[int | None] = column(
        doc="How many tokens a model wrote to make it.", example=800
    )
    task_id: Mapped[UUID | None] = link("task", on_gone="part", doc="The task whose work it shows.")
    person_id: Mapped[UUID | None] = ref("auth.person", on_gone="null", doc="Who uploaded it.")
    source_file_id: Mapped[UUID | None] = ref(
        "crud.output_file", on_gone="update", doc="The output file that it was made from."
    )
    shotgun_id: Mapped[int | None] = shotgrid_id(unique=True)
    is_movie: Mapped[bool | None] = column(
        default=False, doc="No longer used: whether it is a movie."
    )
    url: Mapped[str | None] = text(
        600,
        doc="No longer used: where it was read from.",
        example="https://example.com/lantern.png",
    )
    uploaded_movie_url: Mapped[str | None] = text(
        600,
        doc="No longer used: where the movie was read from.",
        example="https://example.com/lantern.mp4",
    )
    uploaded_movie_name: Mapped[str | None] = text(
        150, doc="No longer used: the name of the movie.", example="lantern.mp4"
    )
    production_id: Mapped[UUID | None] = production_copy()


comment_mentions = links(
    Base.metadata, "comment_mentions", ("comment", "comment"), ("person", "auth.person")
)

comment_department_mentions = links(
    Base.metadata,
    "comment_department_mentions",
    ("comment", "comment"),
    ("department", "auth.department"),
)

# Misspelt as in the dumps that studios import.
comment_acknoledgments = links(
    Base.metadata, "comment_acknoledgments", ("comment", "comment"), ("person", "auth.person")
)

comment_preview_link = links(
    Base.metadata, "comment_preview_link", ("comment", "comment"), ("preview_file", "preview_file")
)

_files = table_of(AttachmentFile)

Comment.lists = {
    "previews": Many(comment_preview_link.c.comment, comment_preview_link.c.preview_file),
    "mentions": Many(comment_mentions.c.comment, comment_mentions.c.person),
    "department_mentions": Many(
        comment_department_mentions.c.comment, comment_department_mentions.c.department
    ),
    "acknowledgements": Many(comment_acknoledgments.c.comment, comment_acknoledgments.c.person),
    "attachment_files": Many(_files.c.comment_id, _files.c.id, writable=False),
}

PreviewFile.lists = {
    "comments": Many(
        comment_preview_link.c.preview_file, comment_preview_link.c.comment, writable=False
    ),
}
