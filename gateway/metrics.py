"""What Prometheus reads at ``/metrics``: requests, their times, calls in flight, services heard."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

REQUESTS: Final = Counter("callboard_requests", "Requests answered", ["method", "route", "status"])
SECONDS: Final = Histogram(
    "callboard_request_seconds",
    "Time from the request's arrival at its route to its answer",
    ["method", "route"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
)
INFLIGHT: Final = Gauge("callboard_requests_in_flight", "Requests being answered")
SERVICE_UP: Final = Gauge(
    "callboard_service_up", "Whether the service gave a sign of life lately", ["service"]
)
BROKER_UP: Final = Gauge("callboard_broker_up", "Whether this process is connected to the broker")
