"""Reading ``/metrics`` as Prometheus does."""

from __future__ import annotations

from typing import Any

import requests
from prometheus_client.parser import text_string_to_metric_families


class Measures:
    """All samples of one scrape."""

    def __init__(self, base: str) -> None:
        text = requests.get(f"{base}/metrics", timeout=10).text
        self.families = list(text_string_to_metric_families(text))
        self.samples = [sample for family in self.families for sample in family.samples]

    def sum(self, name: str, **labels: Any) -> float:
        """The sum of the samples with these labels, 0.0 when there are none."""
        return sum(self.values(name, **labels))

    def values(self, name: str, **labels: Any) -> list[float]:
        """The values of the samples with these labels."""
        return [
            sample.value
            for sample in self.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]

    def labels(self, name: str, label: str) -> set[str]:
        """All values of a label."""
        return {s.labels[label] for s in self.samples if s.name == name and label in s.labels}
