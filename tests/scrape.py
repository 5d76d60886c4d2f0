"""Reading metrics as Prometheus does: each target's samples with the labels of the target."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import requests
from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client import Metric

Series = tuple[str, tuple[tuple[str, str], ...]]


class Target(NamedTuple):
    """One address to scrape; a target that doesn't answer has no samples."""

    url: str
    component: str
    process: str


class Scrape:
    """All samples of some targets, at one moment."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self.series: dict[Series, float] = {}
        for target in targets:
            where = {"component": target.component, "process": target.process}
            try:
                families = families_of(target.url)
            except requests.RequestException:
                continue
            for family in families:
                for sample in family.samples:
                    labels = {**sample.labels, **where}
                    self.series[sample.name, tuple(sorted(labels.items()))] = sample.value

    def samples(self, name: str, **wanted: str) -> Iterator[tuple[dict[str, str], float]]:
        """Labels and values of the samples of that name and with these labels."""
        for (found, pairs), value in self.series.items():
            if found == name and wanted.items() <= set(pairs):
                yield dict(pairs), value

    def values(self, name: str, **wanted: str) -> list[float]:
        """The values alone."""
        return [value for _, value in self.samples(name, **wanted)]

    def sum(self, name: str, **wanted: str) -> float:
        """Their sum, 0.0 when there are none."""
        return math.fsum(self.values(name, **wanted))

    def labels(self, name: str, label: str) -> set[str]:
        """All values of a label."""
        return {labels[label] for labels, _ in self.samples(name) if label in labels}


def families_of(url: str) -> list[Metric]:
    """The metrics at one address. Raises requests.RequestException."""
    response = requests.get(url, timeout=5)
    response.raise_for_status()
    return list(text_string_to_metric_families(response.text))
