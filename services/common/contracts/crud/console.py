"""What the console shows of services and webhooks."""

from __future__ import annotations

from typing import Annotated, Literal

from services.common.contracts.types import Answer, Count, Id, Moment, about


class QueueState(Answer, kw_only=True):
    """A queue of events, and who consumes it."""

    name: Annotated[str, about("The queue.", "tasks.forget_rows.ordered")]
    waiting: Annotated[int, about("Events that wait.", 0, ge=0)]
    consumers: Annotated[int, about("Processes that consume it.", 1, ge=0)]


class ServiceState(Answer, kw_only=True):
    """A service, or the gateway."""

    name: Annotated[str, about("Its name.", "tasks")]
    processes: Annotated[
        int | None, about("How many of its processes run; null if the broker doesn't say.", 1)
    ]
    waiting: Annotated[
        int | None, about("Requests that wait for it; null for the gateway, or if unknown.", 0)
    ]
    version: Annotated[str | None, about("The release that answered; null if none did.", "0.1.0")]
    outbox_events: Annotated[
        int | None, about("Its events that the relay has not published yet; null if unknown.", 0)
    ]
    outbox_age_seconds: Annotated[
        float | None, about("The age of the oldest of these; null if unknown.", 0.2)
    ]
    queues: Annotated[list[QueueState], about("The queues of its event handlers.")]
    error: Annotated[str | None, about("Why it does not answer; null if it does.")]


class WebhookWithLag(Answer, kw_only=True):
    """A webhook, and how far it is behind."""

    id: Id
    url: Annotated[str, about("Where events are sent.", "https://hooks.example.com/callboard")]
    description: Annotated[str, about("What it is for.", "The render farm.")]
    names: Annotated[list[str], about("The names of its events; none: all.", ["task:*"])]
    project_id: Annotated[Id | None, about("The production of its events; null: all.")]
    state: Annotated[
        Literal["active", "paused", "parked"], about("Whether it is sent.", "active", "parked")
    ]
    reason: Annotated[str | None, about("Why it is parked.")]
    behind: Annotated[int, about("Positions of the history that it has not come to.", 0, ge=0)]
    lag_seconds: Annotated[
        float, about("The age of the oldest event among these; 0 for none.", 0.0, ge=0)
    ]
    failures: Annotated[int, about("Attempts at the next event that failed.", 0, ge=0)]
    failing_since: Annotated[Moment | None, about("Since when; null if none failed.")]
    next_at: Annotated[Moment | None, about("When it is tried again; null if it is at work.")]
    replays: Annotated[Count, about("Replays that are under way.", 0)]
