"""All metrics, from their declarations: for the documents, the dashboard and the tests.

Includes the ``process_…`` metrics of the Prometheus client library, and the metrics of Prometheus
and RabbitMQ that alerts and dashboard query.
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
#: The labels that Prometheus adds to every sample: those of the scrape target.
WHERE: Final = ("component", "process")


class Measure(NamedTuple):
    """The declaration of a metric."""

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str

    @property
    def samples(self) -> list[str]:
        """The names of its samples."""
        return [self.name + suffix for suffix in SUFFIXES[self.kind]]


#: Metrics of Prometheus and RabbitMQ that alerts and dashboard query.
FOREIGN: Final = (
    Measure(
        "rabbitmq_alarms_free_disk_space_watermark",
        "gauge",
        (),
        "Whether the broker blocks publishers because of its disk alarm",
    ),
    Measure(
        "rabbitmq_alarms_memory_used_watermark",
        "gauge",
        (),
        "Whether the broker blocks publishers because of its memory alarm",
    ),
    Measure(
        "rabbitmq_detailed_queue_consumers",
        "gauge",
        ("queue", "vhost"),
        "Consumers of the queue",
    ),
    Measure(
        "rabbitmq_detailed_queue_messages_ready",
        "gauge",
        ("queue", "vhost"),
        "Messages in the queue that are ready for delivery",
    ),
    Measure("up", "gauge", (), "Whether the last scrape of the target succeeded"),
)


def declared() -> list[Measure]:
    """Every metric of Callboard's own processes, sorted by name."""
    own = [
        _read(value)
        for module in (metrics, gateway_metrics)
        for value in vars(module).values()
        if isinstance(value, MetricWrapperBase) and value._labelnames is not None  # noqa: SLF001
    ]
    process = [
        Measure(metric.name, metric.type, ("pid",), metric.documentation.rstrip("."))
        for metric in PROCESS_COLLECTOR.collect()
    ]
    return sorted({*own, *process})


def _read(metric: MetricWrapperBase) -> Measure:
    (described,) = metric.describe()
    labels = tuple(metric._labelnames)  # noqa: SLF001 - the library has no public accessor
    return Measure(described.name, described.type, labels, described.documentation)


def table() -> str:
    """The metrics as a Markdown table, foreign ones last."""
    lines = ["| metric | kind | labels | meaning |", "|---|---|---|---|"]
    for measure in (*declared(), *FOREIGN):
        labels = ", ".join(f"`{label}`" for label in measure.labels)
        name = measure.samples[0] if measure.kind == "counter" else measure.name
        lines.append(f"| `{name}` | {measure.kind} | {labels} | {measure.meaning} |")
    return "\n".join(lines)
