"""What the gateway counts and times, and what it finds out about the broker when it is asked.

With ``services.common.observability.metrics`` these are all metrics there are;
``docs/observing.md`` lists them.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.common.observability.metrics import BUCKETS

REQUESTS: Final = Counter(
    "callboard_requests",
    "Requests answered; the route is a template, never a path",
    ["method", "route", "status"],
)
SECONDS: Final = Histogram(
    "callboard_request_seconds",
    "Time from the request's first line to its answer, without what is streamed",
    ["method", "route"],
    buckets=BUCKETS,
)
REFUSALS: Final = Counter(
    "callboard_refusals", "Requests refused or failed, by kind of error", ["kind"]
)
INFLIGHT: Final = Gauge("callboard_requests_in_flight", "Requests being answered")
OVERLOAD: Final = Counter(
    "callboard_overload_refusals", "Requests told to come again, by what was full", ["full"]
)
CONDITIONAL: Final = Counter(
    "callboard_conditional_reads",
    "GETs by what became of If-None-Match: by_version (304, nothing was built), by_bytes (304), "
    "changed, or unasked",
    ["outcome"],
)
ACTORS: Final = Counter(
    "callboard_actor_lookups", "Callers looked up in the gateway's cache: hit or miss", ["outcome"]
)
SERVICE_UP: Final = Gauge(
    "callboard_service_up", "Whether the service gave a sign of life lately", ["service"]
)
BROKER_UP: Final = Gauge("callboard_broker_up", "Whether this process is connected to the broker")

BROKER: Final = CollectorRegistry()
"""What whoever gathers finds out itself, once for all processes."""
QUEUE_MESSAGES: Final = Gauge(
    "callboard_queue_messages",
    "Messages that wait in the queue",
    ["queue", "kind"],
    registry=BROKER,
)
QUEUE_CONSUMERS: Final = Gauge(
    "callboard_queue_consumers",
    "Processes that read the queue",
    ["queue", "kind"],
    registry=BROKER,
)
BROKER_BLOCKED: Final = Gauge(
    "callboard_broker_blocked",
    "Whether the broker takes no messages: its memory or disk alarm is on",
    registry=BROKER,
)
GATHER_SECONDS: Final = Gauge(
    "callboard_gather_seconds",
    "How long the processes took to answer this question",
    registry=BROKER,
)

for _full in ("requests", "transfers", "slow"):
    OVERLOAD.labels(_full)
for _outcome in ("hit", "miss"):
    ACTORS.labels(_outcome)
