"""Events of ``crud`` besides those of its resources."""

from typing import Any
from uuid import UUID

from services.common.contracts import Event, event


@event("crud", "project:prepared", stored=False, handled_by=("assets",), awaited=True)
class ProjectPrepared(Event, frozen=True, kw_only=True):
    """A production was created; what other services start it with.

    ``first_episode_id`` is the id its first episode is to have (TV shows), ``descriptors`` are the
    metadata descriptors of the template it was made from.
    """

    project_id: UUID
    first_episode_id: UUID | None = None
    descriptors: list[dict[str, Any]] = []


@event("crud", "day-off:covers", stored=False, handled_by=("tasks",))
class DayOffCovers(Event, frozen=True, kw_only=True):
    """A person is away from one day to another, both included: time spent there is void."""

    day_off_id: UUID
    person_id: UUID
    date: str
    end_date: str


@event("crud", "project:set-thumbnail")
class ProjectThumbnailSet(Event, frozen=True, kw_only=True):
    """A production has a new avatar."""

    project_id: UUID


@event("crud", "preview-background-file:add-file")
class BackgroundFileAdded(Event, frozen=True, kw_only=True):
    """The file of a background is stored."""

    preview_background_file_id: UUID
    extension: str


@event("crud", "import:done", stored=False)
class ImportDone(Event, frozen=True, kw_only=True):
    """Rows came from outside, without an event each: take a new snapshot, then follow.

    ``replaced`` says that what was there before is gone; ``tables`` counts the rows of each table.
    """

    replaced: bool
    rows: int
    tables: dict[str, int]


@event("crud", "playlist:add_entity")
class PlaylistEntityAdded(Event, frozen=True, kw_only=True):
    """An entity is shown in a playlist, with that preview if one was chosen."""

    playlist_id: UUID
    entity_id: UUID
    preview_file_id: UUID | None
    project_id: UUID | None
