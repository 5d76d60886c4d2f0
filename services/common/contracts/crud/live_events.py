"""Queries and answers of live events."""

from __future__ import annotations

import re
from typing import Annotated, Final

import msgspec

from services.common.contracts.full_events import FullEvent
from services.common.contracts.types import (
    UNSET,
    Answer,
    AskedId,
    Query,
    UnsetType,
    about,
)

#: It outgrows an integer of PostgreSQL: a hundred events a second take eight months for that.
Position = Annotated[int, about("A place among all events.", 4711, ge=0, le=2**63 - 1)]

#: A position as text, also one that there can't be yet.
POSITION: Final = re.compile(r"[0-9]{1,40}")


class EventFilter(Query, kw_only=True):
    """Which events to hear, of those that the caller may read: all that is given must match."""

    after: Annotated[
        str | UnsetType,
        about(
            "The position, or the id, of the last event that was read: what came after it is sent "
            "first. Without it, and without ``since``, events are sent from now on.",
            "4711",
        ),
    ] = UNSET
    since: Annotated[
        str | UnsetType,
        about("A time in UTC: what came after it is sent first.", "2026-01-05T10:00:00"),
    ] = UNSET
    name: Annotated[
        list[str] | UnsetType,
        about("A name, where * stands for any part of it; may be repeated.", ["task:*"]),
    ] = UNSET
    project_id: Annotated[AskedId | UnsetType, about("Only of this production.")] = UNSET
    entity_id: Annotated[AskedId | UnsetType, about("Only about this entity.")] = UNSET
    task_id: Annotated[AskedId | UnsetType, about("Only about this task.")] = UNSET
    person_id: Annotated[
        AskedId | UnsetType, about("Only what concerns this person: as assignee, author, receiver.")
    ] = UNSET


class EventPoll(EventFilter, kw_only=True):
    """A long poll."""

    wait: Annotated[
        float, about("Seconds to wait for an event if there is none yet.", 30, ge=0, le=30)
    ] = 0
    limit: Annotated[int, about("Events to answer at most.", 100, ge=1, le=1000)] = 100


class Missed(Answer, kw_only=True):
    """Events that are no longer kept: read the data anew."""

    first: Annotated[Position, about("The position of the first one.", 4712)] = msgspec.field(
        name="from"
    )
    last: Annotated[Position, about("The position of the last one.", 5000)] = msgspec.field(
        name="to"
    )


class LiveEvents(Answer, kw_only=True):
    """Events, and where to go on."""

    events: Annotated[list[FullEvent], about("The oldest first.")]
    next: Annotated[Position, about("What to send as ``after`` for those that follow.", 4711)]
    gap: Annotated[Missed | None, about("What was asked for and is no longer kept; mostly null.")]
