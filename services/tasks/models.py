"""Tables of tasks, comments, previews, notifications and time spent.

Tables and columns are those of the dumps that installations import, misspellings included.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.common import values
from services.common.database import stored_files, tables
from services.common.database.tables import (
    Many,
    TimestampedRow,
    choice,
    column,
    json_column,
    link,
    links,
    new_metadata,
    page_index,
    production_copy,
    ref,
    shotgrid_id,
    table_of,
    text,
)
from services.tasks.shapes import Annotation, ChecklistItem, Reply


class Base(tables.Base):
    """Root of the tables of this service."""

    __abstract__ = True
    metadata = new_metadata()


stored_files.declare(Base.metadata, "tasks")


class TaskType(TimestampedRow, Base):
    """A kind of work, such as modeling or compositing."""

    __tablename__ = "task_type"
    __table_args__ = (sa.UniqueConstraint("name", "for_entity", "department_id"),)

    name: Mapped[str] = text(40, doc="Its name, unique.", example="Modeling")
    short_name: Mapped[str | None] = text(20, doc="A short form of its name.", example="mdl")
    description: Mapped[str | None] = text(doc="What is done in it.", example="Build the geometry.")
    color: Mapped[str | None] = text(
        7, default="#FFFFFF", doc="Its color in the interface, as #RRGGBB.", example="#64B5F6"
    )
    priority: Mapped[int | None] = column(
        default=1, doc="Its place in lists and in the order of work, from 1.", example=1
    )
    for_entity: Mapped[str | None] = text(
        30,
        default="Asset",
        doc="What its tasks are about: Asset, Shot, Sequence, Scene, Episode, Edit, Concept.",
        example="Asset",
    )
    allow_timelog: Mapped[bool | None] = column(
        default=True, doc="Whether time can be logged on its tasks."
    )
    archived: Mapped[bool | None] = column(
        default=False, doc="Whether it is out of use: kept for old rows, offered no more."
    )
    shotgun_id: Mapped[int | None] = shotgrid_id()
    department_id: Mapped[UUID | None] = ref(
        "auth.department", on_gone="null", doc="The department that does this work."
    )


class TaskStatus(TimestampedRow, Base):
    """A task's state, and which roles may set it."""

    __tablename__ = "task_status"

    name: Mapped[str] = text(40, doc="Its name.", example="Work in progress")
    archived: Mapped[bool | None] = column(
        default=False, doc="Whether it is out of use: kept for old rows, offered no more."
    )
    short_name: Mapped[str] = text(
        10, unique=True, doc="A short form of its name, unique.", example="wip"
    )
    description: Mapped[str | None] = text(doc="When to set it.", example="Somebody works on it.")
    color: Mapped[str] = text(7, doc="Its color in the interface, as #RRGGBB.", example="#3273DC")
    priority: Mapped[int | None] = column(default=1, doc="Its place in lists, from 1.", example=1)
    is_done: Mapped[bool | None] = column(
        default=False, doc="Whether a task in it is done; it then gets its `done_date`."
    )
    is_artist_allowed: Mapped[bool | None] = column(default=True, doc="Whether artists may set it.")
    is_client_allowed: Mapped[bool | None] = column(default=True, doc="Whether clients may set it.")
    is_retake: Mapped[bool | None] = column(
        default=False, doc="Whether it asks for the work to be done again; retakes are counted."
    )
    is_feedback_request: Mapped[bool | None] = column(
        default=False, doc="Whether it asks for a review; the task then gets its `end_date`."
    )
    is_default: Mapped[bool | None] = column(default=False, doc="Whether new tasks have it.")
    is_wip: Mapped[bool | None] = column(
        default=False, doc="Whether work has begun; the task then gets its `real_start_date`."
    )
    shotgun_id: Mapped[int | None] = shotgrid_id()
    for_concept: Mapped[bool | None] = column(default=False, doc="Whether concepts have it.")


class Task(TimestampedRow, Base):
    """A piece of work to be done on an entity."""

    __tablename__ = "task"
    __table_args__ = (
        sa.UniqueConstraint("name", "project_id", "task_type_id", "entity_id"),
        sa.CheckConstraint("difficulty BETWEEN 1 AND 5", name="difficulty"),
        # For pages of all tasks, and of those of one type or status.
        page_index("task"),
        page_index("task", "task_type_id", "of_type", "project_id"),
        page_index("task", "task_status_id", "of_status", "project_id"),
    )

    name: Mapped[str] = text(
        80, doc="Its name; `main` where an entity has one task of the type.", example="main"
    )
    description: Mapped[str | None] = text(
        doc="What is to be done.", example="Model the lantern and its flame."
    )
    priority: Mapped[int | None] = column(
        default=0, doc="How urgent it is: 0 normal, 1 high, 2 very high, 3 emergency.", example=1
    )
    difficulty: Mapped[int] = column(
        default=3,
        info={"check": values.within(1, 5)},
        doc="How hard it is, from 1 to 5.",
        example=3,
    )
    duration: Mapped[float | None] = column(
        default=0, doc="The time spent on it, in minutes.", example=960.0
    )
    estimation: Mapped[float | None] = column(
        default=0, doc="The time that it should take, in minutes.", example=1440.0
    )
    completion_rate: Mapped[int | None] = column(
        default=0, doc="How far it is, in percent.", example=40
    )
    retake_count: Mapped[int | None] = column(
        default=0, doc="How often it had to be done again.", example=1
    )
    sort_order: Mapped[int | None] = column(
        default=0, doc="Its place in a list that somebody arranged.", example=2
    )
    start_date: Mapped[datetime | None] = column(
        doc="When work on it should start, in UTC.", example="2026-01-05T09:00:00"
    )
    due_date: Mapped[datetime | None] = column(
        doc="When it should be done, in UTC.", example="2026-01-09T18:00:00"
    )
    real_start_date: Mapped[datetime | None] = column(
        doc="When work on it started, in UTC.", example="2026-01-05T10:00:00"
    )
    end_date: Mapped[datetime | None] = column(
        doc="When a review of it was first asked for, in UTC.", example="2026-01-08T16:30:00"
    )
    done_date: Mapped[datetime | None] = column(
        doc="When it was done, in UTC.", example="2026-01-09T11:00:00"
    )
    last_comment_date: Mapped[datetime | None] = column(
        doc="When it was last commented on, in UTC.", example="2026-01-09T11:00:00"
    )
    nb_assets_ready: Mapped[int | None] = column(
        default=0, doc="How many of the assets cast in its shot are ready for it.", example=3
    )
    data: Mapped[Any] = json_column(
        dict[str, Any],
        doc="Free JSON: the production's own columns, by their field names.",
        example={"render_layer": "main"},
    )
    nb_drawings: Mapped[int | None] = column(
        default=0, doc="How many drawings it takes.", example=24
    )
    shotgun_id: Mapped[int | None] = shotgrid_id()
    # No foreign key, since previews reference tasks: ``previews.removal`` replaces a deleted one.
    last_preview_file_id: Mapped[UUID | None] = column(doc="Its newest preview.")
    project_id: Mapped[UUID | None] = ref(
        "crud.project", index=False, doc="The production that it belongs to."
    )
    task_type_id: Mapped[UUID | None] = link("task_type", index=False, doc="The kind of work.")
    task_status_id: Mapped[UUID | None] = link(
        "task_status", on_gone="null", index=False, doc="How far the work is."
    )
    entity_id: Mapped[UUID | None] = ref(
        "assets.entity", doc="The asset, shot or other entity to work on."
    )
    assigner_id: Mapped[UUID | None] = ref(
        "auth.person", on_gone="null", doc="Who assigned it, or created it."
    )


class Comment(TimestampedRow, Base):
    """A comment on a task, with the status it set."""

    __tablename__ = "comment"
    __table_args__ = (
        sa.Index(None, "object_id", "created_at"),
        page_index("comment", "production_id"),
    )

    shotgun_id: Mapped[int | None] = shotgrid_id()
    # No index of its own: the index above starts with it.
    object_id: Mapped[UUID] = link("task", index=False, doc="The task that it is about.")
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
    checklist: Mapped[Any] = json_column(list[ChecklistItem], doc="Points to be ticked off.")
    pinned: Mapped[bool | None] = column(doc="Whether it stands above the others.")
    for_client: Mapped[bool | None] = column(default=False, doc="Whether clients see it.")
    links: Mapped[list[str] | None] = column(
        doc="Addresses of pages that it refers to.", example=["https://example.com/reference"]
    )
    task_status_id: Mapped[UUID | None] = link(
        "task_status", on_gone="null", doc="The status that it gave the task."
    )
    person_id: Mapped[UUID] = ref("auth.person", doc="Who wrote it.")
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
    comment_id: Mapped[UUID | None] = link("comment", doc="The comment that it is attached to.")
    reply_id: Mapped[UUID | None] = column(
        doc="The reply that it is attached to, among those of the comment."
    )
    chat_message_id: Mapped[UUID | None] = ref(
        "chat.chat_message", doc="The chat message that it is attached to."
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
    task_id: Mapped[UUID | None] = link("task", doc="The task whose work it shows.")
    person_id: Mapped[UUID | None] = ref("auth.person", on_gone="null", doc="Who uploaded it.")
    source_file_id: Mapped[UUID | None] = ref(
        "crud.output_file", on_gone="null", doc="The output file that it was made from."
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


class TimeSpent(TimestampedRow, Base):
    """Minutes a person worked on a task on one day."""

    __tablename__ = "time_spent"
    __table_args__ = (
        # One row a day: logging time again is an upsert.
        sa.UniqueConstraint("person_id", "task_id", "date"),
        sa.CheckConstraint("duration > 0", name="duration"),
        page_index("time_spent", "production_id"),
    )

    duration: Mapped[float] = column(
        info={"check": values.positive},
        doc="How long they worked on it that day, in minutes.",
        example=240.0,
    )
    date: Mapped[date] = column(doc="The day.")
    task_id: Mapped[UUID | None] = link("task", doc="The task that they worked on.")
    person_id: Mapped[UUID | None] = ref("auth.person", index=False, doc="Who worked.")
    production_id: Mapped[UUID | None] = production_copy()


class Notification(TimestampedRow, Base):
    """A notification of a person."""

    __tablename__ = "notification"
    __table_args__ = (
        sa.UniqueConstraint(
            "person_id", "author_id", "comment_id", "reply_id", "playlist_id", "type"
        ),
        sa.Index(None, "person_id", "created_at"),
        page_index("notification", "production_id"),
    )

    read: Mapped[bool] = column(default=False, doc="Whether they have read it.")
    change: Mapped[bool] = column(
        default=False, doc="Whether the comment changed the task's status."
    )
    type: Mapped[str] = choice(
        "comment",
        "mention",
        "assignation",
        "reply",
        "reply-mention",
        "playlist-ready",
        doc="What it tells about.",
    )
    person_id: Mapped[UUID] = ref("auth.person", index=False, doc="Whom it is for.")
    author_id: Mapped[UUID] = ref("auth.person", doc="Who caused it.")
    comment_id: Mapped[UUID | None] = link("comment", doc="The comment that it tells about.")
    task_id: Mapped[UUID | None] = link("task", doc="The task that it tells about.")
    playlist_id: Mapped[UUID | None] = ref("crud.playlist", doc="The playlist that it tells about.")
    reply_id: Mapped[UUID | None] = column(
        doc="The reply that it tells about, among those of the comment."
    )
    production_id: Mapped[UUID | None] = production_copy()


class News(TimestampedRow, Base):
    """An entry in the feed of a production."""

    __tablename__ = "news"
    __table_args__ = (
        sa.Index(
            "ix_news_latest",
            sa.text("created_at DESC"),
            "id",
            postgresql_include=["production_id"],
        ),
        sa.Index("ix_news_feed", "production_id", sa.text("created_at DESC"), "id"),
        sa.Index("ix_news_stats", "production_id", "given_status_id", "change", "created_at"),
    )

    change: Mapped[bool] = column(
        default=False, doc="Whether the comment changed the task's status."
    )
    author_id: Mapped[UUID] = ref("auth.person", doc="Who caused it.")
    comment_id: Mapped[UUID | None] = link("comment", doc="The comment that it tells about.")
    task_id: Mapped[UUID] = link("task", doc="The task that it tells about.")
    preview_file_id: Mapped[UUID | None] = link(
        "preview_file", on_gone="null", doc="The preview that it tells about."
    )
    production_id: Mapped[UUID | None] = production_copy()
    # The comment's ``task_status_id``, kept by a trigger: how often each is given is counted here.
    given_status_id: Mapped[UUID | None] = mapped_column(info={"internal": True})


class Subscription(TimestampedRow, Base):
    """A person's subscription to a task, or to a task type of a sequence."""

    __tablename__ = "subscription"
    __table_args__ = (
        sa.UniqueConstraint("person_id", "task_id"),
        sa.UniqueConstraint("person_id", "task_type_id", "entity_id"),
        page_index("subscription", "production_id"),
    )

    person_id: Mapped[UUID] = ref("auth.person", index=False, doc="Who is told of the comments.")
    task_id: Mapped[UUID | None] = link("task", doc="The task that they follow.")
    entity_id: Mapped[UUID | None] = ref(
        "assets.entity", doc="The sequence that they follow, together with a task type."
    )
    task_type_id: Mapped[UUID | None] = link(
        "task_type", doc="The task type that they follow in the sequence."
    )
    production_id: Mapped[UUID | None] = production_copy()


class StatusAutomation(TimestampedRow, Base):
    """A rule: a status of one task sets the status of another, or an asset's readiness."""

    __tablename__ = "status_automation"

    entity_type: Mapped[str | None] = text(
        40,
        default="asset",
        doc="What its tasks are about: `asset`, or `shot`, `sequence` and so on.",
        example="asset",
    )
    in_task_type_id: Mapped[UUID | None] = link(
        "task_type", doc="The type of the task whose status is watched."
    )
    in_task_status_id: Mapped[UUID | None] = link("task_status", doc="The status that sets it off.")
    out_field_type: Mapped[str] = choice(
        "status",
        "ready_for",
        default="status",
        doc="What it sets: the status of another task, or what the asset is ready for.",
    )
    out_task_type_id: Mapped[UUID | None] = link(
        "task_type", doc="The type of the task that it changes."
    )
    out_task_status_id: Mapped[UUID | None] = link("task_status", doc="The status that it sets.")
    import_last_revision: Mapped[bool | None] = column(
        default=False, doc="Whether the newest preview is copied to the changed task."
    )
    archived: Mapped[bool | None] = column(default=False, doc="Whether it is out of use.")


task_person_link = links(
    Base.metadata, "task_person_link", ("task_id", "task"), ("person_id", "auth.person")
)
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

Task.lists = {"assignees": Many(task_person_link.c.task_id, task_person_link.c.person_id)}
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
