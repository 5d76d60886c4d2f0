"""Tables of playlists and schedules."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from services.common.database.tables import (
    Many,
    TimestampedRow,
    choice,
    column,
    json_column,
    link,
    links,
    page_index,
    ref,
    table_of,
    text,
)
from services.crud.models.base import Base, linked


class PlaylistItem(msgspec.Struct):
    """An entity of a playlist, and the preview of it that is shown; clients may add more keys."""

    entity_id: str | None = None
    #: Another name of ``entity_id``.
    id: str | None = None
    preview_file_id: str | None = None


class Playlist(TimestampedRow, Base):
    """An ordered list of previews for a review."""

    __tablename__ = "playlist"
    __table_args__ = (
        sa.UniqueConstraint("name", "project_id", "episode_id"),
        page_index("playlist"),
        # For what is deleted: which playlists show it.
        sa.Index(
            "ix_playlist_shots",
            "shots",
            postgresql_using="gin",
            postgresql_ops={"shots": "jsonb_path_ops"},
        ),
    )

    name: Mapped[str] = text(80, doc="Its name.", example="Dailies, 5 January")
    # One JSON value, which keeps the order: whoever changes it locks the row.
    shots: Mapped[Any] = json_column(list[PlaylistItem], doc="What it shows, in its order.")
    project_id: Mapped[UUID | None] = link(
        "project", on_gone="part", index=False, doc="The production that it belongs to."
    )
    episode_id: Mapped[UUID | None] = ref(
        "assets.entity", on_gone="null", doc="The episode that it is about."
    )
    task_type_id: Mapped[UUID | None] = ref(
        "tasks.task_type", on_gone="null", doc="The task type whose previews it shows."
    )
    for_client: Mapped[bool | None] = column(default=False, doc="Whether clients see it.")
    for_entity: Mapped[str | None] = text(
        10,
        default="shot",
        doc="What it shows: shot, asset, sequence, edit or episode.",
        example="shot",
    )
    is_for_all: Mapped[bool | None] = column(
        default=False, doc="Whether it is about all episodes together."
    )
    # Null where the author was deleted; then any supervisor may change it.
    created_by: Mapped[UUID | None] = ref(
        "auth.person", on_gone="null", doc="Who created it; null where they were removed."
    )


class PlaylistShareLink(TimestampedRow, Base):
    """A link through which guests see a playlist."""

    __tablename__ = "playlist_share_link"
    paged = False

    token: Mapped[str] = text(64, unique=True)
    playlist_id: Mapped[UUID] = link("playlist", on_gone="part")
    created_by: Mapped[UUID] = ref("auth.person", on_gone="part")
    expiration_date: Mapped[datetime | None]
    is_active: Mapped[bool]
    can_comment: Mapped[bool]
    password: Mapped[str | None] = text()


class BuildJob(TimestampedRow, Base):
    """A job that builds a movie or archive of a playlist."""

    __tablename__ = "build_job"
    paged = False

    status: Mapped[str] = choice("running", "failed", "succeeded", default="running")
    job_type: Mapped[str] = choice("archive", "movie", default="movie")
    ended_at: Mapped[datetime | None]
    playlist_id: Mapped[UUID] = link("playlist", on_gone="part")


class ScheduleItem(TimestampedRow, Base):
    """The period of work on a task type, in a production or one of its entities."""

    __tablename__ = "schedule_item"
    __table_args__ = (sa.UniqueConstraint("project_id", "task_type_id", "object_id"),)

    start_date: Mapped[date | None] = column(doc="Its first day.", example="2026-01-05")
    end_date: Mapped[date | None] = column(doc="Its last day.", example="2026-01-30")
    man_days: Mapped[int | None] = column(doc="How many days of work it takes.", example=20)
    project_id: Mapped[UUID | None] = link(
        "project", on_gone="part", index=False, doc="The production that it belongs to."
    )
    task_type_id: Mapped[UUID | None] = ref(
        "tasks.task_type", on_gone="delete", doc="The kind of work."
    )
    object_id: Mapped[UUID | None] = column(
        index=True, doc="The sequence, episode or asset type that it is about; null for all."
    )


class Milestone(TimestampedRow, Base):
    """A deadline of a production."""

    __tablename__ = "milestone"

    date: Mapped[date | None] = column(doc="The day.")
    name: Mapped[str] = text(40, doc="What is due.", example="Animatic approved")
    project_id: Mapped[UUID | None] = link(
        "project", on_gone="part", doc="The production that it belongs to."
    )
    task_type_id: Mapped[UUID | None] = ref(
        "tasks.task_type", on_gone="null", doc="The kind of work that is due."
    )


class ProductionScheduleVersion(TimestampedRow, Base):
    """A version of a production's schedule."""

    __tablename__ = "production_schedule_version"
    __table_args__ = (sa.UniqueConstraint("name", "project_id"),)

    name: Mapped[str] = text(
        80, doc="Its name, unique in the production.", example="After the animatic"
    )
    project_id: Mapped[UUID] = link(
        "project", on_gone="part", doc="The production that it belongs to."
    )
    production_schedule_from: Mapped[UUID | None] = link(
        "production_schedule_version", on_gone="null", doc="The version that it was copied from."
    )
    locked: Mapped[bool | None] = column(default=False, doc="Whether it can no longer be changed.")
    canceled: Mapped[bool | None] = column(default=False, doc="Whether it was given up.")


class ProductionScheduleVersionTaskLink(TimestampedRow, Base):
    """The dates and estimation of a task in a schedule version."""

    __tablename__ = "production_schedule_version_task_link"
    __table_args__ = (sa.UniqueConstraint("production_schedule_version_id", "task_id"),)

    production_schedule_version_id: Mapped[UUID] = link(
        "production_schedule_version", on_gone="part", index=False, doc="The schedule version."
    )
    task_id: Mapped[UUID] = ref("tasks.task", on_gone="part", doc="The task.")
    start_date: Mapped[datetime | None] = column(
        doc="When work on it should start in this version, in UTC.", example="2026-01-05T09:00:00"
    )
    due_date: Mapped[datetime | None] = column(
        doc="When it should be done in this version, in UTC.", example="2026-01-09T18:00:00"
    )
    estimation: Mapped[float | None] = column(
        default=0, doc="The time that it should take in this version, in minutes.", example=1440.0
    )


production_schedule_version_task_link_person_link = links(
    Base.metadata,
    "production_schedule_version_task_link_person_link",
    ("production_schedule_version_task_link_id", "production_schedule_version_task_link"),
    ("person_id", "auth.person"),
)

_jobs = table_of(BuildJob)

Playlist.lists = {"build_jobs": Many(_jobs.c.playlist_id, _jobs.c.id, writable=False)}
ProductionScheduleVersionTaskLink.lists = {
    "assignees": linked(
        production_schedule_version_task_link_person_link,
        "production_schedule_version_task_link_id",
        "person_id",
    ),
}
