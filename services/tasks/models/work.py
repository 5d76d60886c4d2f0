"""Tables of tasks and the time spent on them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from services.common import values
from services.common.database.tables import (
    Many,
    TimestampedRow,
    column,
    json_column,
    link,
    links,
    page_index,
    production_copy,
    ref,
    shotgrid_id,
    text,
)
from services.tasks.models.base import Base


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
        "crud.project", on_gone="part", index=False, doc="The production that it belongs to."
    )
    task_type_id: Mapped[UUID | None] = link(
        "task_type", on_gone="delete", index=False, doc="The kind of work."
    )
    task_status_id: Mapped[UUID | None] = link(
        "task_status", on_gone="null", index=False, doc="How far the work is."
    )
    entity_id: Mapped[UUID | None] = ref(
        "assets.entity", on_gone="delete", doc="The asset, shot or other entity to work on."
    )
    assigner_id: Mapped[UUID | None] = ref(
        "auth.person", on_gone="null", doc="Who assigned it, or created it."
    )


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
    task_id: Mapped[UUID | None] = link("task", on_gone="part", doc="The task that they worked on.")
    person_id: Mapped[UUID | None] = ref(
        "auth.person", on_gone="delete", index=False, doc="Who worked."
    )
    production_id: Mapped[UUID | None] = production_copy()


task_person_link = links(
    Base.metadata, "task_person_link", ("task_id", "task"), ("person_id", "auth.person")
)

Task.lists = {"assignees": Many(task_person_link.c.task_id, task_person_link.c.person_id)}
