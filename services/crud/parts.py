"""What productions and templates use: types, statuses, automations and backgrounds."""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from services.common.crud.validation import default_of
from services.common.database.sql_types import Column, Expression
from services.common.database.tables import table_of
from services.common.json_types import Values
from services.crud import models as m


class Part(NamedTuple):
    """A kind of thing that is used: its owner's table, and the tables that link it."""

    key: str
    service: str
    table: str
    #: The path of its resource, its name in JSON and the word for it.
    path: str
    name: str
    noun: str
    of_projects: sa.Table
    of_templates: sa.Table


TYPES: Final = Part(
    "task_type_id",
    "tasks",
    "task_type",
    "task-types",
    "TaskType",
    "Task type",
    table_of(m.ProjectTaskTypeLink),
    table_of(m.ProjectTemplateTaskTypeLink),
)
STATUSES: Final = Part(
    "task_status_id",
    "tasks",
    "task_status",
    "task-status",
    "TaskStatus",
    "Task status",
    table_of(m.ProjectTaskStatusLink),
    table_of(m.ProjectTemplateTaskStatusLink),
)
ASSET_TYPES: Final = Part(
    "asset_type_id",
    "assets",
    "entity_type",
    "entity-types",
    "EntityType",
    "Asset type",
    m.project_asset_type_link,
    m.project_template_asset_type_link,
)
AUTOMATIONS: Final = Part(
    "status_automation_id",
    "tasks",
    "status_automation",
    "status-automations",
    "StatusAutomation",
    "Status automation",
    m.project_status_automation_link,
    m.project_template_status_automation_link,
)
BACKGROUNDS: Final = Part(
    "preview_background_file_id",
    "crud",
    "preview_background_file",
    "preview-background-files",
    "PreviewBackgroundFile",
    "Preview background file",
    m.project_preview_background_file_link,
    m.project_template_preview_background_file_link,
)
PARTS: Final = (TYPES, STATUSES, ASSET_TYPES, AUTOMATIONS, BACKGROUNDS)
OF_PROJECT, OF_TEMPLATE = "project_id", "project_template_id"
OWN: Final = frozenset({"id", "created_at", "updated_at", OF_PROJECT, OF_TEMPLATE})
#: The settings that a template gives to productions, besides its parts.
SETTINGS: Final = (
    "fps",
    "ratio",
    "resolution",
    "production_type",
    "production_style",
    "max_retakes",
    "is_clients_isolated",
    "is_preview_download_allowed",
    "is_set_preview_automated",
    "is_publish_default_for_artists",
    "homepage",
    "hd_bitrate_compression",
    "ld_bitrate_compression",
    "is_client_stats_visible",
    "is_client_task_list_visible",
    "is_client_task_panel_visible",
    "file_tree",
    "data",
)
BACKGROUND: Final = "default_preview_background_file_id"


def copy_to_project(connection: Connection, template: UUID, project: UUID) -> None:
    """Link to the production what the template uses; what is linked stays as it is."""
    for part in PARTS:
        _copy(connection, (part.of_templates, template), (part.of_projects, project))


def copy_to_template(connection: Connection, project: UUID, template: UUID) -> None:
    """Link to the template what the production uses."""
    for part in PARTS:
        _copy(connection, (part.of_projects, project), (part.of_templates, template))


def link_defaults(link: sa.Table) -> Values:
    """The columns of a new link besides its ends; those with two ids only have none."""
    if "id" not in link.c:
        return {}
    columns = (column for column in link.c if column.name not in {"id", "created_at", "updated_at"})
    return {"id": uuid4(), **{column.name: default_of(column) for column in columns}}


def _copy(
    connection: Connection, source: tuple[sa.Table, UUID], target: tuple[sa.Table, UUID]
) -> None:
    (read, owner), (written, new_owner) = source, target
    columns = {
        name: _or_default(read.c[name], column)
        for name, column in written.c.items()
        if name not in OWN
    }
    columns[_owner(written).name] = sa.literal(new_owner, sa.Uuid)
    if "id" in written.c:
        # Not the column's own default, which makes one id for the whole statement.
        columns["id"] = sa.func.gen_random_uuid()
    rows = sa.select(*columns.values()).where(_owner(read) == owner)
    insertion = insert(written).from_select(list(columns), rows, include_defaults=False)
    connection.execute(insertion.on_conflict_do_nothing())


def _owner(link: sa.Table) -> Column:
    return link.c[OF_PROJECT if OF_PROJECT in link.c else OF_TEMPLATE]


def _or_default(source: Column, target: Column) -> Expression:
    default = default_of(target)
    return source if default is None else sa.func.coalesce(source, sa.literal(default, target.type))
