"""Queries, bodies and answers of dead letters."""

from __future__ import annotations

from typing import Annotated, Any

from services.common.contracts.types import (
    UNSET,
    Answer,
    Body,
    Count,
    Id,
    Moment,
    Page,
    PagedQuery,
    UnsetType,
    about,
)

QUEUE = "tasks.forget_rows.ordered"


class DeadLetterInBrief(Answer, kw_only=True):
    """An event on which a subscriber failed."""

    id: Id
    number: Annotated[int, about("Grows with time.", 1, ge=1)]
    queue: Annotated[str, about("The queue in which it died; empty if unknown.", QUEUE)]
    reason: Annotated[
        str, about("Why, in the broker's word: rejected, expired, delivery_limit.", "rejected")
    ]
    deaths: Annotated[int, about("How often it died for that reason.", 1)]
    died_at: Annotated[Moment | None, about("When; null if unknown.")]
    exchange: Annotated[str, about("The exchange that it was published to.", "crud.events")]
    name: Annotated[str, about("The event's name.", "project:delete")]
    event_id: Annotated[str, about("The event's id; empty if it has none.")]
    happened_at: Annotated[Moment | None, about("When the event was written; null if unknown.")]
    kept_at: Annotated[Moment, about("Since when it is kept here.")]
    size: Annotated[int, about("Bytes of its body.", 120, ge=0)]
    error: Annotated[str | None, about("Why it can't be read, nor replayed; null if it can.")]


class DeadLetters(Page[DeadLetterInBrief], kw_only=True):
    """A page of dead letters, newest first."""

    queues: Annotated[
        dict[str, int], about("How many there are in all, by the queue of their death.", {QUEUE: 1})
    ]


class DeadLetterQuery(PagedQuery, kw_only=True):
    """Which dead letters."""

    queue: Annotated[str | UnsetType, about("Only those that died in this queue.", QUEUE)] = UNSET


class DeadLetter(DeadLetterInBrief, kw_only=True):
    """A dead letter with all that it holds."""

    headers: Annotated[
        dict[str, Any], about("Its headers; those that AMQP alone has a form for, as text.")
    ]
    body: Annotated[Any, about("Free JSON: its body; null if it is none.")]
    text: Annotated[str | None, about("The beginning of a body that is no JSON; else null.")]


class LettersOf(Body, kw_only=True):
    """Which dead letters: those of a queue, or all."""

    queue: Annotated[str | None, about("The queue in which they died; null for all.", QUEUE)]


class LettersReplayed(Answer, kw_only=True):
    """What was published to the queues in which it died."""

    replayed: Count
    kept: Annotated[
        dict[str, str],
        about(
            "Those that could not be, by id, and why: their queue is gone, or they are unreadable."
        ),
    ]
    more: Annotated[bool, about("Whether there are more: send it again.")]


class LettersDiscarded(Answer, kw_only=True):
    """What was deleted."""

    discarded: Count
