"""Metrics of the senders of webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.common.observability.metrics import (
    WEBHOOK_BACKLOG,
    WEBHOOK_REQUESTS,
    WEBHOOK_SECONDS,
    WEBHOOKS,
    WEBHOOKS_FAILING,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.crud.webhooks.posting import Answer

STATES = ("active", "paused", "parked")


def sent(kind: str, answer: Answer) -> None:
    """Record a request."""
    WEBHOOK_REQUESTS.labels(kind, "delivered" if answer.is_delivered else "failed").inc()
    WEBHOOK_SECONDS.observe(answer.milliseconds / 1000)


def counted(states: Mapping[str, int], backlog: int, failing: int) -> None:
    """Record what the database tells of all webhooks."""
    for state in STATES:
        WEBHOOKS.labels(state).set(states.get(state, 0))
    WEBHOOK_BACKLOG.set(backlog)
    WEBHOOKS_FAILING.set(failing)
