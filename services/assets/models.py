"""Tables of entities, castings, instances and metadata descriptors."""

from __future__ import annotations

from typing import Any, get_args
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.common.contracts.assets.descriptors import Kind
from services.common.database import tables
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


class Base(tables.Base):
    """Root of the tables of this service."""

    __abstract__ = True
    metadata = new_metadata()


class EntityType(TimestampedRow, Base):
    """The type of an entity: Shot, Sequence and so on, or a type of asset."""

    __tablename__ = "entity_type"

    name: Mapped[str] = text(30, unique=True)
    short_name: Mapped[str | None] = text(20)
    description: Mapped[str | None] = text()
    archived: Mapped[bool | None] = mapped_column(default=False)


class Entity(TimestampedRow, Base):
    """An asset, shot, sequence, scene, episode, edit or concept."""

    __tablename__ = "entity"
    __table_args__ = (
        sa.UniqueConstraint("name", "project_id", "entity_type_id", "parent_id"),
        # For pages of all entities, and of those of one type.
        page_index("entity"),
        page_index("entity", "entity_type_id", "of_type", "project_id"),
    )

    name: Mapped[str] = text(160)
    code: Mapped[str | None] = text(160)
    description: Mapped[str | None] = text()
    shotgun_id: Mapped[int | None]
    canceled: Mapped[bool | None] = mapped_column(default=False)
    nb_frames: Mapped[int | None]
    # The size of the casting, stored: lists of thousands of shots show it.
    nb_entities_out: Mapped[int | None] = mapped_column(default=0)
    is_casting_standby: Mapped[bool | None] = mapped_column(default=False)
    is_shared: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = choice("standby", "running", "complete", "canceled", default="running")
    project_id: Mapped[UUID] = ref("crud.project", index=False)
    entity_type_id: Mapped[UUID] = link("entity_type", index=False)
    # A shot's sequence, a sequence's episode.
    parent_id: Mapped[UUID | None] = link("entity")
    # An asset's main episode.
    source_id: Mapped[UUID | None] = link("entity", on_gone="null")
    preview_file_id: Mapped[UUID | None] = ref("tasks.preview_file", on_gone="null")
    data: Mapped[Any] = json_column(dict[str, Any])
    ready_for: Mapped[UUID | None] = ref("tasks.task_type", on_gone="null")
    created_by: Mapped[UUID | None] = ref("auth.person", on_gone="null")


class EntityLink(TimestampedRow, Base):
    """Casting: an asset that appears in a shot, episode or other asset."""

    __tablename__ = "entity_link"
    __table_args__ = (
        sa.UniqueConstraint("entity_in_id", "entity_out_id"),
        sa.Index("ix_entity_link_of_production", "production_id", "created_at", "id"),
    )

    # No index of its own: the unique constraint starts with it.
    entity_in_id: Mapped[UUID] = link("entity", index=False)
    entity_out_id: Mapped[UUID] = link("entity")
    data: Mapped[Any] = json_column(dict[str, Any])
    nb_occurences: Mapped[int | None] = mapped_column(default=1)
    label: Mapped[str | None] = text(80, default="")
    production_id: Mapped[UUID | None] = production_copy()


class EntityConceptLink(TimestampedRow, Base):
    """A concept drawn for an entity."""

    __tablename__ = "entity_concept_link"
    paged = False

    entity_in_id: Mapped[UUID] = link("entity")
    entity_out_id: Mapped[UUID] = link("entity")


class EntityVersion(TimestampedRow, Base):
    """A previous version of a shot."""

    __tablename__ = "entity_version"
    paged = False

    name: Mapped[str] = text(160)
    data: Mapped[Any] = json_column(dict[str, Any])
    entity_id: Mapped[UUID | None] = link("entity")
    person_id: Mapped[UUID | None] = ref("auth.person", on_gone="null")


class AssetInstance(TimestampedRow, Base):
    """A numbered copy of an asset in a scene or in another asset."""

    __tablename__ = "asset_instance"
    __table_args__ = (sa.UniqueConstraint("asset_id", "target_asset_id", "scene_id", "number"),)

    asset_id: Mapped[UUID] = link("entity", index=False)
    name: Mapped[str | None] = text(80)
    number: Mapped[int | None]
    description: Mapped[str | None] = text(200)
    active: Mapped[bool | None] = mapped_column(default=True)
    data: Mapped[Any] = json_column(dict[str, Any])
    scene_id: Mapped[UUID | None] = link("entity")
    target_asset_id: Mapped[UUID | None] = link("entity")
    entity_id: Mapped[UUID | None] = link("entity", on_gone="null")
    entity_type_id: Mapped[UUID | None] = link("entity_type", on_gone="null")


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

    project_id: Mapped[UUID] = ref("crud.project")
    entity_type: Mapped[str] = text(60)
    task_type_id: Mapped[UUID | None] = ref("tasks.task_type")
    name: Mapped[str] = text(120)
    data_type: Mapped[str | None] = choice(*get_args(Kind), invalid="Invalid data_type")
    field_name: Mapped[str] = text(120)
    choices: Mapped[Any] = json_column(list[str | int | float])
    for_client: Mapped[bool | None] = mapped_column(default=False)
    position: Mapped[int | None]


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
    "entities_out": Many(_casting.c.entity_in_id, _casting.c.entity_out_id, writable=False),
    "entities_in": Many(_casting.c.entity_out_id, _casting.c.entity_in_id, writable=False),
    "entity_concept_links": Many(
        _concepts.c.entity_in_id, _concepts.c.entity_out_id, writable=False
    ),
    "instance_casting": Many(
        asset_instance_link.c.entity_id, asset_instance_link.c.asset_instance_id, writable=False
    ),
}
AssetInstance.lists = {
    "shots": Many(
        asset_instance_link.c.asset_instance_id, asset_instance_link.c.entity_id, writable=False
    ),
}
MetadataDescriptor.lists = {
    "departments": Many(
        department_metadata_descriptor_link.c.metadata_descriptor_id,
        department_metadata_descriptor_link.c.department_id,
    ),
}
