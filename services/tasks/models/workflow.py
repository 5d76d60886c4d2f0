"""Tables of kinds of work, of its states, and of what a state sets off."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from services.common.database.tables import (
    TimestampedRow,
    choice,
    column,
    link,
    ref,
    shotgrid_id,
    text,
)
from services.tasks.models.base import Base


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
        "task_type", on_gone="delete", doc="The type of the task whose status is watched."
    )
    in_task_status_id: Mapped[UUID | None] = link(
        "task_status", on_gone="delete", doc="The status that sets it off."
    )
    out_field_type: Mapped[str] = choice(
        "status",
        "ready_for",
        default="status",
        doc="What it sets: the status of another task, or what the asset is ready for.",
    )
    out_task_type_id: Mapped[UUID | None] = link(
        "task_type", on_gone="delete", doc="The type of the task that it changes."
    )
    out_task_status_id: Mapped[UUID | None] = link(
        "task_status", on_gone="delete", doc="The status that it sets."
    )
    import_last_revision: Mapped[bool | None] = column(
        default=False, doc="Whether the newest preview is copied to the changed task."
    )
    archived: Mapped[bool | None] = column(default=False, doc="Whether it is out of use.")
