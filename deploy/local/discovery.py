"""Service discovery for Prometheus in a local run: ``prometheus/`` in the run folder.

``targets.json`` lists the metrics of each process that runs, in the form of Prometheus' file
discovery; ``prometheus.yml`` is a configuration that refers to it.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from deploy.local.children import Child

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ALERTS: Final = Path(__file__).parents[1] / "monitoring" / "alerts.yml"
CONFIG: Final = """\
# Written at each start. Further targets, such as a postgres_exporter, go into a file of their own
# beside targets.json.
global: {{scrape_interval: 5s, evaluation_interval: 5s}}
rule_files: [{alerts}]
scrape_configs:
  - job_name: callboard
    file_sd_configs: [{{files: ["*.json"], refresh_interval: 5s}}]
"""
BROKER: Final = """\
  - job_name: rabbitmq
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
  - job_name: rabbitmq-queues # lengths and consumers of each queue
    metrics_path: /metrics/detailed
    params: {{family: [queue_coarse_metrics, queue_consumer_count]}}
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


class Scraped(Child):
    """A process with metrics, on its HTTP port or on a port of their own."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environ: Mapping[str, str],
        *,
        http_port: int | None = None,
    ) -> None:
        super().__init__(name, command, environ)
        self.http_port = http_port
        self.metrics_port = http_port or 0

    def start(self) -> None:
        """Start the process on a free metrics port; the previous one may be in use by now."""
        if self.http_port is None:
            self.metrics_port = _free_port()
            self.environ["METRICS_PORT"] = str(self.metrics_port)
        super().start()

    @property
    def target(self) -> dict[str, Any]:
        """Its address and labels, as file discovery has them."""
        return {
            "targets": [f"127.0.0.1:{self.metrics_port}"],
            "labels": {"component": self.name.partition(".")[0], "process": self.name},
        }


class Discovery:
    """The folder that Prometheus reads."""

    def __init__(self, folder: Path, broker_port: int | None) -> None:
        """``broker_port`` is where RabbitMQ shows its metrics; None if the broker is not ours."""
        self.folder = folder / "prometheus"
        self.folder.mkdir(parents=True, exist_ok=True)
        text = CONFIG.format(alerts=json.dumps(str(ALERTS)))
        if broker_port is not None:
            text += BROKER.format(port=broker_port)
        (self.folder / "prometheus.yml").write_text(text)
        self.written = ""

    def update(self, children: Iterable[Scraped]) -> None:
        """Write the running processes to ``targets.json``, if they have changed."""
        targets = [child.target for child in children if not child.ended()]
        text = json.dumps(targets, indent=1)
        if text == self.written:
            return
        # Replaced atomically: Prometheus must never read half a file.
        temporary = self.folder / "targets.json.new"
        temporary.write_text(text)
        temporary.replace(self.folder / "targets.json")
        self.written = text


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
