"""Queries and answers of the event log."""

from __future__ import annotations

from typing import Annotated

from services.common.contracts.shapes import LogQuery
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


class EventQuery(LogQuery, kw_only=True):
    """Which events to read, from the newest backwards."""

    cursor_event_id: Annotated[
        Id | UnsetType, about("The last event that was read: only older ones.")
    ] = UNSET
    project_id: Annotated[Id | UnsetType, about("Only of this production.")] = UNSET
    name: Annotated[str | UnsetType, about("Only with this name.", "task:update")] = UNSET
    name_prefixes: Annotated[
        list[str] | UnsetType,
        about("Only names with such a first word; the parameter may be repeated.", ["task"]),
    ] = UNSET
    name_suffixes: Annotated[
        list[str] | UnsetType,
        about("Only names with such a last word; the parameter may be repeated.", ["update"]),
    ] = UNSET
    only_files: Annotated[bool, about("Only of files that were added.")] = False
