"""What a client loads at start."""

from __future__ import annotations

from typing import Annotated, ClassVar

from services.common.contracts.assets.entities import AssetTypeRow
from services.common.contracts.auth.people import DepartmentRow, PersonRow, StudioRow
from services.common.contracts.crud.productions import OpenProduction, Role
from services.common.contracts.crud.saved_searches import GroupsByList, SearchesByList
from services.common.contracts.tasks.workflow import (
    StatusAutomationRow,
    TaskStatusRow,
    TaskTypeRow,
)
from services.common.contracts.types import UNSET, Answer, RowOf, UnsetType, about


class ProductionStatusRow(RowOf, kw_only=True):
    """Whether a production is open or closed."""

    resource: ClassVar[str] = "project-status"


class CustomActionRow(RowOf, kw_only=True):
    """A button that a studio adds to its client."""

    resource: ClassVar[str] = "custom-actions"


class BackgroundRow(RowOf, kw_only=True):
    """A picture or an environment map behind 3D previews."""

    resource: ClassVar[str] = "preview-background-files"


class PluginRow(RowOf, kw_only=True):
    """An installed plugin."""

    resource: ClassVar[str] = "plugins"


class Context(Answer, kw_only=True):
    """What a client loads at start, as the caller may see it."""

    persons: Annotated[
        list[PersonRow], about("All people but guests; only managers see all fields of them.")
    ]
    departments: list[DepartmentRow]
    studios: list[StudioRow]
    user_limit: Annotated[
        int | UnsetType, about("For administrators: as many people may be active.", 100)
    ] = UNSET
    projects: Annotated[list[OpenProduction], about("The caller's open productions, by name.")]
    project_status: list[ProductionStatusRow]
    project_roles: Annotated[
        dict[str, Role], about("The caller's roles in productions, by the production's id.")
    ]
    asset_types: list[AssetTypeRow]
    task_types: list[TaskTypeRow]
    task_status: list[TaskStatusRow]
    status_automations: list[StatusAutomationRow]
    notification_count: Annotated[int, about("How many notifications the caller hasn't read.", 3)]
    custom_actions: list[CustomActionRow]
    preview_background_files: list[BackgroundRow]
    plugins: list[PluginRow]
    search_filters: SearchesByList
    search_filter_groups: GroupsByList
