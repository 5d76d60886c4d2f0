"""Tables of the pipeline: software, hardware, and working and output files.

A ``shotgun_id`` is the row's id in ShotGrid, kept from imports.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.common.database.tables import (
    Many,
    TimestampedRow,
    json_column,
    link,
    page_index,
    production_copy,
    ref,
    table_of,
    text,
)
from services.crud.models.base import Base


class FileStatus(TimestampedRow, Base):
    """The review status of an output file."""

    __tablename__ = "file_status"

    name: Mapped[str] = text(40, unique=True)
    color: Mapped[str] = text(7)


class OutputType(TimestampedRow, Base):
    """The kind of content of an output file."""

    __tablename__ = "output_type"

    name: Mapped[str] = text(40, unique=True)
    short_name: Mapped[str] = text(20)


class Software(TimestampedRow, Base):
    """Software that the studio uses."""

    __tablename__ = "software"

    name: Mapped[str] = text(40, unique=True)
    short_name: Mapped[str] = text(20)
    archived: Mapped[bool | None] = mapped_column(default=False)
    version: Mapped[str | None] = text(20)
    file_extension: Mapped[str] = text(20)
    secondary_extensions: Mapped[Any] = json_column(list[str])
    monthly_cost: Mapped[int | None] = mapped_column(default=0)
    inventory_amount: Mapped[int | None] = mapped_column(default=0)


class SoftwareDepartmentLink(TimestampedRow, Base):
    """Software that a department uses."""

    __tablename__ = "software_department_link"
    paged = False
    __table_args__ = (sa.UniqueConstraint("department_id", "software_id"),)

    # No index of its own: the unique constraint starts with it.
    department_id: Mapped[UUID] = ref("auth.department", index=False)
    software_id: Mapped[UUID] = link("software")


class HardwareItem(TimestampedRow, Base):
    """A machine that the studio uses."""

    __tablename__ = "hardware_item"

    name: Mapped[str] = text(40, unique=True)
    short_name: Mapped[str] = text(20)
    archived: Mapped[bool | None] = mapped_column(default=False)
    monthly_cost: Mapped[int | None] = mapped_column(default=0)
    inventory_amount: Mapped[int | None] = mapped_column(default=0)


class HardwareItemDepartmentLink(TimestampedRow, Base):
    """A machine that a department uses."""

    __tablename__ = "hardware_item_department_link"
    paged = False
    __table_args__ = (sa.UniqueConstraint("hardware_item_id", "department_id"),)

    department_id: Mapped[UUID] = ref("auth.department")
    hardware_item_id: Mapped[UUID] = link("hardware_item", index=False)


class WorkingFile(TimestampedRow, Base):
    """A revision of the file in which an artist works on a task."""

    __tablename__ = "working_file"
    __table_args__ = (
        sa.UniqueConstraint("name", "task_id", "entity_id", "revision"),
        page_index("working_file", "production_id"),
    )

    shotgun_id: Mapped[int | None]
    name: Mapped[str | None] = text(250)
    description: Mapped[str | None] = text()
    comment: Mapped[str | None] = text()
    revision: Mapped[int | None]
    size: Mapped[int | None]
    checksum: Mapped[int | None]
    path: Mapped[str | None] = text(400)
    data: Mapped[Any] = json_column(dict[str, Any])
    task_id: Mapped[UUID | None] = ref("tasks.task")
    entity_id: Mapped[UUID | None] = ref("assets.entity")
    person_id: Mapped[UUID | None] = ref("auth.person", on_gone="null")
    software_id: Mapped[UUID | None] = link("software", on_gone="null")
    production_id: Mapped[UUID | None] = production_copy()


class OutputFile(TimestampedRow, Base):
    """A file exported from a working file, of an entity or an asset instance."""

    __tablename__ = "output_file"
    __table_args__ = (
        sa.UniqueConstraint(
            "name",
            "entity_id",
            "asset_instance_id",
            "output_type_id",
            "task_type_id",
            # The shot in which an instance was exported.
            "temporal_entity_id",
            "representation",
            "revision",
        ),
        page_index("output_file", "production_id"),
    )

    shotgun_id: Mapped[int | None]
    name: Mapped[str] = text(250)
    canceled: Mapped[bool] = mapped_column(default=False)
    size: Mapped[int | None]
    checksum: Mapped[str | None] = text(32)
    description: Mapped[str | None] = text()
    comment: Mapped[str | None] = text()
    extension: Mapped[str | None] = text(10)
    revision: Mapped[int]
    representation: Mapped[str | None] = text(20)
    nb_elements: Mapped[int | None] = mapped_column(default=1)
    source: Mapped[str | None] = text(40)
    path: Mapped[str | None] = text(400)
    data: Mapped[Any] = json_column(dict[str, Any])
    file_status_id: Mapped[UUID] = link("file_status")
    entity_id: Mapped[UUID | None] = ref("assets.entity")
    asset_instance_id: Mapped[UUID | None] = ref("assets.asset_instance")
    output_type_id: Mapped[UUID | None] = link("output_type", on_gone="null")
    task_type_id: Mapped[UUID | None] = ref("tasks.task_type", on_gone="null")
    person_id: Mapped[UUID | None] = ref("auth.person", on_gone="null")
    source_file_id: Mapped[UUID | None] = link("working_file", on_gone="null")
    temporal_entity_id: Mapped[UUID | None] = ref("assets.entity", on_gone="null")
    production_id: Mapped[UUID | None] = production_copy()


class PreviewBackgroundFile(TimestampedRow, Base):
    """A picture or an environment map behind 3D previews."""

    __tablename__ = "preview_background_file"

    name: Mapped[str] = text(40)
    archived: Mapped[bool | None] = mapped_column(default=False)
    is_default: Mapped[bool | None] = mapped_column(default=False)
    original_name: Mapped[str | None] = text(250)
    extension: Mapped[str | None] = text(6)
    file_size: Mapped[int | None] = mapped_column(sa.BigInteger, default=0)


_outputs = table_of(OutputFile)

WorkingFile.lists = {"outputs": Many(_outputs.c.source_file_id, _outputs.c.id, writable=False)}
