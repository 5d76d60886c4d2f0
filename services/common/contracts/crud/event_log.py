"""Queries and answers of the event log."""

from __future__ import annotations

from typing import (
    Annotated,
    Final,
)

from services.common.contracts.shapes import (
    LoggedId,
    LogQuery,
)
from services.common.contracts.types import (
    UNSET,
    Answer,
    FreeObject,
    Id,
    Moment,
    UnsetType,
    about,
)


class LoggedEvent(Answer, kw_only=True):
    """An event of the log."""

    id: Id
    created_at: Annotated[Moment, about("When it happened.")]
    name: Annotated[str, about("What happened.", "task:update")]
    user_id: Annotated[Id | None, about("Who did it.")]
    project_id: Annotated[Id | None, about("The production that it is about.")]
    data: Annotated[FreeObject | None, about("The event's own fields.")]


#: A word of a name of an event, before or after its colon.
WORD: Final = "^[a-z0-9-]+$"
FirstWord = Annotated[
    str,
    about(
        "The first word of names.",
        "task",
        pattern=WORD,
        invalid="The name_prefixes parameter contains an invalid value",
    ),
]
LastWord = Annotated[
    str,
    about(
        "The last word of names.",
        "update",
        pattern=WORD,
        invalid="The name_suffixes parameter contains an invalid value",
    ),
]


class EventQuery(LogQuery, kw_only=True):
    """Which events to read, from the newest backwards."""

    cursor_event_id: Annotated[
        LoggedId | UnsetType, about("The last event that was read: only older ones.")
    ] = UNSET
    project_id: Annotated[LoggedId | UnsetType, about("Only of this production.")] = UNSET
    name: Annotated[str | UnsetType, about("Only with this name.", "task:update")] = UNSET
    name_prefixes: Annotated[
        list[FirstWord],
        about("Only names with such a first word; the parameter may be repeated.", ["task"]),
    ] = []
    name_suffixes: Annotated[
        list[LastWord],
        about("Only names with such a last word; the parameter may be repeated.", ["update"]),
    ] = []
    only_files: Annotated[bool, about("Only of files that were added.")] = False
