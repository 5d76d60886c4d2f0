"""Bodies, queries and answers of schedules and their versions."""

from __future__ import annotations

from typing import Annotated, ClassVar

from services.common.contracts.types import (
    AN_ID,
    UNSET,
    Answer,
    AskedId,
    Body,
    Count,
    Day,
    Id,
    Query,
    RowOf,
    UnsetType,
    about,
    parameter,
)


class ScheduledTaskType(Answer, kw_only=True):
    """The period of work on a task type."""

    id: Id
    start_date: Annotated[Day | None, about("Its first day.")]
    end_date: Annotated[Day | None, about("Its last day.")]
    man_days: Annotated[int | None, about("How many days of work it takes.", 12)]
    project_id: Id
    task_type_id: Annotated[Id | None, about("Null: of the whole production.")]
    object_id: Annotated[Id | None, about("What it is of; null: all of the production.")]


class ScheduledObject(ScheduledTaskType, kw_only=True):
    """The period of work on a part of a production."""

    name: Annotated[str, about("What it is called.", "E01")]


class EpisodeQuery(Query, kw_only=True):
    """Which parts of a production to list."""

    episode_id: Annotated[
        Id | UnsetType, about("Only those of this episode.", AN_ID, invalid="Wrong UUID format.")
    ] = UNSET


class TaskLinkQuery(Query, kw_only=True):
    """Which tasks of a version to list, and how."""

    relations: Annotated[bool, parameter("Whether to add the assignees.", switch="any case")] = (
        False
    )
    task_type_id: Annotated[AskedId | UnsetType, about("Only of this type.")] = UNSET


class ScheduledTask(RowOf, kw_only=True):
    """The dates and the estimation of a task in a version of the schedule."""

    resource: ClassVar[str] = "production-schedule-version-task-links"

    assignees: Annotated[
        list[Id] | UnsetType, about("Who does it; only with ``relations=true``.")
    ] = UNSET


class SourceVersion(Body, kw_only=True):
    """The version to copy from."""

    production_schedule_version_id: Id


class CopiedTasks(Answer, kw_only=True):
    """It is done."""

    success: Annotated[bool, about("Always true.")]
    task_link_count: Count


class AppliedTasks(Answer, kw_only=True):
    """It is done."""

    success: Annotated[bool, about("Always true.")]
    task_count: Count
