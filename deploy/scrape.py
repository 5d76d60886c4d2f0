"""Reading ``/metrics``: what a moment shows, and what happened between two."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from typing import TYPE_CHECKING

import requests
from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Key = tuple[str, ...]
Series = tuple[str, tuple[tuple[str, str], ...]]


class Scrape:
    """All samples of one moment. Raises requests.RequestException where there is no gateway."""

    def __init__(self, base: str) -> None:
        answer = requests.get(f"{base}/metrics", timeout=5)
        answer.raise_for_status()
        self.at = time.monotonic()
        self.families = list(text_string_to_metric_families(answer.text))
        self.series: dict[Series, float] = {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in self.families
            for sample in family.samples
        }

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
        return sum(self.values(name, **wanted))

    def labels(self, name: str, label: str) -> set[str]:
        """All values of a label."""
        return {labels[label] for labels, _ in self.samples(name) if label in labels}

    def highest(self, name: str, by: str) -> dict[str, float]:
        """The highest value by a label: several processes may look at the same thing."""
        found: dict[str, float] = {}
        for labels, value in self.samples(name):
            found[labels[by]] = max(value, found.get(labels[by], -math.inf))
        return found


class Between:
    """What happened between two scrapes; a process that started anew counts from nothing."""

    def __init__(self, before: Scrape, after: Scrape) -> None:
        self.before, self.after = before, after
        self.seconds = max(after.at - before.at, 0.001)

    def rises(self, name: str, *by: str) -> dict[Key, float]:
        """How much counters rose, summed by these labels; what didn't is missing.

        Of a process that only the second scrape knows nobody can say since when it counted.
        """
        found: dict[Key, float] = defaultdict(float)
        known = self.before.labels("process_start_time_seconds", "process")
        for labels, value in self.after.samples(name):
            if labels.get("process") not in known:
                continue
            earlier = self.before.series.get((name, tuple(sorted(labels.items()))), 0.0)
            rise = value - earlier if value >= earlier else value
            if rise:
                found[tuple(labels.get(label, "") for label in by)] += rise
        return dict(found)

    def rates(self, name: str, *by: str) -> dict[Key, float]:
        """The same a second."""
        return {key: rise / self.seconds for key, rise in self.rises(name, *by).items()}

    def quantile(self, q: float, metric: str, *by: str) -> dict[Key, float]:
        """The quantile of a histogram, in its unit, by these labels."""
        buckets: dict[Key, dict[float, float]] = defaultdict(dict)
        for key, rise in self.rises(f"{metric}_bucket", *by, "le").items():
            buckets[key[:-1]][float(key[-1])] = rise
        return {key: _quantile(q, bounds) for key, bounds in buckets.items()}


def _quantile(q: float, bounds: Mapping[float, float]) -> float:
    """As Prometheus computes it: even within the bucket that holds it."""
    rank = q * bounds[math.inf]
    lower, below = 0.0, 0.0
    for upper in sorted(bounds):
        if bounds[upper] >= rank:
            if math.isinf(upper):
                return lower
            inside = bounds[upper] - below
            return lower + (upper - lower) * (rank - below) / inside if inside else upper
        lower, below = upper, bounds[upper]
    return lower
