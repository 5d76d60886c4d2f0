"""Bodies and answers of webhooks, besides those of generic CRUD."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from services.common.contracts.crud.live_events import Position
from services.common.contracts.types import (
    UNSET,
    Answer,
    Body,
    Id,
    Moment,
    Page,
    PagedQuery,
    RowOf,
    UnsetType,
    about,
)


class WebhookRow(RowOf, kw_only=True):
    """A webhook."""

    resource: ClassVar[str] = "webhooks"


class WebhookSecret(Answer, kw_only=True):
    """A new secret, shown this once."""

    secret: Annotated[
        str, about("What signs its requests.", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    ]
    old_secret_until: Annotated[
        Moment, about("Until then there is a second signature, by the secret before.")
    ]


class WebhookDelivery(Answer, kw_only=True):
    """An attempt to send an event, and what came of it."""

    number: Annotated[int, about("Grows with time.", 1, ge=1)]
    webhook_id: Id
    kind: Annotated[Literal["live", "replay", "test"], about("Why it was sent.", "live", "replay")]
    event_id: Annotated[Id, about("The event: the request's webhook-id.")]
    position: Annotated[int | None, about("The event's position; null for a test.", 4711)]
    name: Annotated[str, about("The event's name.", "task:update")]
    attempt: Annotated[int, about("Which attempt it was, from 1.", 1, ge=1)]
    sent_at: Moment
    duration_ms: Annotated[int, about("How many milliseconds it took.", 35, ge=0)]
    status: Annotated[int | None, about("The answer's status; null if none came.", 200)]
    headers: Annotated[
        dict[str, Any], about("The request's headers, without the signature.", {"webhook-id": "…"})
    ]
    answer: Annotated[
        str | None, about("The first 2,000 characters of the answer; null if none came.", "ok")
    ]
    error: Annotated[str | None, about("What went wrong on the way; null if nothing did.")]


class WebhookDeliveries(Page[WebhookDelivery], kw_only=True):
    """A page of deliveries, newest first."""


class DeliveryQuery(PagedQuery, kw_only=True):
    """Which page of the deliveries."""


class ReplayOrder(Body, kw_only=True):
    """Which events to send again: from a position or a time on, to one, both inclusive."""

    from_position: Annotated[
        Position | UnsetType, about("The position of the first event.", 4711)
    ] = UNSET
    to_position: Annotated[Position | UnsetType, about("The position of the last event.", 4720)] = (
        UNSET
    )
    from_time: Annotated[
        Moment | UnsetType, about("Instead of a position: events recorded from then on.")
    ] = UNSET
    to_time: Annotated[
        Moment | UnsetType, about("Instead of a position: events recorded until then.")
    ] = UNSET


class ReplayOrdered(Answer, kw_only=True):
    """What will be sent again."""

    from_position: Annotated[Position, about("Events from this position on.", 4711)]
    to_position: Annotated[Position, about("Events to this position.", 4720)]
