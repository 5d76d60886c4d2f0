"""Metrics of the processes behind the gateway.

The table in ``docs/observing.md`` is generated from these declarations and ``gateway.metrics``.
Labels are bounded: methods, subscribers, kinds of error; never ids or paths. An update costs one or
two microseconds; rendering happens at the scrape (``metrics_server`` in services and relay, the
gateway's own ``/metrics``).
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

from services.common.errors import ServiceError

disable_created_metrics()  # type: ignore[no-untyped-call]

#: Histogram buckets in seconds, for synchronous work.
BUCKETS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
#: Histogram buckets in seconds, for asynchronous work.
DELAYS: Final = (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 3600)
UNKNOWN: Final = "unknown"
INTERNAL: Final = "internal"

RPC_SECONDS: Final = Histogram(
    "callboard_rpc_seconds",
    "Time from receiving an RPC call to its reply",
    ["method"],
    buckets=BUCKETS,
)
RPC_ERRORS: Final = Counter(
    "callboard_rpc_errors",
    "RPC calls refused or failed, by kind of error",
    ["method", "kind"],
)
SQL_SECONDS: Final = Histogram(
    "callboard_sql_seconds", "Time of one SQL statement, or of a commit", ["kind"], buckets=BUCKETS
)
SLOW_STATEMENTS: Final = Counter(
    "callboard_sql_slow", "SQL statements slower than SLOW_QUERY_SECONDS"
)
# These four are collected at the scrape (runtime.database_collector). Not in the default registry:
# they would be exposed twice, once with stale values.
POOL_SIZE: Final = Gauge(
    "callboard_pool_size",
    "Size of the database connection pool",
    ["pool"],
    registry=None,
)
POOL_USED: Final = Gauge(
    "callboard_pool_used",
    "Connections of the pool that are checked out",
    ["pool"],
    registry=None,
)
OUTBOX_ROWS: Final = Gauge(
    "callboard_outbox_events",
    "Committed events not published yet",
    ["service"],
    registry=None,
)
OUTBOX_AGE: Final = Gauge(
    "callboard_outbox_age_seconds",
    "Age of the oldest committed event not published yet",
    ["service"],
    registry=None,
)
DEAD_LETTERS: Final = Gauge(
    "callboard_dead_letters",
    "Events on which a subscriber failed, until they are replayed or discarded",
    ["service"],
    registry=None,
)
POOL_WAITS: Final = Counter(
    "callboard_pool_waits", "Checkouts that found all connections of the pool in use", ["pool"]
)
POOL_TIMEOUTS: Final = Counter("callboard_pool_timeouts", "Checkouts that timed out")
IDEMPOTENT: Final = Counter(
    "callboard_idempotent_answers",
    "Requests with a known Idempotency-Key: answered from the stored reply (repeated) or refused",
    ["outcome"],
)
PUBLISHED: Final = Counter(
    "callboard_events_published", "Events published by the relay and confirmed", ["service"]
)
PUBLISH_DELAY: Final = Histogram(
    "callboard_publish_delay_seconds",
    "Time from an event's commit to the publisher confirm",
    ["service"],
    buckets=DELAYS,
)
EVENTS: Final = Counter(
    "callboard_events_handled",
    "Events by subscriber and outcome: handled, retried, dead",
    ["subscriber", "outcome"],
)
REFUSED: Final = Counter(
    "callboard_messages_refused",
    "Malformed or forged messages rejected by consumers, by queue and reason",
    ["queue", "reason"],
)
EVENT_DELAY: Final = Histogram(
    "callboard_event_delay_seconds",
    "Time from an event's commit to the end of its handling",
    ["subscriber"],
    buckets=DELAYS,
)
STORAGE_FAILURES: Final = Counter(
    "callboard_storage_failures", "Failed operations of the file storage"
)
WEBHOOK_REQUESTS: Final = Counter(
    "callboard_webhook_requests",
    "Requests to receivers of webhooks, by kind and outcome (delivered, failed)",
    ["kind", "outcome"],
)
WEBHOOK_SECONDS: Final = Histogram(
    "callboard_webhook_seconds", "Time of one request to a receiver", buckets=BUCKETS
)
WEBHOOKS: Final = Gauge(
    "callboard_webhooks", "Webhooks by state: active, paused, parked", ["state"]
)
WEBHOOKS_FAILING: Final = Gauge(
    "callboard_webhooks_failing", "Active webhooks whose last request failed"
)
WEBHOOK_BACKLOG: Final = Gauge(
    "callboard_webhook_backlog",
    "Positions of the history that the slowest active webhook is behind",
)


def subscribed(queue: str) -> None:
    """Create a subscriber's counters at zero, so that rates exist from its first event on."""
    for outcome in ("handled", "retried", "dead"):
        EVENTS.labels(queue, outcome)


def kind_of(error: BaseException) -> str:
    """The kind of a ServiceError; ``internal`` for other exceptions."""
    return error.kind if isinstance(error, ServiceError) and error.kind else INTERNAL


def answered(method: str, began: float, error: BaseException | None) -> None:
    """Record a call that was answered; ``began`` is a ``time.perf_counter()``."""
    RPC_SECONDS.labels(method).observe(time.perf_counter() - began)
    if error is not None:
        RPC_ERRORS.labels(method, kind_of(error)).inc()


def age(moment: str) -> float:
    """Seconds since the time in an event's header (ISO 8601, UTC); at least 0."""
    time = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    return max(0.0, (datetime.now(UTC) - time).total_seconds())


def published(service: str, times: list[str]) -> None:
    """Record events that the broker confirmed; ``times`` are their times of commit."""
    PUBLISHED.labels(service).inc(len(times))
    delay = PUBLISH_DELAY.labels(service)
    for moment in times:
        delay.observe(age(moment))


def handled(subscriber: str, times: list[str], outcome: str) -> None:
    """Record the outcome of handling events; ``times`` are their times of commit."""
    EVENTS.labels(subscriber, outcome).inc(len(times))
    if outcome == "handled":
        delay = EVENT_DELAY.labels(subscriber)
        for moment in times:
            if moment:
                delay.observe(age(moment))
