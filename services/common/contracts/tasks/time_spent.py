"""Bodies, queries and answers of time spent: minutes of a person on a task and day."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from services.common.contracts.types import (
    UNSET,
    Answer,
    AskedId,
    Body,
    Day,
    Id,
    ListQuery,
    Moment,
    Query,
    RowOf,
    UnsetType,
    about,
)

Minutes = Annotated[float, about("Minutes.", 240.0)]


class TimeSpentRow(RowOf, kw_only=True):
    """Minutes that a person worked on a task on one day."""

    resource: ClassVar[str] = "time-spents"


#: The rows of each person, by their id; and under ``total`` the minutes of all.
TimeByPerson = dict[str, list[TimeSpentRow] | Minutes]


#: The rows of each person, by their id.
TimeOfPeople = dict[str, list[TimeSpentRow]]


class TimeOnTask(Answer, kw_only=True):
    """Minutes that a person worked on a task in a week or a year."""

    task_id: Id
    task_type_id: Id | None
    project_id: Id | None
    duration: Minutes
    project_name: Annotated[str | None, about("The name of its production.", "Caminandes")]
    entity_name: Annotated[str | None, about("The name of its entity.", "SH010")]
    entity_type_name: Annotated[str | None, about("The name of its entity's type.", "Shot")]
    sequence_name: Annotated[str | None, about("The name of the entity's parent.", "SQ01")]
    episode_name: Annotated[str | None, about("The name of the entity's episode.", "E01")]


class OwnTimeOnDay(Answer, kw_only=True):
    """Minutes that the caller worked on a task on a day; empty where none are logged."""

    id: Id | UnsetType = UNSET
    duration: Minutes | UnsetType = UNSET
    date: Annotated[Day | UnsetType, about("The day.")] = UNSET
    task_id: Id | UnsetType | None = UNSET
    person_id: Annotated[Id | UnsetType | None, about("The caller.")] = UNSET
    created_at: Moment | UnsetType = UNSET
    updated_at: Moment | UnsetType = UNSET
    type: Annotated[str | UnsetType, about("The kind of the row.", "TimeSpent")] = UNSET


WRONG_PERIOD: Final = "Wrong date format for start_date or end_date, expected YYYY-MM-DD."


class TimeQuery(Query, kw_only=True):
    """The days to list, both or none; and on which tasks."""

    start_date: Annotated[
        Day | UnsetType, about("The first day.", "2026-01-05", invalid=WRONG_PERIOD)
    ] = UNSET
    end_date: Annotated[
        Day | UnsetType, about("The last day.", "2026-01-09", invalid=WRONG_PERIOD)
    ] = UNSET
    project_id: Annotated[AskedId | UnsetType, about("Only on tasks of this production.")] = UNSET
    task_type_id: Annotated[AskedId | UnsetType, about("Only on tasks of this type.")] = UNSET


class TimePeriodQuery(Query, kw_only=True):
    """The days to ask about; all by default."""

    refusal: ClassVar[str] = "Wrong date format for {start_date} and/or {end_date}"

    start_date: Annotated[Day | UnsetType, about("The first of them.")] = UNSET
    end_date: Annotated[Day | UnsetType, about("The last of them.")] = UNSET


class Logged(Body, kw_only=True):
    """Time to log."""

    duration: Annotated[float, about("Minutes.", 240.0, gt=0)]


class TimeSpentsQuery(ListQuery, kw_only=True):
    """What the list of all time spent takes: the days, both or none."""

    start_date: Annotated[Day | UnsetType, about("The first day.", "2026-01-05")] = UNSET
    end_date: Annotated[Day | UnsetType, about("The last day.", "2026-01-09")] = UNSET
