"""Tables of notifications, news and subscriptions."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.common.database.tables import (
    TimestampedRow,
    choice,
    column,
    link,
    page_index,
    production_copy,
    ref,
)
from services.tasks.models.base import Base


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
    person_id: Mapped[UUID] = ref("auth.person", on_gone="part", index=False, doc="Whom it is for.")
    author_id: Mapped[UUID] = ref("auth.person", on_gone="part", doc="Who caused it.")
    comment_id: Mapped[UUID | None] = link(
        "comment", on_gone="part", doc="The comment that it tells about."
    )
    task_id: Mapped[UUID | None] = link("task", on_gone="part", doc="The task that it tells about.")
    playlist_id: Mapped[UUID | None] = ref(
        "crud.playlist", on_gone="part", doc="The playlist that it tells about."
    )
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
    author_id: Mapped[UUID] = ref("auth.person", on_gone="part", doc="Who caused it.")
    comment_id: Mapped[UUID | None] = link(
        "comment", on_gone="part", doc="The comment that it tells about."
    )
    task_id: Mapped[UUID] = link("task", on_gone="part", doc="The task that it tells about.")
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

    person_id: Mapped[UUID] = ref(
        "auth.person", on_gone="part", index=False, doc="Who is told of the comments."
    )
    task_id: Mapped[UUID | None] = link("task", on_gone="part", doc="The task that they follow.")
    entity_id: Mapped[UUID | None] = ref(
        "assets.entity",
        on_gone="part",
        doc="The sequence that they follow, together with a task type.",
    )
    task_type_id: Mapped[UUID | None] = link(
        "task_type", on_gone="part", doc="The task type that they follow in the sequence."
    )
    production_id: Mapped[UUID | None] = production_copy()
