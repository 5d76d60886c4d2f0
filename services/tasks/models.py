"""Tables of tasks, comments, previews, notifications and time spent.

Tables and columns are those of the dumps that installations import, misspellings included.
A ``shotgun_id`` is the row's id in ShotGrid, kept from imports.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.common import values
from services.common.contracts.tasks.comments import ChecklistItem
from services.common.contracts.tasks.previews import Annotation
from services.common.database import stored_files, tables
from services.common.database.tables import (
    Many,
    TimestampedRow,
    choice,
    json_column,
    link,
    links,
    new_metadata,
    page_index,
    production_copy,
    ref,
    table_of,
    text,
)
from services.tasks.shapes import Reply


class Base(tables.Base):
    """Root of the tables of this service."""

    __abstract__ = True
    metadata = new_metadata()


stored_files.declare(Base.metadata, "tasks")


class TaskType(TimestampedRow, Base):
    """A kind of work, such as modeling or compositing."""

    __tablename__ = "task_type"
    __table_args__ = (sa.UniqueConstraint("name", "for_entity", "department_id"),)

    name: Mapped[str] = text(40)
    short_name: Mapped[str | None] = text(20)
    description: Mapped[str | None] = text()
    color: Mapped[str | None] = text(7, default="#FFFFFF")
    priority: Mapped[int | None] = mapped_column(default=1)
    for_entity: Mapped[str | None] = text(30, default="Asset")
    allow_timelog: Mapped[bool | None] = mapped_column(default=True)
    archived: Mapped[bool | None] = mapped_column(default=False)
    shotgun_id: Mapped[int | None]
    department_id: Mapped[UUID | None] = ref("auth.department", on_gone="null")


class TaskStatus(TimestampedRow, Base):
    """A task's state, and which roles may set it."""

    __tablename__ = "task_status"

    name: Mapped[str] = text(40)
    archived: Mapped[bool | None] = mapped_column(default=False)
    short_name: Mapped[str] = text(10, unique=True)
    description: Mapped[str | None] = text()
    color: Mapped[str] = text(7)
    priority: Mapped[int | None] = mapped_column(default=1)
    is_done: Mapped[bool | None] = mapped_column(default=False)
    is_artist_allowed: Mapped[bool | None] = mapped_column(default=True)
    is_client_allowed: Mapped[bool | None] = mapped_column(default=True)
    is_retake: Mapped[bool | None] = mapped_column(default=False)
    is_feedback_request: Mapped[bool | None] = mapped_column(default=False)
    is_default: Mapped[bool | None] = mapped_column(default=False)
    is_wip: Mapped[bool | None] = mapped_column(default=False)
    shotgun_id: Mapped[int | None]
    for_concept: Mapped[bool | None] = mapped_column(default=False)


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

    name: Mapped[str] = text(80)
    description: Mapped[str | None] = text()
    priority: Mapped[int | None] = mapped_column(default=0)
    difficulty: Mapped[int] = mapped_column(default=3, info={"check": values.within(1, 5)})
    duration: Mapped[float | None] = mapped_column(default=0)
    estimation: Mapped[float | None] = mapped_column(default=0)
    completion_rate: Mapped[int | None] = mapped_column(default=0)
    retake_count: Mapped[int | None] = mapped_column(default=0)
    sort_order: Mapped[int | None] = mapped_column(default=0)
    start_date: Mapped[datetime | None]
    due_date: Mapped[datetime | None]
    real_start_date: Mapped[datetime | None]
    end_date: Mapped[datetime | None]
    done_date: Mapped[datetime | None]
    last_comment_date: Mapped[datetime | None]
    nb_assets_ready: Mapped[int | None] = mapped_column(default=0)
    data: Mapped[Any] = json_column(dict[str, Any])
    nb_drawings: Mapped[int | None] = mapped_column(default=0)
    shotgun_id: Mapped[int | None]
    # No foreign key, since previews reference tasks: ``previews.removal`` replaces a deleted one.
    last_preview_file_id: Mapped[UUID | None]
    project_id: Mapped[UUID | None] = ref("crud.project", index=False)
    task_type_id: Mapped[UUID | None] = link("task_type", index=False)
    task_status_id: Mapped[UUID | None] = link("task_status", on_gone="null", index=False)
    entity_id: Mapped[UUID | None] = ref("assets.entity")
    assigner_id: Mapped[UUID | None] = ref("auth.person", on_gone="null")


class Comment(TimestampedRow, Base):
    """A comment on a task, with the status it set."""

    __tablename__ = "comment"
    __table_args__ = (
        sa.Index(None, "object_id", "created_at"),
        page_index("comment", "production_id"),
    )

    shotgun_id: Mapped[int | None]
    # No index of its own: the index above starts with it.
    object_id: Mapped[UUID] = link("task", index=False)
    object_type: Mapped[str] = text(80)
    text: Mapped[str | None] = text()
    data: Mapped[Any] = json_column(dict[str, Any])
    # One JSON value: whoever changes a reply locks the row.
    replies: Mapped[Any] = json_column(list[Reply], default=list)
    checklist: Mapped[Any] = json_column(list[ChecklistItem])
    pinned: Mapped[bool | None]
    for_client: Mapped[bool | None] = mapped_column(default=False)
    links: Mapped[list[str] | None]
    task_status_id: Mapped[UUID | None] = link("task_status", on_gone="null")
    person_id: Mapped[UUID] = ref("auth.person")
    editor_id: Mapped[UUID | None] = ref("auth.person", on_gone="null")
    preview_file_id: Mapped[UUID | None] = link("preview_file", on_gone="null")
    production_id: Mapped[UUID | None] = production_copy()


class AttachmentFile(TimestampedRow, Base):
    """A file attached to a comment, a reply or a chat message."""

    __tablename__ = "attachment_file"

    name: Mapped[str | None] = text(250)
    size: Mapped[int | None] = mapped_column(sa.BigInteger, default=1)
    extension: Mapped[str | None] = text(6)
    mimetype: Mapped[str | None] = text(255)
    comment_id: Mapped[UUID | None] = link("comment")
    reply_id: Mapped[UUID | None]
    chat_message_id: Mapped[UUID | None] = ref("chat.chat_message")


class PreviewFile(TimestampedRow, Base):
    """A picture or movie that shows the state of a task."""

    __tablename__ = "preview_file"
    __table_args__ = (
        sa.UniqueConstraint("name", "task_id", "revision"),
        page_index("preview_file", "production_id"),
    )

    name: Mapped[str | None] = text(250)
    original_name: Mapped[str | None] = text(250)
    revision: Mapped[int | None] = mapped_column(default=1)
    position: Mapped[int | None] = mapped_column(default=1)
    extension: Mapped[str | None] = text(6)
    description: Mapped[str | None] = text()
    path: Mapped[str | None] = text(400)
    source: Mapped[str | None] = text(40)
    file_size: Mapped[int | None] = mapped_column(sa.BigInteger, default=0)
    status: Mapped[str] = choice("processing", "ready", "broken", "missing", default="processing")
    validation_status: Mapped[str] = choice("validated", "rejected", "neutral", default="neutral")
    annotations: Mapped[Any] = json_column(list[Annotation])
    width: Mapped[int | None] = mapped_column(default=0)
    height: Mapped[int | None] = mapped_column(default=0)
    duration: Mapped[float | None] = mapped_column(default=0)
    data: Mapped[Any] = json_column(dict[str, Any])
    token_in: Mapped[int | None]
    token_out: Mapped[int | None]
    task_id: Mapped[UUID | None] = link("task")
    person_id: Mapped[UUID | None] = ref("auth.person", on_gone="null")
    source_file_id: Mapped[UUID | None] = ref("crud.output_file", on_gone="null")
    shotgun_id: Mapped[int | None] = mapped_column(unique=True)
    is_movie: Mapped[bool | None] = mapped_column(default=False)
    url: Mapped[str | None] = text(600)
    uploaded_movie_url: Mapped[str | None] = text(600)
    uploaded_movie_name: Mapped[str | None] = text(150)
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

    duration: Mapped[float] = mapped_column(info={"check": values.positive})
    date: Mapped[date]
    task_id: Mapped[UUID | None] = link("task")
    person_id: Mapped[UUID | None] = ref("auth.person", index=False)
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

    read: Mapped[bool] = mapped_column(default=False)
    change: Mapped[bool] = mapped_column(default=False)
    type: Mapped[str] = choice(
        "comment", "mention", "assignation", "reply", "reply-mention", "playlist-ready"
    )
    person_id: Mapped[UUID] = ref("auth.person", index=False)
    author_id: Mapped[UUID] = ref("auth.person")
    comment_id: Mapped[UUID | None] = link("comment")
    task_id: Mapped[UUID | None] = link("task")
    playlist_id: Mapped[UUID | None] = ref("crud.playlist")
    reply_id: Mapped[UUID | None]
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

    change: Mapped[bool] = mapped_column(default=False)
    author_id: Mapped[UUID] = ref("auth.person")
    comment_id: Mapped[UUID | None] = link("comment")
    task_id: Mapped[UUID] = link("task")
    preview_file_id: Mapped[UUID | None] = link("preview_file", on_gone="null")
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

    person_id: Mapped[UUID] = ref("auth.person", index=False)
    task_id: Mapped[UUID | None] = link("task")
    entity_id: Mapped[UUID | None] = ref("assets.entity")
    task_type_id: Mapped[UUID | None] = link("task_type")
    production_id: Mapped[UUID | None] = production_copy()


class StatusAutomation(TimestampedRow, Base):
    """A rule: a status of one task sets the status of another, or an asset's readiness."""

    __tablename__ = "status_automation"

    entity_type: Mapped[str | None] = text(40, default="asset")
    in_task_type_id: Mapped[UUID | None] = link("task_type")
    in_task_status_id: Mapped[UUID | None] = link("task_status")
    out_field_type: Mapped[str] = choice("status", "ready_for", default="status")
    out_task_type_id: Mapped[UUID | None] = link("task_type")
    out_task_status_id: Mapped[UUID | None] = link("task_status")
    import_last_revision: Mapped[bool | None] = mapped_column(default=False)
    archived: Mapped[bool | None] = mapped_column(default=False)


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
