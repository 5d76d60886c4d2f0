"""Tables of productions, their settings and teams, and the templates they start from."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.common.actor import ROLES
from services.common.database.tables import (
    TimestampedRow,
    choice,
    json_column,
    link,
    links,
    ref,
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


def shown_to_clients() -> Mapped[Any]:
    """Whether clients are shown something; true in rows that the release before writes, too."""
    return mapped_column(sa.Boolean(), nullable=True, default=True, server_default=sa.true())


class TypeSettings:
    """How a production or a template uses a task type."""

    # Null: no place of its own.
    priority: Mapped[int | None]
    # Of the movies of its tasks, in Mbit/s; null: those of the production or template.
    hd_bitrate_compression: Mapped[int | None]
    ld_bitrate_compression: Mapped[int | None]
    is_client_visible: Mapped[bool | None] = shown_to_clients()


class StatusSettings:
    """How a production or a template uses a task status."""

    priority: Mapped[int | None]
    roles_for_board: Mapped[list[str] | None] = mapped_column(default=lambda: list(BOARD_ROLES))
    # Whether clients set it; null: as the status says.
    is_client_allowed: Mapped[bool | None]


class ProductionSettings:
    """Settings that productions and templates share; a new production copies its template's."""

    fps: Mapped[str | None] = text(10, default="25")
    ratio: Mapped[str | None] = text(10, default="16:9")
    resolution: Mapped[str | None] = text(12, default="1920x1080")
    production_type: Mapped[str | None] = text(20, default="short")
    max_retakes: Mapped[int | None] = mapped_column(default=0)
    is_clients_isolated: Mapped[bool | None] = mapped_column(default=False)
    is_preview_download_allowed: Mapped[bool | None] = mapped_column(default=False)
    is_set_preview_automated: Mapped[bool | None] = mapped_column(default=False)
    is_publish_default_for_artists: Mapped[bool | None] = mapped_column(default=False)
    is_single_preview_per_revision: Mapped[bool | None] = mapped_column(default=False)
    is_frame_in_numbering: Mapped[bool | None] = mapped_column(default=False)
    revision_padding: Mapped[int] = mapped_column(default=0)
    homepage: Mapped[str | None] = text(80, default="assets")
    # Of movies, in Mbit/s; null: those of the server's settings.
    hd_bitrate_compression: Mapped[int | None]
    ld_bitrate_compression: Mapped[int | None]
    is_client_stats_visible: Mapped[bool | None] = shown_to_clients()
    is_client_task_list_visible: Mapped[bool | None] = shown_to_clients()
    is_client_task_panel_visible: Mapped[bool | None] = shown_to_clients()
    file_tree: Mapped[Any] = json_column(dict[str, Any])
    data: Mapped[Any] = json_column(dict[str, Any])


class ProjectStatus(TimestampedRow, Base):
    """Whether a production is open or closed."""

    __tablename__ = "project_status"

    name: Mapped[str] = text(20, unique=True)
    color: Mapped[str] = text(7)


class Project(ProductionSettings, TimestampedRow, Base):
    """A production: a film, a series, a commercial."""

    __tablename__ = "project"

    name: Mapped[str] = text(80, unique=True)
    code: Mapped[str | None] = text(80)
    description: Mapped[str | None] = text()
    shotgun_id: Mapped[int | None]
    has_avatar: Mapped[bool | None] = mapped_column(default=False)
    production_style: Mapped[str] = choice(
        *STYLES, default="2d3d", invalid="Invalid production_style"
    )
    start_date: Mapped[date | None]
    end_date: Mapped[date | None]
    man_days: Mapped[int | None]
    nb_episodes: Mapped[int | None] = mapped_column(default=0)
    episode_span: Mapped[int | None] = mapped_column(default=0)
    is_bot_collaboration_enabled: Mapped[bool | None] = mapped_column(default=False)
    project_status_id: Mapped[UUID | None] = link("project_status", on_gone="null")
    default_preview_background_file_id: Mapped[UUID | None] = link(
        "preview_background_file", on_gone="null"
    )
    # ``use_alter``: versions reference their production, so neither table can be made first.
    from_schedule_version_id: Mapped[UUID | None] = link(
        "production_schedule_version", on_gone="null", use_alter=True
    )


class ProjectTaskTypeLink(TypeSettings, TimestampedRow, Base):
    """A task type of a production, with its priority."""

    __tablename__ = "project_task_type_link"
    paged = False
    __table_args__ = (sa.UniqueConstraint("project_id", "task_type_id"),)

    project_id: Mapped[UUID] = link("project", index=False)
    task_type_id: Mapped[UUID] = ref("tasks.task_type")


class ProjectTaskTypeSoftwareLink(TimestampedRow, Base):
    """Software with which a production works on a task type."""

    __tablename__ = "project_task_type_software_link"
    paged = False
    __table_args__ = (sa.UniqueConstraint("project_id", "task_type_id", "software_id"),)

    project_id: Mapped[UUID] = link("project", index=False)
    task_type_id: Mapped[UUID] = ref("tasks.task_type")
    software_id: Mapped[UUID] = link("software")


class ProjectTaskStatusLink(StatusSettings, TimestampedRow, Base):
    """A task status of a production, with its priority and the roles whose boards show it."""

    __tablename__ = "project_task_status_link"
    paged = False
    __table_args__ = (sa.UniqueConstraint("project_id", "task_status_id"),)

    project_id: Mapped[UUID] = link("project", index=False)
    task_status_id: Mapped[UUID] = ref("tasks.task_status")


class ProjectTemplate(ProductionSettings, TimestampedRow, Base):
    """A template, from which a new production copies its settings and links."""

    __tablename__ = "project_template"

    name: Mapped[str] = text(80, unique=True)
    description: Mapped[str | None] = text()
    production_style: Mapped[str] = choice(*STYLES, default="2d3d")
    metadata_descriptors: Mapped[Any] = json_column(list[dict[str, Any]], default=list)
    default_preview_background_file_id: Mapped[UUID | None] = link(
        "preview_background_file", on_gone="null"
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

    project_template_id: Mapped[UUID] = link("project_template", index=False)
    task_type_id: Mapped[UUID] = ref("tasks.task_type")


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

    project_template_id: Mapped[UUID] = link("project_template", index=False)
    task_status_id: Mapped[UUID] = ref("tasks.task_status")


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
