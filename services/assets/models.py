"""Tables of entities, castings, instances and metadata descriptors."""

from __future__ import annotations

from typing import Any, get_args
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from services.common.contracts.assets.descriptors import Kind
from services.common.database import tables
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
from services.common.search import tables as search_tables


class Base(tables.Base):
    """Root of the tables of this service."""

    __abstract__ = True
    metadata = new_metadata()


search_tables.declare(Base.metadata, by_name=True)


class EntityType(TimestampedRow, Base):
    """The type of an entity: Shot, Sequence and so on, or a type of asset."""

    __tablename__ = "entity_type"

    name: Mapped[str] = text(30, unique=True, doc="Its name, unique.", example="Prop")
    short_name: Mapped[str | None] = text(20, doc="A short form of its name.", example="prp")
    description: Mapped[str | None] = text(
        doc="What belongs to it.", example="Things that characters handle."
    )
    archived: Mapped[bool | None] = column(
        default=False, doc="Whether it is out of use: kept for old rows, offered no more."
    )


class Entity(TimestampedRow, Base):
    """An asset, shot, sequence, scene, episode, edit or concept."""

    __tablename__ = "entity"
    __table_args__ = (
        sa.UniqueConstraint("name", "project_id", "entity_type_id", "parent_id"),
        # For pages of all entities, and of those of one type.
        page_index("entity"),
        page_index("entity", "entity_type_id", "of_type", "project_id"),
    )

    name: Mapped[str] = text(160, doc="Its name.", example="Lantern")
    code: Mapped[str | None] = text(160, doc="A code of the studio's own.", example="LAN01")
    description: Mapped[str | None] = text(
        doc="What it is, in words.", example="An old storm lantern."
    )
    shotgun_id: Mapped[int | None] = shotgrid_id()
    canceled: Mapped[bool | None] = column(
        default=False, doc="Whether it was cancelled: kept, but no longer worked on."
    )
    nb_frames: Mapped[int | None] = column(doc="How long a shot is, in frames.", example=48)
    # The size of the casting, stored: lists of thousands of shots show it.
    nb_entities_out: Mapped[int | None] = column(
        default=0, doc="How many assets are cast in it.", example=3
    )
    is_casting_standby: Mapped[bool | None] = column(
        default=False, doc="Whether its casting is not decided yet."
    )
    is_shared: Mapped[bool] = column(
        default=False, doc="Whether other productions may use the asset."
    )
    status: Mapped[str] = choice(
        "standby", "running", "complete", "canceled", default="running", doc="How far it is."
    )
    project_id: Mapped[UUID] = ref(
        "crud.project", on_gone="part", index=False, doc="The production that it belongs to."
    )
    entity_type_id: Mapped[UUID] = link(
        "entity_type",
        on_gone="delete",
        index=False,
        doc="Its type: that of shots, of sequences, or a type of asset.",
    )
    parent_id: Mapped[UUID | None] = link(
        "entity",
        on_gone="delete",
        doc="What it is part of: a shot's sequence, a sequence's episode.",
    )
    source_id: Mapped[UUID | None] = link("entity", on_gone="null", doc="An asset's main episode.")
    preview_file_id: Mapped[UUID | None] = ref(
        "tasks.preview_file", on_gone="update", doc="The preview that stands for it in lists."
    )
    data: Mapped[Any] = json_column(
        dict[str, Any],
        doc="Free JSON: the production's own columns, by their field names.",
        example={"frame_in": "101", "frame_out": "148"},
    )
    ready_for: Mapped[UUID | None] = ref(
        "tasks.task_type", on_gone="null", doc="The task type that the asset is ready for."
    )
    created_by: Mapped[UUID | None] = ref("auth.person", on_gone="null", doc="Who created it.")


class EntityLink(TimestampedRow, Base):
    """Casting: an asset that appears in a shot, episode or other asset."""

    __tablename__ = "entity_link"
    __table_args__ = (
        sa.UniqueConstraint("entity_in_id", "entity_out_id"),
        sa.Index("ix_entity_link_of_production", "production_id", "created_at", "id"),
    )

    # No index of its own: the unique constraint starts with it.
    entity_in_id: Mapped[UUID] = link(
        "entity",
        on_gone="part",
        index=False,
        doc="Where the asset appears: a shot, an episode or another asset.",
    )
    entity_out_id: Mapped[UUID] = link("entity", on_gone="delete", doc="The asset that appears.")
    data: Mapped[Any] = json_column(
        dict[str, Any],
        doc="Free JSON: values of the studio's own, by their names.",
        example={"side": "left"},
    )
    nb_occurences: Mapped[int | None] = column(
        default=1, doc="How many of the asset appear.", example=2
    )
    label: Mapped[str | None] = text(80, default="", doc="How it appears.", example="animate")
    production_id: Mapped[UUID | None] = production_copy()


class EntityConceptLink(TimestampedRow, Base):
    """A concept drawn for an entity."""

    __tablename__ = "entity_concept_link"
    paged = False

    entity_in_id: Mapped[UUID] = link("entity", on_gone="part")
    entity_out_id: Mapped[UUID] = link("entity", on_gone="part")


class EntityVersion(TimestampedRow, Base):
    """A previous version of a shot."""

    __tablename__ = "entity_version"
    paged = False

    name: Mapped[str] = text(160)
    data: Mapped[Any] = json_column(dict[str, Any])
    entity_id: Mapped[UUID | None] = link("entity", on_gone="part")
    person_id: Mapped[UUID | None] = ref("auth.person", on_gone="null")


class AssetInstance(TimestampedRow, Base):
    """A numbered copy of an asset in a scene or in another asset."""

    __tablename__ = "asset_instance"
    __table_args__ = (sa.UniqueConstraint("asset_id", "target_asset_id", "scene_id", "number"),)

    asset_id: Mapped[UUID] = link(
        "entity", on_gone="delete", index=False, doc="The asset that this is a copy of."
    )
    name: Mapped[str | None] = text(80, doc="Its name.", example="lantern_0001")
    number: Mapped[int | None] = column(
        doc="Its number among the copies of the asset there, from 1.", example=1
    )
    description: Mapped[str | None] = text(
        200, doc="What is special about it.", example="The broken one."
    )
    active: Mapped[bool | None] = column(default=True, doc="Whether it is in use.")
    data: Mapped[Any] = json_column(
        dict[str, Any],
        doc="Free JSON: values of the studio's own, by their names.",
        example={"side": "left"},
    )
    scene_id: Mapped[UUID | None] = link(
        "entity", on_gone="part", doc="The scene that it stands in."
    )
    target_asset_id: Mapped[UUID | None] = link(
        "entity", on_gone="part", doc="The asset that it is a part of."
    )
    entity_id: Mapped[UUID | None] = link(
        "entity", on_gone="null", doc="No longer used: what it belonged to."
    )
    entity_type_id: Mapped[UUID | None] = link(
        "entity_type", on_gone="null", doc="No longer used: the type of what it belonged to."
    )


class MetadataDescriptor(TimestampedRow, Base):
    """A column that a production adds to its assets, shots or tasks."""

    __tablename__ = "metadata_descriptor"
    __table_args__ = (
        # Two partial indexes for each rule: NULLs are distinct in a unique index, so rows without a
        # task type need one of their own.
        sa.Index(
            "uq_metadata_descriptor_name",
            "project_id",
            "entity_type",
            "name",
            unique=True,
            postgresql_where=sa.text("task_type_id IS NULL"),
        ),
        sa.Index(
            "uq_metadata_descriptor_field",
            "project_id",
            "entity_type",
            "field_name",
            unique=True,
            postgresql_where=sa.text("task_type_id IS NULL"),
        ),
        sa.Index(
            "uq_metadata_descriptor_task_name",
            "project_id",
            "entity_type",
            "task_type_id",
            "name",
            unique=True,
            postgresql_where=sa.text("task_type_id IS NOT NULL"),
        ),
        sa.Index(
            "uq_metadata_descriptor_task_field",
            "project_id",
            "entity_type",
            "task_type_id",
            "field_name",
            unique=True,
            postgresql_where=sa.text("task_type_id IS NOT NULL"),
        ),
    )

    project_id: Mapped[UUID] = ref(
        "crud.project", on_gone="part", doc="The production that added the column."
    )
    entity_type: Mapped[str] = text(
        60,
        doc="What it describes: Asset, Shot, Sequence, Episode, Edit, Project or Task.",
        example="Asset",
    )
    task_type_id: Mapped[UUID | None] = ref(
        "tasks.task_type",
        on_gone="delete",
        doc="The task type whose tasks it describes; null but for tasks.",
    )
    name: Mapped[str] = text(120, doc="The name that people see.", example="Weather")
    data_type: Mapped[str | None] = choice(
        *get_args(Kind),
        invalid="Invalid data_type",
        doc="What kind of value it holds.",
    )
    field_name: Mapped[str] = text(
        120, doc="The key of its values in `data`, derived from the name.", example="weather"
    )
    choices: Mapped[Any] = json_column(
        list[str | int | float],
        doc="The values to choose from, for lists.",
        example=["sun", "rain"],
    )
    for_client: Mapped[bool | None] = column(default=False, doc="Whether clients see it.")
    position: Mapped[int | None] = column(doc="Its place among the columns, from 1.", example=1)


asset_instance_link = links(
    Base.metadata,
    "asset_instance_link",
    ("entity_id", "entity"),
    ("asset_instance_id", "asset_instance"),
)
department_metadata_descriptor_link = links(
    Base.metadata,
    "department_metadata_descriptor_link",
    ("metadata_descriptor_id", "metadata_descriptor"),
    ("department_id", "auth.department"),
)
task_type_asset_type_link = links(
    Base.metadata,
    "task_type_asset_type_link",
    ("asset_type_id", "entity_type"),
    ("task_type_id", "tasks.task_type"),
)

_casting, _concepts = table_of(EntityLink), table_of(EntityConceptLink)

EntityType.lists = {
    "task_types": Many(
        task_type_asset_type_link.c.asset_type_id, task_type_asset_type_link.c.task_type_id
    ),
}
Entity.lists = {
    "entities_out": Many(
        _casting.c.entity_in_id,
        _casting.c.entity_out_id,
        writable=False,
        doc="The ids of the assets that are cast in it.",
    ),
    "entities_in": Many(
        _casting.c.entity_out_id,
        _casting.c.entity_in_id,
        writable=False,
        doc="The ids of what it is cast in.",
    ),
    "entity_concept_links": Many(
        _concepts.c.entity_in_id,
        _concepts.c.entity_out_id,
        writable=False,
        doc="A concept's: the ids of what it was drawn for.",
    ),
    "instance_casting": Many(
        asset_instance_link.c.entity_id,
        asset_instance_link.c.asset_instance_id,
        writable=False,
        doc="A shot's: the ids of the asset instances in it.",
    ),
}
AssetInstance.lists = {
    "shots": Many(
        asset_instance_link.c.asset_instance_id,
        asset_instance_link.c.entity_id,
        writable=False,
        doc="The ids of the shots that it appears in.",
    ),
}
MetadataDescriptor.lists = {
    "departments": Many(
        department_metadata_descriptor_link.c.metadata_descriptor_id,
        department_metadata_descriptor_link.c.department_id,
    ),
}
