"""Bodies and answers of schedules, days off and playlists."""

from __future__ import annotations

from typing import Annotated, ClassVar

from services.common.contracts.types import (
    UNSET,
    Answer,
    Body,
    Day,
    Id,
    Moment,
    PageNumber,
    Query,
    RowOf,
    Timestamped,
    UnsetType,
    about,
)


class ScheduleItemRow(RowOf, kw_only=True):
    """The period of work on a task type, in a production or one of its entities."""

    resource: ClassVar[str] = "schedule-items"


class PlannedMilestone(RowOf, kw_only=True):
    """A deadline of a production, without its times."""

    resource: ClassVar[str] = "milestones"
    without: ClassVar[frozenset[str]] = frozenset({"created_at", "updated_at"})


class DayOffRow(RowOf, kw_only=True):
    """A period in which a person is away."""

    resource: ClassVar[str] = "day-offs"

    description: Annotated[
        str | UnsetType | None,
        about("Why, in words; absent for those who may not know.", "Holidays"),
    ] = UNSET


class OwnDayOff(Answer, kw_only=True):
    """The period in which the caller is away; empty where there is none."""

    id: Id | UnsetType = UNSET
    date: Annotated[Day | UnsetType, about("Its first day.")] = UNSET
    end_date: Annotated[Day | UnsetType, about("Its last day.")] = UNSET
    description: Annotated[str | UnsetType | None, about("Why, in words.", "Holidays")] = UNSET
    person_id: Annotated[Id | UnsetType | None, about("The caller.")] = UNSET
    created_at: Moment | UnsetType = UNSET
    updated_at: Moment | UnsetType = UNSET
    type: Annotated[str | UnsetType, about("The kind of the row.", "DayOff")] = UNSET


#: By the id of the person.
DaysOffByPerson = dict[str, list[DayOffRow]]


class PeriodQuery(Query, kw_only=True):
    """The days to ask about; all by default."""

    refusal: ClassVar[str] = "Wrong date format for {start_date} and/or {end_date}"

    start_date: Annotated[Day | UnsetType, about("The first of them.")] = UNSET
    end_date: Annotated[Day | UnsetType, about("The last of them.")] = UNSET


class BuildJobRow(Timestamped, kw_only=True):
    """A job that builds a movie or an archive of a playlist."""

    status: Annotated[str, about("How far it is.", "running")]
    job_type: Annotated[str, about("What it builds.", "movie")]
    ended_at: Annotated[Moment | None, about("When it was done.")]
    playlist_id: Id


class NumberedPage(Query, kw_only=True):
    """With ``page``, a list answers one page of a hundred rows in its envelope, else all rows."""

    page: PageNumber | UnsetType = UNSET


class PlaylistWithJobs(RowOf, kw_only=True):
    """An ordered list of previews for a review, and the jobs that build it."""

    resource: ClassVar[str] = "playlists"

    build_jobs: Annotated[list[Id], about("The jobs that build movies and archives of it.")]


class PlaylistRow(RowOf, kw_only=True):
    """An ordered list of previews for a review."""

    resource: ClassVar[str] = "playlists"


class PlaylistInBrief(RowOf, kw_only=True):
    """A playlist without its entities."""

    resource: ClassVar[str] = "playlists"
    without: ClassVar[frozenset[str]] = frozenset({"shots"})

    first_preview_file_id: Annotated[str | None, about("The preview of its first entity.")]


class PlaylistEntry(Body, kw_only=True):
    """An entity to add to a playlist."""

    entity_id: Id
    preview_file_id: Annotated[
        Id | None, about("The preview to show; else the newest one of the entity.")
    ] = None
