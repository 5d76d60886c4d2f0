"""Tables of productions, their settings and teams, and the templates they start from."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from services.common.actor import ROLES
from services.common.database.tables import (
    TimestampedRow,
    choice,
    column,
    json_column,
    link,
    links,
    ref,
    shotgrid_id,
    table_of,
    text,
)
from services.crud.models.base import Base, linked

STYLES = (
    "2d",
    "2dpaper",
    "3d",
    "2d3d",
    "ar",
    "vfx",
    "stop-motion",
    "motion-design",
    "archviz",
    "commercial",
    "catalog",
    "immersive",
    "nft",
    "video-game",
    "vr",
)


#: On whose boards a task status stands unless a production says otherwise.
BOARD_ROLES = ("user", "admin", "supervisor", "manager", "vendor")


def shown_to_clients(*, doc: str) -> Mapped[Any]:
    """Whether clients are shown something; true in rows that the release before writes, too."""
    return column(sa.Boolean(), nullable=True, default=True, server_default=sa.true(), doc=doc)


class TypeSettings:
    """How a production or a template uses a task type."""

    priority: Mapped[int | None] = column(doc="Its place in lists; null: none.", example=2)
    hd_bitrate_compression: Mapped[int | None] = column(
        doc="The bit rate of its movies in full quality, in Mbit/s; null: the production's.",
        example=28,
    )
    ld_bitrate_compression: Mapped[int | None] = column(
        doc="The bit rate of its movies in low quality, in Mbit/s; null: the production's.",
        example=6,
    )
    is_client_visible: Mapped[bool | None] = shown_to_clients(doc="Whether clients see its tasks.")


class StatusSettings:
    """How a production or a template uses a task status."""

    priority: Mapped[int | None] = column(doc="Its place in lists; null: none.", example=2)
    roles_for_board: Mapped[list[str] | None] = column(
        default=lambda: list(BOARD_ROLES),
        doc="The roles whose boards show it.",
        example=["user", "supervisor"],
    )
    is_client_allowed: Mapped[bool | None] = column(
        doc="Whether clients set it; null: as the status says."
    )


class ProductionSettings:
    """Settings that productions and templates share; a new production copies its template's."""

    fps: Mapped[str | None] = text(
        10, default="25", doc="Frames per second, as text.", example="25"
    )
    ratio: Mapped[str | None] = text(
        10, default="16:9", doc="The ratio of a picture's width to its height.", example="16:9"
    )
    resolution: Mapped[str | None] = text(
        12, default="1920x1080", doc="A picture's width and height in pixels.", example="1920x1080"
    )
    production_type: Mapped[str | None] = text(
        20, default="short", doc="What is produced; `tvshow` has episodes.", example="short"
    )
    max_retakes: Mapped[int | None] = column(
        default=0,
        doc="How often a task may have to be done again; 0 is as often as needed.",
        example=3,
    )
    is_clients_isolated: Mapped[bool | None] = column(
        default=False, doc="Whether clients see their own comments only."
    )
    is_preview_download_allowed: Mapped[bool | None] = column(
        default=False, doc="Whether artists may download previews."
    )
    is_set_preview_automated: Mapped[bool | None] = column(
        default=False, doc="Whether a new preview at once stands for its entity in lists."
    )
    is_publish_default_for_artists: Mapped[bool | None] = column(
        default=False, doc="Whether artists' comments offer to publish a preview at first."
    )
    is_single_preview_per_revision: Mapped[bool | None] = column(
        default=False, doc="Whether a revision has one preview only."
    )
    is_frame_in_numbering: Mapped[bool | None] = column(
        default=False, doc="Whether frames are numbered from a shot's first one instead of from 0."
    )
    revision_padding: Mapped[int] = column(
        default=0, doc="How many digits a revision's number has at least.", example=3
    )
    homepage: Mapped[str | None] = text(
        80,
        default="assets",
        doc="The page that the interface opens the production with.",
        example="assets",
    )
    hd_bitrate_compression: Mapped[int | None] = column(
        doc="The bit rate of movies in full quality, in Mbit/s; null: the server's setting.",
        example=28,
    )
    ld_bitrate_compression: Mapped[int | None] = column(
        doc="The bit rate of movies in low quality, in Mbit/s; null: the server's setting.",
        example=6,
    )
    is_client_stats_visible: Mapped[bool | None] = shown_to_clients(
        doc="Whether clients see the statistics."
    )
    is_client_task_list_visible: Mapped[bool | None] = shown_to_clients(
        doc="Whether clients see lists of tasks."
    )
    is_client_task_panel_visible: Mapped[bool | None] = shown_to_clients(
        doc="Whether clients see a task's panel."
    )
    file_tree: Mapped[Any] = json_column(
        dict[str, Any],
        doc="Free JSON: the templates of the paths of its files.",
        example={"working": {"mountpoint": "/prod"}},
    )
    data: Mapped[Any] = json_column(
        dict[str, Any],
        doc="Free JSON: the production's own columns, by their field names.",
        example={"distributor": "North"},
    )


class ProjectStatus(TimestampedRow, Base):
    """Whether a production is open or closed."""

    __tablename__ = "project_status"

    name: Mapped[str] = text(20, unique=True, doc="Its name, unique.", example="Open")
    color: Mapped[str] = text(7, doc="Its color in the interface, as #RRGGBB.", example="#22D160")


class Project(ProductionSettings, TimestampedRow, Base):
    """A production: a film, a series, a commercial."""

    __tablename__ = "project"

    name: Mapped[str] = text(80, unique=True, doc="Its name, unique.", example="Lighthouse")
    code: Mapped[str | None] = text(80, doc="A code of the studio's own.", example="LHS")
    description: Mapped[str | None] = text(
        doc="What it is about.", example="A keeper and her light."
    )
    shotgun_id: Mapped[int | None] = shotgrid_id()
    has_avatar: Mapped[bool | None] = column(default=False, doc="Whether there is a picture of it.")
    production_style: Mapped[str] = choice(
        *STYLES,
        default="2d3d",
        invalid="Invalid production_style",
        doc="How its pictures are made.",
    )
    start_date: Mapped[date | None] = column(doc="Its first day.", example="2026-01-05")
    end_date: Mapped[date | None] = column(doc="Its last day.", example="2026-06-30")
    man_days: Mapped[int | None] = column(doc="How many days of work it takes.", example=420)
    nb_episodes: Mapped[int | None] = column(default=0, doc="How many episodes it has.", example=0)
    episode_span: Mapped[int | None] = column(
        default=0, doc="How many days lie between the ends of two episodes.", example=0
    )
    is_bot_collaboration_enabled: Mapped[bool | None] = column(
        default=False, doc="Whether bots may be given its tasks."
    )
    project_status_id: Mapped[UUID | None] = link(
        "project_status", on_gone="null", doc="Whether it is open or closed, as a project status."
    )
    default_preview_background_file_id: Mapped[UUID | None] = link(
        "preview_background_file",
        on_gone="null",
        doc="The background that 3D previews have at first.",
    )
    # ``use_alter``: versions reference their production, so neither table can be made first.
    from_schedule_version_id: Mapped[UUID | None] = link(
        "production_schedule_version",
        on_gone="null",
        use_alter=True,
        doc="The schedule version that its dates were taken from.",
    )


class ProjectTaskTypeLink(TypeSettings, TimestampedRow, Base):
    """A task type of a production, with its priority."""

    __tablename__ = "project_task_type_link"
    paged = False
    __table_args__ = (sa.UniqueConstraint("project_id", "task_type_id"),)

    project_id: Mapped[UUID] = link("project", on_gone="part", index=False)
    task_type_id: Mapped[UUID] = ref("tasks.task_type", on_gone="part")


class ProjectTaskTypeSoftwareLink(TimestampedRow, Base):
    """Software with which a production works on a task type."""

    __tablename__ = "project_task_type_software_link"
    paged = False
    __table_args__ = (sa.UniqueConstraint("project_id", "task_type_id", "software_id"),)

    project_id: Mapped[UUID] = link("project", on_gone="part", index=False)
    task_type_id: Mapped[UUID] = ref("tasks.task_type", on_gone="part")
    software_id: Mapped[UUID] = link("software", on_gone="part")


class ProjectTaskStatusLink(StatusSettings, TimestampedRow, Base):
    """A task status of a production, with its priority and the roles whose boards show it."""

    __tablename__ = "project_task_status_link"
    paged = False
    __table_args__ = (sa.UniqueConstraint("project_id", "task_status_id"),)

    project_id: Mapped[UUID] = link("project", on_gone="part", index=False)
    task_status_id: Mapped[UUID] = ref("tasks.task_status", on_gone="part")


class ProjectTemplate(ProductionSettings, TimestampedRow, Base):
    """A template, from which a new production copies its settings and links."""

    __tablename__ = "project_template"

    name: Mapped[str] = text(80, unique=True, doc="Its name, unique.", example="Short film")
    description: Mapped[str | None] = text(
        doc="What it is for.", example="Films of up to ten minutes."
    )
    production_style: Mapped[str] = choice(
        *STYLES, default="2d3d", doc="How the pictures are made."
    )
    metadata_descriptors: Mapped[Any] = json_column(
        list[dict[str, Any]],
        default=list,
        doc="The columns that a production made from it gets.",
        example=[{"name": "Weather", "entity_type": "Asset"}],
    )
    default_preview_background_file_id: Mapped[UUID | None] = link(
        "preview_background_file",
        on_gone="null",
        doc="The background that 3D previews have at first.",
    )


class ProjectTemplateTaskTypeLink(TypeSettings, TimestampedRow, Base):
    """A task type of a template, with its priority."""

    __tablename__ = "project_template_task_type_link"
    paged = False
    # An index, and no constraint: it is built while others write.
    __table_args__ = (
        sa.Index(
            "uq_project_template_task_type_link", "project_template_id", "task_type_id", unique=True
        ),
    )

    project_template_id: Mapped[UUID] = link("project_template", on_gone="part", index=False)
    task_type_id: Mapped[UUID] = ref("tasks.task_type", on_gone="part")


class ProjectTemplateTaskStatusLink(StatusSettings, TimestampedRow, Base):
    """A task status of a template, with its priority and the roles whose boards show it."""

    __tablename__ = "project_template_task_status_link"
    paged = False
    # An index, and no constraint: it is built while others write.
    __table_args__ = (
        sa.Index(
            "uq_project_template_task_status_link",
            "project_template_id",
            "task_status_id",
            unique=True,
        ),
    )

    project_template_id: Mapped[UUID] = link("project_template", on_gone="part", index=False)
    task_status_id: Mapped[UUID] = ref("tasks.task_status", on_gone="part")


project_asset_type_link = links(
    Base.metadata,
    "project_asset_type_link",
    ("project_id", "project"),
    ("asset_type_id", "assets.entity_type"),
)
project_status_automation_link = links(
    Base.metadata,
    "project_status_automation_link",
    ("project_id", "project"),
    ("status_automation_id", "tasks.status_automation"),
)
project_preview_background_file_link = links(
    Base.metadata,
    "project_preview_background_file_link",
    ("project_id", "project"),
    ("preview_background_file_id", "preview_background_file"),
)
project_template_asset_type_link = links(
    Base.metadata,
    "project_template_asset_type_link",
    ("project_template_id", "project_template"),
    ("asset_type_id", "assets.entity_type"),
)
project_template_status_automation_link = links(
    Base.metadata,
    "project_template_status_automation_link",
    ("project_template_id", "project_template"),
    ("status_automation_id", "tasks.status_automation"),
)
project_template_preview_background_file_link = links(
    Base.metadata,
    "project_template_preview_background_file_link",
    ("project_template_id", "project_template"),
    ("preview_background_file_id", "preview_background_file"),
)
project_person_link = links(
    Base.metadata,
    "project_person_link",
    ("project_id", "project"),
    ("person_id", "auth.person"),
    sa.Column("shotgun_id", sa.Integer),
    # The role in this production; null for the person's role in the studio.
    sa.Column("role", sa.Text, info={"choices": ROLES}),
)

Project.lists = {
    "team": linked(project_person_link, "project_id", "person_id"),
    "asset_types": linked(project_asset_type_link, "project_id", "asset_type_id"),
    "task_types": linked(table_of(ProjectTaskTypeLink), "project_id", "task_type_id"),
    "task_statuses": linked(table_of(ProjectTaskStatusLink), "project_id", "task_status_id"),
    "status_automations": linked(
        project_status_automation_link, "project_id", "status_automation_id"
    ),
    "preview_background_files": linked(
        project_preview_background_file_link, "project_id", "preview_background_file_id"
    ),
}
ProjectTemplate.lists = {
    "asset_types": linked(project_template_asset_type_link, "project_template_id", "asset_type_id"),
    "task_types": linked(
        table_of(ProjectTemplateTaskTypeLink), "project_template_id", "task_type_id"
    ),
    "task_statuses": linked(
        table_of(ProjectTemplateTaskStatusLink), "project_template_id", "task_status_id"
    ),
    "status_automations": linked(
        project_template_status_automation_link, "project_template_id", "status_automation_id"
    ),
    "preview_background_files": linked(
        project_template_preview_background_file_link,
        "project_template_id",
        "preview_background_file_id",
    ),
}
