"""Tables of the studio's records."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.common import db
from services.common.db import Many, Row, choice, link, links, new_metadata, ref, table_of, text
from services.common.permissions import ROLES

STYLES = (
    "2d", "2dpaper", "3d", "2d3d", "ar", "vfx", "stop-motion", "motion-design", "archviz",
    "commercial", "catalog", "immersive", "nft", "video-game", "vr",
)  # fmt: skip


Day = date  # DayOff has a column called date


class Base(db.Base):
    """Root of the tables of this service."""

    __abstract__ = True
    metadata = new_metadata()


class ProjectStatus(Row, Base):
    """Whether a production is open or closed."""

    __tablename__ = "project_status"

    name: Mapped[str] = text(20, unique=True)
    color: Mapped[str] = text(7)


class Project(Row, Base):
    """A production: a film, a series, a commercial."""

    __tablename__ = "project"

    name: Mapped[str] = text(80, unique=True)
    code: Mapped[str | None] = text(80)
    description: Mapped[str | None] = text()
    shotgun_id: Mapped[int | None]
    file_tree: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    data: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    has_avatar: Mapped[bool | None] = mapped_column(default=False)
    fps: Mapped[str | None] = text(10, default="25")
    ratio: Mapped[str | None] = text(10, default="16:9")
    resolution: Mapped[str | None] = text(12, default="1920x1080")
    production_type: Mapped[str | None] = text(20, default="short")
    production_style: Mapped[str] = choice(
        *STYLES, default="2d3d", invalid="Invalid production_style"
    )
    start_date: Mapped[date | None]
    end_date: Mapped[date | None]
    man_days: Mapped[int | None]
    nb_episodes: Mapped[int | None] = mapped_column(default=0)
    episode_span: Mapped[int | None] = mapped_column(default=0)
    max_retakes: Mapped[int | None] = mapped_column(default=0)
    is_clients_isolated: Mapped[bool | None] = mapped_column(default=False)
    is_preview_download_allowed: Mapped[bool | None] = mapped_column(default=False)
    is_set_preview_automated: Mapped[bool | None] = mapped_column(default=False)
    homepage: Mapped[str | None] = text(80, default="assets")
    is_publish_default_for_artists: Mapped[bool | None] = mapped_column(default=False)
    is_bot_collaboration_enabled: Mapped[bool | None] = mapped_column(default=False)
    is_single_preview_per_revision: Mapped[bool | None] = mapped_column(default=False)
    is_frame_in_numbering: Mapped[bool | None] = mapped_column(default=False)
    revision_padding: Mapped[int] = mapped_column(default=0)
    hd_bitrate_compression: Mapped[int | None] = mapped_column(default=28)
    ld_bitrate_compression: Mapped[int | None] = mapped_column(default=6)
    project_status_id: Mapped[UUID | None] = link("project_status", on_gone="null")
    default_preview_background_file_id: Mapped[UUID | None] = link(
        "preview_background_file", on_gone="null"
    )
    from_schedule_version_id: Mapped[UUID | None] = link(
        "production_schedule_version", on_gone="null", use_alter=True
    )


class ProjectTaskTypeLink(Row, Base):
    """A task type used in a production, and its place."""

    __tablename__ = "project_task_type_link"
    __table_args__ = (sa.UniqueConstraint("project_id", "task_type_id"),)

    project_id: Mapped[UUID] = link("project", index=False)
    task_type_id: Mapped[UUID] = ref("tasks.task_type")
    priority: Mapped[int | None]


class ProjectTaskStatusLink(Row, Base):
    """A task status used in a production, and on whose boards."""

    __tablename__ = "project_task_status_link"
    __table_args__ = (sa.UniqueConstraint("project_id", "task_status_id"),)

    project_id: Mapped[UUID] = link("project", index=False)
    task_status_id: Mapped[UUID] = ref("tasks.task_status")
    priority: Mapped[int | None]
    roles_for_board: Mapped[list[str] | None] = mapped_column(
        default=lambda: ["user", "admin", "supervisor", "manager", "vendor"]
    )


class ProjectTemplate(Row, Base):
    """What new productions may start from."""

    __tablename__ = "project_template"

    name: Mapped[str] = text(80, unique=True)
    description: Mapped[str | None] = text()
    fps: Mapped[str | None] = text(10, default="25")
    ratio: Mapped[str | None] = text(10, default="16:9")
    resolution: Mapped[str | None] = text(12, default="1920x1080")
    production_type: Mapped[str | None] = text(20, default="short")
    production_style: Mapped[str] = choice(*STYLES, default="2d3d")
    max_retakes: Mapped[int | None] = mapped_column(default=0)
    is_clients_isolated: Mapped[bool | None] = mapped_column(default=False)
    is_preview_download_allowed: Mapped[bool | None] = mapped_column(default=False)
    is_set_preview_automated: Mapped[bool | None] = mapped_column(default=False)
    is_publish_default_for_artists: Mapped[bool | None] = mapped_column(default=False)
    is_single_preview_per_revision: Mapped[bool | None] = mapped_column(default=False)
    is_frame_in_numbering: Mapped[bool | None] = mapped_column(default=False)
    revision_padding: Mapped[int] = mapped_column(default=0)
    homepage: Mapped[str | None] = text(80, default="assets")
    hd_bitrate_compression: Mapped[int | None] = mapped_column(default=28)
    ld_bitrate_compression: Mapped[int | None] = mapped_column(default=6)
    file_tree: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    data: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    metadata_descriptors: Mapped[Any] = mapped_column(
        JSONB(none_as_null=True), default=list, nullable=True, info={"shape": list}
    )
    default_preview_background_file_id: Mapped[UUID | None] = link(
        "preview_background_file", on_gone="null"
    )


class ProjectTemplateTaskTypeLink(Row, Base):
    """A task type of a template, and its place."""

    __tablename__ = "project_template_task_type_link"

    project_template_id: Mapped[UUID] = link("project_template")
    task_type_id: Mapped[UUID] = ref("tasks.task_type")
    priority: Mapped[int | None]


class ProjectTemplateTaskStatusLink(Row, Base):
    """A task status of a template, and on whose boards."""

    __tablename__ = "project_template_task_status_link"

    project_template_id: Mapped[UUID] = link("project_template")
    task_status_id: Mapped[UUID] = ref("tasks.task_status")
    priority: Mapped[int | None]
    roles_for_board: Mapped[list[str] | None]


class Playlist(Row, Base):
    """Previews put in order for a review."""

    __tablename__ = "playlist"
    __table_args__ = (sa.UniqueConstraint("name", "project_id", "episode_id"),)

    name: Mapped[str] = text(80)
    shots: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    project_id: Mapped[UUID | None] = link("project")
    episode_id: Mapped[UUID | None] = ref("assets.entity", on_gone="null")
    task_type_id: Mapped[UUID | None] = ref("tasks.task_type", on_gone="null")
    for_client: Mapped[bool | None] = mapped_column(default=False)
    for_entity: Mapped[str | None] = text(10, default="shot")
    is_for_all: Mapped[bool | None] = mapped_column(default=False)
    created_by: Mapped[UUID | None] = ref("auth.person", on_gone="null")


class PlaylistShareLink(Row, Base):
    """A link by which guests see a playlist."""

    __tablename__ = "playlist_share_link"

    token: Mapped[str] = text(64, unique=True)
    playlist_id: Mapped[UUID] = link("playlist")
    created_by: Mapped[UUID] = ref("auth.person")
    expiration_date: Mapped[datetime | None]
    is_active: Mapped[bool]
    can_comment: Mapped[bool]
    password: Mapped[str | None] = text()


class BuildJob(Row, Base):
    """The making of a movie or archive of a playlist."""

    __tablename__ = "build_job"

    status: Mapped[str] = choice("running", "failed", "succeeded", default="running")
    job_type: Mapped[str] = choice("archive", "movie", default="movie")
    ended_at: Mapped[datetime | None]
    playlist_id: Mapped[UUID] = link("playlist")


class ScheduleItem(Row, Base):
    """When a task type is worked on, in all or for one sequence."""

    __tablename__ = "schedule_item"
    __table_args__ = (sa.UniqueConstraint("project_id", "task_type_id", "object_id"),)

    start_date: Mapped[date | None]
    end_date: Mapped[date | None]
    man_days: Mapped[int | None]
    project_id: Mapped[UUID | None] = link("project", index=False)
    task_type_id: Mapped[UUID | None] = ref("tasks.task_type")
    object_id: Mapped[UUID | None]


class Milestone(Row, Base):
    """A date that a production must keep."""

    __tablename__ = "milestone"

    date: Mapped[date | None]
    name: Mapped[str] = text(40)
    project_id: Mapped[UUID | None] = link("project")
    task_type_id: Mapped[UUID | None] = ref("tasks.task_type", on_gone="null")


class ProductionScheduleVersion(Row, Base):
    """A plan of a production, kept beside others."""

    __tablename__ = "production_schedule_version"
    __table_args__ = (sa.UniqueConstraint("name", "project_id"),)

    name: Mapped[str] = text(80)
    project_id: Mapped[UUID] = link("project")
    production_schedule_from: Mapped[UUID | None] = link(
        "production_schedule_version", on_gone="null"
    )
    locked: Mapped[bool | None] = mapped_column(default=False)
    canceled: Mapped[bool | None] = mapped_column(default=False)


class ProductionScheduleVersionTaskLink(Row, Base):
    """When a task is done according to a plan."""

    __tablename__ = "production_schedule_version_task_link"
    __table_args__ = (sa.UniqueConstraint("production_schedule_version_id", "task_id"),)

    production_schedule_version_id: Mapped[UUID] = link("production_schedule_version", index=False)
    task_id: Mapped[UUID] = ref("tasks.task")
    start_date: Mapped[datetime | None]
    due_date: Mapped[datetime | None]
    estimation: Mapped[float | None] = mapped_column(default=0)


class SearchFilterGroup(Row, Base):
    """A folder of saved searches."""

    __tablename__ = "search_filter_group"

    list_type: Mapped[str] = text(80)
    entity_type: Mapped[str | None] = text(80)
    name: Mapped[str] = text(200, default="")
    color: Mapped[str] = text(8, default="")
    is_shared: Mapped[bool] = mapped_column(default=False)
    person_id: Mapped[UUID | None] = ref("auth.person")
    project_id: Mapped[UUID | None] = link("project")
    department_id: Mapped[UUID | None] = ref("auth.department")


class SearchFilter(Row, Base):
    """A saved search."""

    __tablename__ = "search_filter"

    list_type: Mapped[str] = text(80)
    entity_type: Mapped[str | None] = text(80)
    name: Mapped[str] = text(200, default="")
    search_query: Mapped[str] = text(500, default="")
    is_shared: Mapped[bool] = mapped_column(default=False)
    department_id: Mapped[UUID | None] = ref("auth.department")
    search_filter_group_id: Mapped[UUID | None] = link("search_filter_group", on_gone="null")
    person_id: Mapped[UUID | None] = ref("auth.person")
    project_id: Mapped[UUID | None] = link("project")


class FileStatus(Row, Base):
    """How far an output file is."""

    __tablename__ = "file_status"

    name: Mapped[str] = text(40, unique=True)
    color: Mapped[str] = text(7)


class OutputType(Row, Base):
    """What an output file holds."""

    __tablename__ = "output_type"

    name: Mapped[str] = text(40, unique=True)
    short_name: Mapped[str] = text(20)


class Software(Row, Base):
    """A program the studio works with."""

    __tablename__ = "software"

    name: Mapped[str] = text(40, unique=True)
    short_name: Mapped[str] = text(20)
    archived: Mapped[bool | None] = mapped_column(default=False)
    version: Mapped[str | None] = text(20)
    file_extension: Mapped[str] = text(20)
    secondary_extensions: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    monthly_cost: Mapped[int | None] = mapped_column(default=0)
    inventory_amount: Mapped[int | None] = mapped_column(default=0)


class SoftwareDepartmentLink(Row, Base):
    """A program that a department uses."""

    __tablename__ = "software_department_link"
    __table_args__ = (sa.UniqueConstraint("department_id", "software_id"),)

    department_id: Mapped[UUID] = ref("auth.department", index=False)
    software_id: Mapped[UUID] = link("software")


class HardwareItem(Row, Base):
    """A machine the studio works with."""

    __tablename__ = "hardware_item"

    name: Mapped[str] = text(40, unique=True)
    short_name: Mapped[str] = text(20)
    archived: Mapped[bool | None] = mapped_column(default=False)
    monthly_cost: Mapped[int | None] = mapped_column(default=0)
    inventory_amount: Mapped[int | None] = mapped_column(default=0)


class HardwareItemDepartmentLink(Row, Base):
    """A machine that a department uses."""

    __tablename__ = "hardware_item_department_link"
    __table_args__ = (sa.UniqueConstraint("hardware_item_id", "department_id"),)

    department_id: Mapped[UUID] = ref("auth.department")
    hardware_item_id: Mapped[UUID] = link("hardware_item", index=False)


class WorkingFile(Row, Base):
    """A file somebody works in."""

    __tablename__ = "working_file"
    __table_args__ = (sa.UniqueConstraint("name", "task_id", "entity_id", "revision"),)

    shotgun_id: Mapped[int | None]
    name: Mapped[str | None] = text(250)
    description: Mapped[str | None] = text()
    comment: Mapped[str | None] = text()
    revision: Mapped[int | None]
    size: Mapped[int | None]
    checksum: Mapped[int | None]
    path: Mapped[str | None] = text(400)
    data: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    task_id: Mapped[UUID | None] = ref("tasks.task")
    entity_id: Mapped[UUID | None] = ref("assets.entity")
    person_id: Mapped[UUID | None] = ref("auth.person", on_gone="null")
    software_id: Mapped[UUID | None] = link("software", on_gone="null")


class OutputFile(Row, Base):
    """A file made from a working file."""

    __tablename__ = "output_file"
    __table_args__ = (
        sa.UniqueConstraint(
            "name",
            "entity_id",
            "asset_instance_id",
            "output_type_id",
            "task_type_id",
            "temporal_entity_id",
            "representation",
            "revision",
        ),
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
    data: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    file_status_id: Mapped[UUID] = link("file_status")
    entity_id: Mapped[UUID | None] = ref("assets.entity")
    asset_instance_id: Mapped[UUID | None] = ref("assets.asset_instance")
    output_type_id: Mapped[UUID | None] = link("output_type", on_gone="null")
    task_type_id: Mapped[UUID | None] = ref("tasks.task_type", on_gone="null")
    person_id: Mapped[UUID | None] = ref("auth.person", on_gone="null")
    source_file_id: Mapped[UUID | None] = link("working_file", on_gone="null")
    temporal_entity_id: Mapped[UUID | None] = ref("assets.entity", on_gone="null")


class CustomAction(Row, Base):
    """A studio's own button in the web interface."""

    __tablename__ = "custom_action"

    name: Mapped[str] = text(80)
    url: Mapped[str | None] = text(400)
    entity_type: Mapped[str | None] = text(40, default="all")
    is_ajax: Mapped[bool | None] = mapped_column(default=False)


class DayOff(Row, Base):
    """Days on which a person is away."""

    __tablename__ = "day_off"
    __table_args__ = (
        sa.UniqueConstraint("person_id", "date"),
        sa.CheckConstraint("date <= end_date", name="period"),
    )

    date: Mapped[Day]
    end_date: Mapped[Day]
    description: Mapped[str | None] = text()
    person_id: Mapped[UUID | None] = ref("auth.person", index=False)


class Budget(Row, Base):
    """What a production may cost, one row a revision."""

    __tablename__ = "budget"

    project_id: Mapped[UUID | None] = link("project")
    revision: Mapped[int] = mapped_column(default=1)
    name: Mapped[str] = text(255)
    currency: Mapped[str | None] = text(3)


class BudgetEntry(Row, Base):
    """What one person or position costs."""

    __tablename__ = "budget_entry"

    budget_id: Mapped[UUID] = link("budget")
    department_id: Mapped[UUID] = ref("auth.department")
    person_id: Mapped[UUID | None] = ref("auth.person", on_gone="null")
    start_date: Mapped[date]
    months_duration: Mapped[int]
    daily_salary: Mapped[float]
    position: Mapped[str | None] = choice("supervisor", "lead", "artist", default="artist")
    seniority: Mapped[str | None] = choice("senior", "mid", "junior", default="mid")
    exceptions: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)


class SalaryScale(Row, Base):
    """What a position costs a day."""

    __tablename__ = "salary_scale"

    department_id: Mapped[UUID] = ref("auth.department")
    position: Mapped[str | None] = choice("supervisor", "lead", "artist", default="artist")
    seniority: Mapped[str | None] = choice("senior", "mid", "junior", default="mid")
    salary: Mapped[int] = mapped_column(default=0)


class PreviewBackgroundFile(Row, Base):
    """A picture or light that models are shown before."""

    __tablename__ = "preview_background_file"

    name: Mapped[str] = text(40)
    archived: Mapped[bool | None] = mapped_column(default=False)
    is_default: Mapped[bool | None] = mapped_column(default=False)
    original_name: Mapped[str | None] = text(250)
    extension: Mapped[str | None] = text(6)
    file_size: Mapped[int | None] = mapped_column(sa.BigInteger, default=0)


class ApiEvent(Row, Base):
    """An event as the log keeps it."""

    __tablename__ = "api_event"
    __table_args__ = (sa.Index(None, "created_at"),)

    name: Mapped[str] = text(80)
    user_id: Mapped[UUID | None] = mapped_column(index=True)
    project_id: Mapped[UUID | None] = mapped_column(index=True)
    data: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)


class Plugin(Row, Base):
    """An extension that is installed."""

    __tablename__ = "plugin"

    plugin_id: Mapped[str] = text(80, unique=True)
    name: Mapped[str] = text(80)
    description: Mapped[str | None] = text()
    version: Mapped[str] = text(50)
    maintainer_name: Mapped[str] = text(200)
    maintainer_email: Mapped[str | None] = text(255)
    website: Mapped[str | None] = text()
    license: Mapped[str] = text(80)
    revision: Mapped[str | None] = text(12)
    frontend_project_enabled: Mapped[bool | None] = mapped_column(default=False)
    frontend_studio_enabled: Mapped[bool | None] = mapped_column(default=False)
    icon: Mapped[str | None] = text(255)


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
production_schedule_version_task_link_person_link = links(
    Base.metadata,
    "production_schedule_version_task_link_person_link",
    ("production_schedule_version_task_link_id", "production_schedule_version_task_link"),
    ("person_id", "auth.person"),
)
project_person_link = links(
    Base.metadata,
    "project_person_link",
    ("project_id", "project"),
    ("person_id", "auth.person"),
    sa.Column("shotgun_id", sa.Integer),
    sa.Column("role", sa.Text, info={"choices": ROLES}),
)

_outputs, _jobs = table_of(OutputFile), table_of(BuildJob)
_types, _statuses = table_of(ProjectTaskTypeLink), table_of(ProjectTaskStatusLink)
_template_types = table_of(ProjectTemplateTaskTypeLink)
_template_statuses = table_of(ProjectTemplateTaskStatusLink)


def _linked(table: sa.Table, own: str, other: str) -> Many:
    return Many(table.c[own], table.c[other])


Project.lists = {
    "team": _linked(project_person_link, "project_id", "person_id"),
    "asset_types": _linked(project_asset_type_link, "project_id", "asset_type_id"),
    "task_types": _linked(_types, "project_id", "task_type_id"),
    "task_statuses": _linked(_statuses, "project_id", "task_status_id"),
    "status_automations": _linked(
        project_status_automation_link, "project_id", "status_automation_id"
    ),
    "preview_background_files": _linked(
        project_preview_background_file_link, "project_id", "preview_background_file_id"
    ),
}
ProjectTemplate.lists = {
    "asset_types": _linked(
        project_template_asset_type_link, "project_template_id", "asset_type_id"
    ),
    "task_types": _linked(_template_types, "project_template_id", "task_type_id"),
    "task_statuses": _linked(_template_statuses, "project_template_id", "task_status_id"),
    "status_automations": _linked(
        project_template_status_automation_link, "project_template_id", "status_automation_id"
    ),
    "preview_background_files": _linked(
        project_template_preview_background_file_link,
        "project_template_id",
        "preview_background_file_id",
    ),
}
Playlist.lists = {"build_jobs": Many(_jobs.c.playlist_id, _jobs.c.id, writable=False)}
ProductionScheduleVersionTaskLink.lists = {
    "assignees": _linked(
        production_schedule_version_task_link_person_link,
        "production_schedule_version_task_link_id",
        "person_id",
    ),
}
WorkingFile.lists = {"outputs": Many(_outputs.c.source_file_id, _outputs.c.id, writable=False)}
