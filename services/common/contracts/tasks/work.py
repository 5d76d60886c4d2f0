"""Bodies, queries and answers of tasks: making them, assigning them, reading them."""

from __future__ import annotations

from typing import Annotated, ClassVar

from services.common.contracts.assets.entities import EntityRow, EntityTypeRow
from services.common.contracts.auth.people import PersonRow
from services.common.contracts.crud.productions import ProductionRow
from services.common.contracts.tasks.workflow import TaskStatusRow, TaskTypeRow
from services.common.contracts.types import (
    AN_ID,
    UNSET,
    Answer,
    AnyId,
    AskedId,
    Body,
    FreeObject,
    Id,
    Moment,
    PageQuery,
    Query,
    RowOf,
    UnsetType,
    about,
    parameter,
)

TypeName = Annotated[str | None, about("The name of its task type.", "Animation")]
StatusName = Annotated[str | None, about("The name of its status.", "Work in progress")]
StatusShortName = Annotated[str | None, about("The short name of its status.", "wip")]
Color = Annotated[str | None, about("A color.", "#3273dc")]
#: Tasks are shown with their entities: the answers say whose name a field is.
EntityName = Annotated[str | None, about("The name of its entity.", "SH010")]
EntityTypeName = Annotated[str | None, about("The name of its entity's type.", "Shot")]
ProductionName = Annotated[str | None, about("The name of its production.", "Caminandes")]
Minutes = Annotated[float | None, about("Man-days in minutes.", 960.0)]


class TaskRow(RowOf, kw_only=True):
    """A piece of work to be done on an entity."""

    resource: ClassVar[str] = "tasks"


class NamedTask(TaskRow, kw_only=True):
    """A task, with the names of what it refers to."""

    project_name: ProductionName
    task_type_name: TypeName
    task_status_name: StatusName
    entity_type_name: EntityTypeName
    entity_name: EntityName


class NewTask(TaskRow, kw_only=True):
    """A task that was just made."""

    task_status_name: StatusName
    task_status_short_name: StatusShortName
    task_status_color: Color
    task_type_name: TypeName
    task_type_color: Color
    task_type_priority: Annotated[int | None, about("The place of its type in lists.", 2)]


class TaskInFull(TaskRow, kw_only=True):
    """A task with all that it refers to."""

    entity: EntityRow | None
    entity_type: EntityTypeRow | None
    sequence: Annotated[
        EntityRow | UnsetType, about("The entity's sequence; a sequence itself.")
    ] = UNSET
    episode: Annotated[EntityRow | UnsetType | None, about("That sequence's episode.")] = UNSET
    project: ProductionRow
    task_type: TaskTypeRow | None
    task_status: TaskStatusRow | None
    persons: Annotated[
        list[PersonRow] | UnsetType, about("Who is assigned to it; clients don't see it.")
    ] = UNSET
    assigner: Annotated[PersonRow | UnsetType, about("Who assigned it last.")] = UNSET
    is_subscribed: Annotated[bool, about("Whether the caller is notified about it.")]


class LastComment(Answer, kw_only=True):
    """The newest comment of a task that no client wrote; empty where there is none."""

    text: Annotated[str | UnsetType | None, about("What it says.", "Done, please check.")] = UNSET
    date: Annotated[Moment | UnsetType, about("When it was written.")] = UNSET
    person_id: Annotated[Id | UnsetType, about("Who wrote it.")] = UNSET


class ValuesToCheck(Answer, kw_only=True):
    """Ids that tasks to check may be filtered by, each list sorted."""

    project_ids: Annotated[list[Id], about("Their productions.")]
    task_type_ids: Annotated[list[Id], about("Their types.")]
    task_status_ids: Annotated[list[Id], about("Their statuses.")]
    episode_ids: Annotated[list[Id], about("The episodes of their entities.")]
    person_ids: Annotated[list[Id], about("Who is assigned to them.")]


class TaskOfPerson(TaskRow, kw_only=True):
    """A task in a person's list, with what it is about."""

    task_type_for_entity: Annotated[str | None, about("What its type is for.", "Shot")]
    task_type_name: TypeName
    task_type_color: Color
    task_status_name: StatusName
    task_status_color: Color
    task_status_short_name: StatusShortName
    task_estimation: Annotated[Minutes, about("Its estimation again.")]
    task_duration: Annotated[Minutes, about("Its duration again.")]
    task_start_date: Annotated[Moment | None, about("Its start date again.")]
    task_due_date: Annotated[Moment | None, about("Its due date again.")]
    entity_name: EntityName
    entity_description: Annotated[
        str | None, about("The description of its entity.", "An old storm lantern.")
    ]
    entity_data: Annotated[FreeObject | None, about("The entity's own values, by key.")]
    entity_preview_file_id: Annotated[str, about("The entity's main preview; empty without one.")]
    entity_source_id: Annotated[str, about("The asset's main episode; empty without one.")]
    entity_type_name: EntityTypeName
    entity_canceled: Annotated[bool | None, about("Whether the entity is canceled.")]
    sequence_name: Annotated[str | None, about("The name of the entity's parent.", "SQ01")]
    episode_id: Annotated[str, about("The entity's episode; empty without one.")]
    episode_name: Annotated[str | None, about("The name of that episode.", "E01")]
    episode_ids: Annotated[
        list[Id] | UnsetType, about("The episodes that the asset is cast in, if there are any.")
    ] = UNSET
    episode_names: Annotated[list[str] | UnsetType, about("Their names, in the same order.")] = (
        UNSET
    )
    project_name: Annotated[str | UnsetType, about("The name of its production.", "Caminandes")] = (
        UNSET
    )
    project_has_avatar: Annotated[
        bool | UnsetType | None, about("Whether there is a picture of its production.")
    ] = UNSET
    last_comment: LastComment


# --- queries and bodies ---------------------------------------------------------------------------


class TaskQuery(Query, kw_only=True):
    """How much of each task to show."""

    relations: Annotated[bool, parameter("Whether to add ``assignees``.", switch="any case")] = (
        False
    )


class TasksOfProductionQuery(PageQuery, kw_only=True):
    """Which tasks of a production to list."""

    task_type_id: Annotated[AskedId | UnsetType, about("Only of this task type.")] = UNSET


class EntitiesQuery(Query, kw_only=True):
    """For which entities to make tasks, where the body names none; any column filters."""

    episode_id: Annotated[AskedId | UnsetType, about("Those of this episode.")] = UNSET
    parent_id: Annotated[
        Id | UnsetType, parameter("Those directly below this entity.", column=True)
    ] = UNSET


class TaskTypesOfEntity(Body, kw_only=True):
    """The types of the tasks to make for an entity."""

    task_type_ids: list[Id]


class Assignee(Body, kw_only=True):
    """Who is to do a task."""

    person_id: AnyId


class AssignedTasks(Body, kw_only=True):
    """The tasks that a person is to do; unknown ones are skipped."""

    task_ids: list[AnyId]


class UnassignedTasks(Body, kw_only=True):
    """The tasks to take from somebody; unknown ones are skipped."""

    task_ids: list[AnyId]
    # Any text: an empty one is nobody's id, and must not mean everybody.
    person_id: Annotated[
        str | None,
        about("From whom; null: from everybody.", AN_ID, extra_json_schema={"format": "uuid"}),
    ] = None
