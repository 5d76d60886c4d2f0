"""All metrics there are, read off their declarations: for the documents, the dashboard, the tests.

Also what only Prometheus' client library adds for each process (``process_…``), and what alerts and
dashboard take from Prometheus itself and from RabbitMQ's plugin.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from prometheus_client import PROCESS_COLLECTOR
from prometheus_client.metrics import MetricWrapperBase

from gateway import metrics as gateway_metrics
from services.common.observability import metrics

SUFFIXES: Final = {
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_count", "_sum"),
}
#: The labels that every sample of a process has besides: those of its target.
WHERE: Final = ("component", "process")


class Measure(NamedTuple):
    """One metric as it is declared."""

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str

    @property
    def samples(self) -> list[str]:
        """The names under which its samples appear."""
        return [self.name + suffix for suffix in SUFFIXES[self.kind]]


#: What others declare and we ask for.
FOREIGN: Final = (
    Measure(
        "rabbitmq_alarms_free_disk_space_watermark",
        "gauge",
        (),
        "Whether the broker takes no messages since its disk is full",
    ),
    Measure(
        "rabbitmq_alarms_memory_used_watermark",
        "gauge",
        (),
        "Whether the broker takes no messages since its memory is full",
    ),
    Measure(
        "rabbitmq_detailed_queue_consumers",
        "gauge",
        ("queue", "vhost"),
        "Processes that read the queue",
    ),
    Measure(
        "rabbitmq_detailed_queue_messages_ready",
        "gauge",
        ("queue", "vhost"),
        "Messages that wait in the queue",
    ),
    Measure("up", "gauge", (), "Whether the target answered Prometheus"),
)


def declared() -> list[Measure]:
    """Every metric of our own processes, sorted by name."""
    found = [
        _read(value)
        for module in (metrics, gateway_metrics)
        for value in vars(module).values()
        if isinstance(value, MetricWrapperBase) and value._labelnames is not None  # noqa: SLF001
    ]
    costs = [
        Measure(one.name, one.type, ("pid",), one.documentation.rstrip("."))
        for one in PROCESS_COLLECTOR.collect()
    ]
    return sorted({*found, *costs})


def _read(metric: MetricWrapperBase) -> Measure:
    (described,) = metric.describe()
    labels = tuple(metric._labelnames)  # noqa: SLF001 - the library tells them nowhere else
    return Measure(described.name, described.type, labels, described.documentation)


def table() -> str:
    """The metrics as Markdown, those of others last."""
    lines = ["| metric | kind | labels | what it is |", "|---|---|---|---|"]
    for one in (*declared(), *FOREIGN):
        labels = ", ".join(f"`{label}`" for label in one.labels)
        name = one.samples[0] if one.kind == "counter" else one.name
        lines.append(f"| `{name}` | {one.kind} | {labels} | {one.meaning} |")
    return "\n".join(lines)
