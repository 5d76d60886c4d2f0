"""Metrics of the gateway, and their exposition to Prometheus.

With ``services.common.observability.metrics`` these are all metrics there are;
``docs/observing.md`` lists them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from services.common.observability.metrics import BUCKETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from prometheus_client import Metric

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
INFLIGHT: Final = Gauge(
    "callboard_requests_in_flight", "Requests being answered", multiprocess_mode="livesum"
)
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
# Set by the worker that answers the scrape, hence "mostrecent".
SERVICE_UP: Final = Gauge(
    "callboard_service_up",
    "Whether the service gave a sign of life lately",
    ["service"],
    multiprocess_mode="livemostrecent",
)
BROKER_UP: Final = Gauge(
    "callboard_broker_up",
    "Whether this process is connected to the broker",
    multiprocess_mode="livemostrecent",
)

for _full in ("requests", "transfers", "slow"):
    OVERLOAD.labels(_full)
for _outcome in ("hit", "miss"):
    ACTORS.labels(_outcome)


class WorkerProcesses(Collector):
    """Memory, processor time and the like of every worker, labelled with its ``pid``.

    The library shows these of one process only; which workers live is told by the files that it
    keeps for each until ``mark_process_dead``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def collect(self) -> Iterable[Metric]:
        """The ``process_`` metrics, one sample a worker."""
        found: dict[str, Metric] = {}
        for path in sorted(self.folder.glob("gauge_livesum_*.db")):
            pid = path.stem.rpartition("_")[2]
            for metric in _of_process(pid):
                known = found.setdefault(metric.name, metric)
                own = [sample._replace(labels={"pid": pid}) for sample in metric.samples]
                known.samples = own if known is metric else [*known.samples, *own]
        return found.values()


def _of_process(pid: str) -> Iterable[Metric]:
    return ProcessCollector(pid=lambda: pid, registry=None).collect()


def exposition(*, broker_up: bool, services: Mapping[str, bool], multiproc_dir: str = "") -> bytes:
    """The metrics of this gateway in Prometheus' text format (``CONTENT_TYPE_LATEST``).

    ``broker_up`` and ``services`` are what the answering worker knows at this moment. Several
    workers share ``multiproc_dir``, and any of them answers for all. It asks nobody and never
    waits, but writes every series: 50 ms of processor time with 200 routes in use, 90 ms for two
    workers. Safe to call from any thread, which a caller with an event loop should do.
    """
    BROKER_UP.set(broker_up)
    for name, up in services.items():
        SERVICE_UP.labels(name).set(up)
    if not multiproc_dir:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, multiproc_dir)  # type: ignore[no-untyped-call]
    registry.register(WorkerProcesses(Path(multiproc_dir)))
    return generate_latest(registry)
