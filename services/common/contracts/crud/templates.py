"""Bodies and answers of project templates."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, Literal

from services.common.contracts.crud.productions import BoardRoles, ClientAllowed, Priority, Shown
from services.common.contracts.tasks.workflow import IdInOrder, TaskStatusRow, TaskTypeRow
from services.common.contracts.types import (
    NOT_BLANK,
    UNSET,
    Answer,
    AnyId,
    Body,
    Id,
    RowOf,
    Timestamped,
    UnsetType,
    about,
)

BitRate = Annotated[
    int | None, about("Of the movies of its tasks, in Mbit/s; null: the template's.", 28)
]
GivenBitRate = (
    Annotated[int, about("Of the movies of its tasks, in Mbit/s; null: the template's.", 28, ge=1)]
    | None
)
NO_COLUMN: Final = "Each metadata descriptor must be an object"
BoardRole = Literal["user", "admin", "supervisor", "manager", "client", "vendor"]


# --- answers --------------------------------------------------------------------------------------


class TemplateRow(RowOf, kw_only=True):
    """A template, from which productions copy their settings."""

    resource: ClassVar[str] = "project-templates"


class TaskTypeOfTemplate(TaskTypeRow, kw_only=True):
    """A task type, and how the template uses it."""

    priority: Priority
    hd_bitrate_compression: BitRate
    ld_bitrate_compression: BitRate
    is_client_visible: Shown


class TaskStatusOfTemplate(TaskStatusRow, kw_only=True):
    """A task status, and how the template uses it."""

    priority: Priority
    roles_for_board: BoardRoles
    link_is_client_allowed: ClientAllowed


class AssetTypeOfTemplate(Answer, kw_only=True):
    """An asset type of a template."""

    id: Id
    name: Annotated[str, about("What it is called.", "Props")]


class BackgroundOfTemplate(Answer, kw_only=True):
    """A preview background of a template."""

    id: Id
    name: Annotated[str, about("What it is called.", "Studio sky")]
    is_default: Annotated[bool | None, about("Whether it is the studio's default.")]


class TaskTypeInTemplate(Timestamped, kw_only=True):
    """The use of a task type by a template."""

    project_template_id: Id
    task_type_id: Id
    priority: Priority
    hd_bitrate_compression: BitRate
    ld_bitrate_compression: BitRate
    is_client_visible: Shown


class TaskStatusInTemplate(Timestamped, kw_only=True):
    """The use of a task status by a template."""

    project_template_id: Id
    task_status_id: Id
    priority: Priority
    roles_for_board: BoardRoles
    is_client_allowed: ClientAllowed


# --- bodies ---------------------------------------------------------------------------------------


class NewTaskTypeOfTemplate(Body, kw_only=True):
    """A task type to use; one that is used already keeps what isn't given."""

    task_type_id: Annotated[AnyId, about("The task type.")]
    priority: Priority = None
    hd_bitrate_compression: Annotated[
        GivenBitRate | UnsetType, about("Given, it sets both bit rates.")
    ] = UNSET
    ld_bitrate_compression: Annotated[
        GivenBitRate | UnsetType, about("Given, it sets both bit rates.")
    ] = UNSET
    is_client_visible: Shown = None


class NewTaskStatusOfTemplate(Body, kw_only=True):
    """A task status to use; one that is used already keeps what isn't given."""

    task_status_id: Annotated[AnyId, about("The task status.")]
    priority: Priority = None
    roles_for_board: Annotated[
        list[BoardRole], about("The roles whose boards show it; none: all but clients.", ["user"])
    ] = []
    is_client_allowed: ClientAllowed | UnsetType = UNSET


class NewAssetTypeOfTemplate(Body, kw_only=True):
    """An asset type to use."""

    asset_type_id: Annotated[AnyId, about("The asset type.")]


class NewAutomationOfTemplate(Body, kw_only=True):
    """A status automation to use."""

    status_automation_id: Annotated[AnyId, about("The automation.")]


class NewBackgroundOfTemplate(Body, kw_only=True):
    """A preview background to use."""

    preview_background_file_id: Annotated[AnyId, about("The background.")]


class DefaultBackground(Body, kw_only=True):
    """Which of the template's preview backgrounds productions start with."""

    default_preview_background_file_id: Annotated[
        Id | None, about("One that the template uses; null: none.")
    ] = None


class SnapshotColumn(Body, kw_only=True):
    """A column that productions made from a template get; kept as given, checked when applied."""

    name: Annotated[str, about("What it is called.", "Weather", only_text=True)] = ""
    field_name: Annotated[
        str | None, about("The key of its values; made from the name by default.", "weather")
    ] = None
    entity_type: Annotated[str | None, about("What has it.", "Shot")] = None
    task_type_id: Annotated[str | None, about("Of tasks only: the tasks that have it.")] = None
    data_type: Annotated[str | None, about("The kind of its values.", "list")] = None
    choices: Annotated[list[Any], about("The values to choose from.", ["sun", "rain"])] = []
    for_client: Annotated[bool, about("Whether clients see it.")] = False
    departments: Annotated[
        list[Any], about("The ids of the departments that it is meant for; nulls are dropped.")
    ] = []
    position: Annotated[int | None, about("Its place among the columns.", 1)] = None


class Snapshot(Body, kw_only=True):
    """The columns of a template, instead of those it had; the array may be sent alone, too."""

    metadata_descriptors: Annotated[
        list[
            Annotated[
                SnapshotColumn,
                about("A column.", invalid=NO_COLUMN),
            ]
        ]
        | None,
        about("The columns in their order; null: none."),
    ]


class NewTemplate(Body, kw_only=True):
    """A template to make from a production."""

    name: Annotated[
        str, about("Unlike any other.", "Feature film", pattern=NOT_BLANK, max_length=80)
    ]
    description: Annotated[str | None, about("In words.", "Two departments")] = None


class TypesOfTemplateInOrder(Body, kw_only=True):
    """Task types of a template in the order of their priority."""

    task_type_ids: Annotated[list[IdInOrder], about("Task types, the first one first.")]


class StatusesOfTemplateInOrder(Body, kw_only=True):
    """Task statuses of a template in the order of their priority."""

    task_status_ids: Annotated[list[IdInOrder], about("Task statuses, the first one first.")]
