"""Bodies, queries and answers of productions, their teams and settings."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from services.common.contracts.auth.people import PersonRow
from services.common.contracts.types import (
    UNSET,
    Answer,
    AnyId,
    Body,
    Id,
    Query,
    RowOf,
    Timestamped,
    UnsetType,
    about,
)

Priority = Annotated[int | None, about("Its place in lists, from 1.", 2)]
#: A member's role in a production.
Role = Annotated[
    str | None,
    about(
        "``user``, ``supervisor``, ``manager``, ``client`` or ``vendor``; null: their role in the "
        "studio.",
        "supervisor",
    ),
]
RoleName = Literal["user", "supervisor", "manager", "client", "vendor"]
#: The role of a member to be: nobody is an administrator in one production alone.
GivenRole = Annotated[
    RoleName | None, about("The role in the production; null: that in the studio.", "supervisor")
]
BoardRoles = Annotated[list[str] | None, about("The roles whose boards show it.", ["user"])]
BitRate = Annotated[
    int | None, about("Of the movies of its tasks, in Mbit/s; null: the production's.", 28)
]
Shown = Annotated[bool | None, about("Whether clients see its tasks.")]
ClientAllowed = Annotated[bool | None, about("Whether clients set it; null: as the status says.")]


# --- answers --------------------------------------------------------------------------------------


class ProductionRow(RowOf, kw_only=True):
    """A production: a film, a series, a commercial."""

    resource: ClassVar[str] = "projects"


class OwnColumn(Answer, kw_only=True):
    """A column that a production adds to its assets, shots, tasks or to itself."""

    id: Id
    name: Annotated[str, about("What it is called.", "Weather")]
    field_name: Annotated[str, about("The key of its values in ``data``.", "weather")]
    data_type: Annotated[str | None, about("The kind of its values.", "list")]
    choices: Annotated[
        list[str | int | float], about("The values to choose from.", ["sun", "rain"])
    ]
    for_client: Annotated[bool, about("Whether clients see it.")]
    entity_type: Annotated[str, about("What has it.", "Shot")]
    task_type_id: Annotated[Id | None, about("Of tasks only: the tasks that have it.")]
    position: Annotated[int | None, about("Its place among the columns.", 1)]
    departments: Annotated[list[Id], about("The departments that it is meant for.")]


class StatusInProduction(Answer, kw_only=True):
    """How a production uses a task status."""

    priority: Priority
    roles_for_board: BoardRoles
    is_client_allowed: ClientAllowed


class TypeInProduction(Answer, kw_only=True):
    """How a production uses a task type."""

    priority: Priority
    hd_bitrate_compression: BitRate
    ld_bitrate_compression: BitRate
    is_client_visible: Shown


class ListedProduction(ProductionRow, kw_only=True):
    """A production; only lists for administrators have its columns."""

    descriptors: Annotated[
        list[OwnColumn] | UnsetType, about("The columns that it adds to itself.")
    ] = UNSET


class OpenProduction(ProductionRow, kw_only=True):
    """An open production with its settings."""

    descriptors: Annotated[
        list[OwnColumn], about("The columns that it adds, as far as the caller sees them.")
    ]
    task_types_priority: Annotated[
        dict[str, Priority], about("The places of its task types, by their id.")
    ]
    task_type_links: Annotated[
        dict[str, TypeInProduction], about("How it uses its task types, by their id.")
    ]
    task_statuses_link: Annotated[
        dict[str, StatusInProduction], about("How it uses its task statuses, by their id.")
    ]
    first_episode_id: Annotated[
        Id | UnsetType,
        about("Of a TV show: its first running episode by name, else its first one."),
    ] = UNSET


class TaskTypeInProduction(Timestamped, kw_only=True):
    """A task type of a production."""

    project_id: Id
    task_type_id: Id
    priority: Priority
    hd_bitrate_compression: BitRate
    ld_bitrate_compression: BitRate
    is_client_visible: Shown


class TaskStatusInProduction(Timestamped, kw_only=True):
    """A task status of a production."""

    project_id: Id
    task_status_id: Id
    priority: Priority
    roles_for_board: BoardRoles
    is_client_allowed: ClientAllowed


class SoftwareOfTaskType(Answer, kw_only=True):
    """Software with which a production works on a task type."""

    project_id: Id
    task_type_id: Id
    software_id: Id


class TeamMember(PersonRow, kw_only=True):
    """A member of a production's team; only managers see all fields."""

    project_role: Role


class Seat(Answer, kw_only=True):
    """A membership of a production's team."""

    project_id: Id
    person_id: Id
    role: Role


# --- queries and bodies ---------------------------------------------------------------------------


class ProductionQuery(Query, kw_only=True):
    """Which productions to list."""

    name: Annotated[str | UnsetType, about("Only the one with this name.", "Caminandes")] = UNSET


class NewTaskTypeInProduction(Body, kw_only=True):
    """A task type that a production uses."""

    project_id: Id
    task_type_id: Id
    priority: Priority = 1
    hd_bitrate_compression: BitRate | UnsetType = UNSET
    ld_bitrate_compression: BitRate | UnsetType = UNSET
    is_client_visible: Shown | UnsetType = UNSET


class NewTaskStatusInProduction(Body, kw_only=True):
    """A task status that a production uses."""

    project_id: Id
    task_status_id: Id
    priority: Priority = 1
    roles_for_board: BoardRoles | UnsetType = UNSET
    is_client_allowed: ClientAllowed | UnsetType = UNSET


class OpenToClients(Body, kw_only=True):
    """Whether clients of a production set a status."""

    is_client_allowed: ClientAllowed


class ChosenSoftware(Body, kw_only=True):
    """Software with which a production works on a task type."""

    software_id: Annotated[AnyId, about("It isn't archived.")]


class ChosenTaskType(Body, kw_only=True):
    """A task type to use."""

    task_type_id: Annotated[
        Id, about("What to use.", invalid="task_type_id is required and must be a valid UUID")
    ]
    priority: Priority = None


class ChosenTaskStatus(Body, kw_only=True):
    """A task status to use."""

    task_status_id: Annotated[
        Id, about("What to use.", invalid="TaskStatus with id {value} not found")
    ]
    priority: Priority = None


class ChosenAssetType(Body, kw_only=True):
    """An asset type to use."""

    asset_type_id: Annotated[
        Id, about("What to use.", invalid="EntityType with id {value} not found")
    ]


class ChosenAutomation(Body, kw_only=True):
    """A status automation to use."""

    status_automation_id: Annotated[
        Id, about("What to use.", invalid="StatusAutomation with id {value} not found")
    ]


class ChosenBackground(Body, kw_only=True):
    """A preview background to use."""

    preview_background_file_id: Annotated[
        Id, about("What to use.", invalid="PreviewBackgroundFile with id {value} not found")
    ]


#: By the kind of setting, as the route tables name them.
CHOSEN: dict[str, type[Body]] = {
    "task-types": ChosenTaskType,
    "task-status": ChosenTaskStatus,
    "asset-types": ChosenAssetType,
    "status-automations": ChosenAutomation,
    "preview-background-files": ChosenBackground,
}


class PrioritizedTaskType(Body, kw_only=True):
    """A task type to use, and its place."""

    task_type_id: Id
    priority: Priority = None


class ChosenTogether(Body, kw_only=True):
    """What to use, besides what is used already; unknown ids are skipped."""

    task_types: list[PrioritizedTaskType] = []
    task_status_ids: list[Id] = []
    asset_type_ids: list[Id] = []
    replace_task_types: Annotated[bool, about("Drop the task types that aren't named.")] = False


class NewMember(Body, kw_only=True):
    """Somebody who joins a team."""

    person_id: Annotated[Id, about("Who joins.", invalid="Person with id {value} not found")]
    role: GivenRole = None


class NewRole(Body, kw_only=True):
    """A member's role in a production."""

    role: GivenRole = None
