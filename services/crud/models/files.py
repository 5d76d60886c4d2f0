"""Tables of the pipeline: software, hardware, and working and output files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from services.common.database.tables import (
    Many,
    TimestampedRow,
    column,
    json_column,
    link,
    page_index,
    production_copy,
    ref,
    shotgrid_id,
    table_of,
    text,
)
from services.crud.models.base import Base


class FileStatus(TimestampedRow, Base):
    """The review status of an output file."""

    __tablename__ = "file_status"

    name: Mapped[str] = text(40, unique=True, doc="Its name, unique.", example="To review")
    color: Mapped[str] = text(7, doc="Its color in the interface, as #RRGGBB.", example="#FFFFFF")


class OutputType(TimestampedRow, Base):
    """The kind of content of an output file."""

    __tablename__ = "output_type"

    name: Mapped[str] = text(40, unique=True, doc="Its name, unique.", example="Geometry cache")
    short_name: Mapped[str] = text(20, doc="A short form of its name.", example="abc")


class Software(TimestampedRow, Base):
    """Software that the studio uses."""

    __tablename__ = "software"

    name: Mapped[str] = text(40, unique=True, doc="Its name, unique.", example="Blender")
    short_name: Mapped[str] = text(20, doc="A short form of its name.", example="bld")
    archived: Mapped[bool | None] = column(
        default=False, doc="Whether it is out of use: kept for old rows, offered no more."
    )
    version: Mapped[str | None] = text(20, doc="Its version.", example="4.2")
    file_extension: Mapped[str] = text(
        20, doc="The extension of its files, without the dot.", example="blend"
    )
    secondary_extensions: Mapped[Any] = json_column(
        list[str], doc="Further extensions of its files, without dots.", example=["blend1"]
    )
    monthly_cost: Mapped[int | None] = column(
        default=0, doc="What a licence costs a month, in the studio's currency.", example=0
    )
    inventory_amount: Mapped[int | None] = column(
        default=0, doc="How many licences there are.", example=12
    )


class SoftwareDepartmentLink(TimestampedRow, Base):
    """Software that a department uses."""

    __tablename__ = "software_department_link"
    paged = False
    __table_args__ = (sa.UniqueConstraint("department_id", "software_id"),)

    # No index of its own: the unique constraint starts with it.
    department_id: Mapped[UUID] = ref("auth.department", on_gone="part", index=False)
    software_id: Mapped[UUID] = link("software", on_gone="part")


class HardwareItem(TimestampedRow, Base):
    """A machine that the studio uses."""

    __tablename__ = "hardware_item"

    name: Mapped[str] = text(40, unique=True, doc="Its name, unique.", example="Workstation 12")
    short_name: Mapped[str] = text(20, doc="A short form of its name.", example="ws12")
    archived: Mapped[bool | None] = column(
        default=False, doc="Whether it is out of use: kept for old rows, offered no more."
    )
    monthly_cost: Mapped[int | None] = column(
        default=0, doc="What one costs a month, in the studio's currency.", example=90
    )
    inventory_amount: Mapped[int | None] = column(default=0, doc="How many there are.", example=4)


class HardwareItemDepartmentLink(TimestampedRow, Base):
    """A machine that a department uses."""

    __tablename__ = "hardware_item_department_link"
    paged = False
    __table_args__ = (sa.UniqueConstraint("hardware_item_id", "department_id"),)

    department_id: Mapped[UUID] = ref("auth.department", on_gone="part")
    hardware_item_id: Mapped[UUID] = link("hardware_item", on_gone="part", index=False)


class WorkingFile(TimestampedRow, Base):
    """A revision of the file in which an artist works on a task."""

    __tablename__ = "working_file"
    __table_args__ = (
        sa.UniqueConstraint("name", "task_id", "entity_id", "revision"),
        page_index("working_file", "production_id"),
    )

    shotgun_id: Mapped[int | None] = shotgrid_id()
    name: Mapped[str | None] = text(250, doc="The file's name.", example="main")
    description: Mapped[str | None] = text(doc="What it holds.", example="The lantern's scene.")
    comment: Mapped[str | None] = text(
        doc="What was changed in this revision.", example="Added the flame."
    )
    revision: Mapped[int | None] = column(doc="The number of the revision, from 1.", example=3)
    size: Mapped[int | None] = column(doc="Its size in bytes.", example=482133)
    checksum: Mapped[int | None] = column(doc="A checksum of its content.", example=1297234)
    path: Mapped[str | None] = text(
        400,
        doc="Where the studio keeps the file.",
        example="/prod/lighthouse/lantern/mdl/main_v003.blend",
    )
    data: Mapped[Any] = json_column(
        dict[str, Any],
        doc="Free JSON: values of the studio's own, by their names.",
        example={"units": "cm"},
    )
    task_id: Mapped[UUID | None] = ref(
        "tasks.task", on_gone="part", doc="The task that it is worked on for."
    )
    entity_id: Mapped[UUID | None] = ref(
        "assets.entity", on_gone="part", doc="The entity that it is about."
    )
    person_id: Mapped[UUID | None] = ref("auth.person", on_gone="null", doc="Who saved it.")
    software_id: Mapped[UUID | None] = link(
        "software", on_gone="null", doc="The software that it is made with."
    )
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

    shotgun_id: Mapped[int | None] = shotgrid_id()
    name: Mapped[str] = text(250, doc="The file's name.", example="main")
    canceled: Mapped[bool] = column(default=False, doc="Whether it was given up.")
    size: Mapped[int | None] = column(doc="Its size in bytes.", example=482133)
    checksum: Mapped[str | None] = text(
        32,
        doc="The MD5 of its content, as 32 hexadecimal digits.",
        example="5d41402abc4b2a76b9719d911017c592",
    )
    description: Mapped[str | None] = text(doc="What it holds.", example="The lantern's geometry.")
    comment: Mapped[str | None] = text(
        doc="What was changed in this revision.", example="Thicker glass."
    )
    extension: Mapped[str | None] = text(10, doc="Its extension, without the dot.", example="abc")
    revision: Mapped[int] = column(doc="The number of the revision, from 1.", example=3)
    representation: Mapped[str | None] = text(
        20, doc="The form in which it holds the content.", example="abc"
    )
    nb_elements: Mapped[int | None] = column(
        default=1, doc="How many files it consists of, such as the frames of a sequence.", example=1
    )
    source: Mapped[str | None] = text(40, doc="Which tool made it.", example="blender")
    path: Mapped[str | None] = text(
        400,
        doc="Where the studio keeps the file.",
        example="/prod/lighthouse/lantern/abc/main_v003.abc",
    )
    data: Mapped[Any] = json_column(
        dict[str, Any],
        doc="Free JSON: values of the studio's own, by their names.",
        example={"units": "cm"},
    )
    file_status_id: Mapped[UUID] = link(
        "file_status", on_gone="delete", doc="How far its review is."
    )
    entity_id: Mapped[UUID | None] = ref(
        "assets.entity", on_gone="part", doc="The entity that it is of."
    )
    asset_instance_id: Mapped[UUID | None] = ref(
        "assets.asset_instance", on_gone="delete", doc="The asset instance that it is of."
    )
    output_type_id: Mapped[UUID | None] = link(
        "output_type", on_gone="null", doc="What kind of content it has."
    )
    task_type_id: Mapped[UUID | None] = ref(
        "tasks.task_type", on_gone="null", doc="The kind of work that it comes from."
    )
    person_id: Mapped[UUID | None] = ref("auth.person", on_gone="null", doc="Who exported it.")
    source_file_id: Mapped[UUID | None] = link(
        "working_file", on_gone="update", doc="The working file that it was exported from."
    )
    temporal_entity_id: Mapped[UUID | None] = ref(
        "assets.entity", on_gone="null", doc="The shot or scene that the instance was exported in."
    )
    production_id: Mapped[UUID | None] = production_copy()


class PreviewBackgroundFile(TimestampedRow, Base):
    """A picture or an environment map behind 3D previews."""

    __tablename__ = "preview_background_file"

    name: Mapped[str] = text(40, doc="Its name, unique.", example="Studio light")
    archived: Mapped[bool | None] = column(
        default=False, doc="Whether it is out of use: kept for old rows, offered no more."
    )
    is_default: Mapped[bool | None] = column(
        default=False, doc="Whether it is the one used at first."
    )
    original_name: Mapped[str | None] = text(
        250, doc="The name that its file was uploaded with.", example="studio.hdr"
    )
    extension: Mapped[str | None] = text(
        6, doc="The extension of its file, without the dot.", example="hdr"
    )
    file_size: Mapped[int | None] = column(
        sa.BigInteger, default=0, doc="The size of its file in bytes.", example=2480133
    )


_outputs = table_of(OutputFile)

WorkingFile.lists = {"outputs": Many(_outputs.c.source_file_id, _outputs.c.id, writable=False)}
