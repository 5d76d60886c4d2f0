"""Events of ``crud`` besides those of its resources."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from services.common.contracts import HEADER, Event, Known, RowEvent, event

#: The header of these events that names whose memberships may have changed, separated by commas.
#: Left out by the release before, which named nobody.
PEOPLE: Final = "person_ids"


@event("crud", "project:new")
class ProjectNew(RowEvent, frozen=True, kw_only=True):
    """A project was created."""

    project_id: UUID
    person_ids: list[UUID] | UnsetType = msgspec.field(default=UNSET, name=HEADER + PEOPLE)


@event("crud", "project:update")
class ProjectUpdated(RowEvent, frozen=True, kw_only=True):
    """A project was changed.

    ``person_ids`` are those who joined, left or got another role, or all of its team.
    """

    project_id: UUID
    person_ids: list[UUID] | UnsetType = msgspec.field(default=UNSET, name=HEADER + PEOPLE)


@event("crud", "project:delete")
class ProjectDeleted(RowEvent, frozen=True, kw_only=True):
    """A project is gone."""

    project_id: UUID
    person_ids: list[UUID] | UnsetType = msgspec.field(default=UNSET, name=HEADER + PEOPLE)


@event("crud", "budget:create")
class BudgetCreated(Event, frozen=True, kw_only=True):
    """A budget was added to a production by its managers."""

    budget_id: UUID
    project_id: UUID


@event("crud", "budget-entry:create")
class BudgetEntryCreated(Event, frozen=True, kw_only=True):
    """An entry was added to a budget by the production's managers."""

    budget_id: UUID
    budget_entry_id: UUID
    project_id: UUID


@event("crud", "budget-entry:update")
class BudgetEntryUpdated(RowEvent, frozen=True, kw_only=True):
    """A budget entry was changed; generic CRUD leaves out its budget and its production."""

    budget_entry_id: UUID
    budget_id: Known = UNSET
    project_id: Known = UNSET


@event("crud", "budget-entry:delete")
class BudgetEntryDeleted(RowEvent, frozen=True, kw_only=True):
    """A budget entry was removed; generic CRUD leaves out its budget and its production."""

    budget_entry_id: UUID
    budget_id: Known = UNSET
    project_id: Known = UNSET


@event(
    "crud", "project:prepared", stored=False, on_sockets=False, handled_by=("assets",), awaited=True
)
class ProjectPrepared(Event, frozen=True, kw_only=True):
    """A production was created, or got a template; other services create its rows from this event.

    ``first_episode_id`` is the id of the first episode to create (TV shows only), ``descriptors``
    are the metadata descriptors of the production's template. A production that isn't new keeps
    to its own otherwise.
    """

    project_id: UUID
    first_episode_id: UUID | None = None
    descriptors: Annotated[list[dict[str, Any]], "the descriptors that its template gives it"] = []
    is_new: Annotated[bool, "whether it was just created"] = True


@event("crud", "production_schedule_version:update")
class ScheduleVersionUpdated(Event, frozen=True, kw_only=True):
    """A schedule version was copied from another, or applied to its production."""

    production_schedule_version_id: UUID
    project_id: UUID


@event(
    "crud", "schedule:applied", stored=False, on_sockets=False, handled_by=("tasks",), awaited=True
)
class ScheduleApplied(Event, frozen=True, kw_only=True):
    """A schedule version was applied: the production's tasks get its dates and estimations.

    ``tasks`` holds ``[task id, start, end, estimation]`` for each, in one event, so that all of
    them change at once.
    """

    project_id: UUID
    tasks: Annotated[msgspec.Raw, "task id, start, end and estimation of each"]


@event("crud", "day-off:covers", stored=False, on_sockets=False, handled_by=("tasks",))
class DayOffCovers(Event, frozen=True, kw_only=True):
    """A day off covers ``date`` to ``end_date``, inclusive; time logged there is deleted."""

    day_off_id: UUID
    person_id: UUID
    date: Annotated[str, "the first day"]
    end_date: Annotated[str, "the last day"]


@event("crud", "project:set-thumbnail")
class ProjectThumbnailSet(Event, frozen=True, kw_only=True):
    """A production's avatar was uploaded or replaced."""

    project_id: UUID


@event("crud", "preview-background-file:add-file")
class BackgroundFileAdded(Event, frozen=True, kw_only=True):
    """The file of a preview background is stored."""

    preview_background_file_id: UUID
    extension: Annotated[str, "the file's extension"]


@event("crud", "import:done", stored=False, on_sockets=False)
class ImportDone(Event, frozen=True, kw_only=True):
    """A bulk import committed. Its rows have no events: consumers reload their snapshot.

    ``replaced`` is true if the previous rows were deleted; ``tables`` maps table to row count.
    """

    replaced: Annotated[bool, "whether the rows before were deleted"]
    rows: Annotated[int, "how many rows were imported"]
    tables: Annotated[dict[str, int], "how many rows of each table"]


@event("crud", "playlist:add_entity")
class PlaylistEntityAdded(Event, frozen=True, kw_only=True):
    """An entity was added to a playlist, with ``preview_file_id`` if a preview was chosen."""

    playlist_id: UUID
    entity_id: UUID
    preview_file_id: UUID | None
    project_id: UUID | None


@event("crud", "webhook:parked", handled_by=("auth",))
class WebhookParked(Event, frozen=True, kw_only=True):
    """A webhook is sent no more until somebody resumes it.

    ``person_id`` created it, ``host`` is where it was sent, ``reason`` a sentence.
    """

    webhook_id: UUID
    project_id: UUID | None
    person_id: UUID | None
    host: Annotated[str, "the host that it was sent to"]
    reason: Annotated[str, "why, in a sentence"]
