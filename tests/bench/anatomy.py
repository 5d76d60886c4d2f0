"""Breakdown of a request's latency from its trace."""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

Line = dict[str, Any]
Interval = tuple[int, int]
MS: Final = 1e6
SHOWN: Final = 80
"""Characters of a statement by which it is known."""
BEFORE, THERE, PYTHON, ASKING, SQL, COMMIT, BACK, AFTER = PARTS = (
    "gateway: token, arguments",
    "to the service: encode, broker, wake-up",
    "service: Python",
    "service: waits for others",
    "SQL",
    "commit",
    "back: broker, wake-up",
    "gateway: answer",
)
HTTP: Final = "HTTP: client, gunicorn, Falcon"
RELAY, HANDLER, HANDLED = LATER = (
    "the relay publishes",
    "the subscriber begins",
    "the subscriber is done",
)


def traces(folder: Path) -> dict[str, list[Line]]:
    """Spans grouped by trace id."""
    result: dict[str, list[Line]] = defaultdict(list)
    for path in folder.glob("*.jsonl"):
        for text in path.read_text().splitlines():
            line = json.loads(text)
            result[line["trace"]].append(line)
    return result


def parts_of(spans: list[Line], root: Line) -> dict[str, float] | None:
    """Milliseconds by part; None for a request that looked up its actor, or an incomplete trace."""
    calls = children(spans, root)
    if len(calls) != 1:
        return None
    served = children(spans, calls[0])
    if len(served) != 1:
        return None
    (call,), (rpc,) = calls, served
    end = min(rpc["end"], call["end"])
    inside = {
        COMMIT: [s for s in children(spans, rpc) if s["name"] == "commit"],
        SQL: [s for s in children(spans, rpc) if s["name"] == "sql"],
        ASKING: [s for s in children(spans, rpc) if s["name"].startswith("call ")],
    }
    result = {
        BEFORE: call["start"] - root["start"],
        THERE: rpc["start"] - call["start"],
        BACK: call["end"] - end,
        AFTER: root["end"] - call["end"],
    }
    seen: list[Interval] = []
    for part, some in inside.items():
        before = length(seen)
        seen += [(s["start"], s["end"]) for s in some]
        result[part] = length(seen) - before
    result[PYTHON] = end - rpc["start"] - length(seen)
    return {part: result[part] / MS for part in PARTS}


def later(spans: list[Line], root: Line, subscriber: str) -> dict[str, float] | None:
    """Milliseconds from the commit to the handlers of the request's events."""
    commits = [s for s in spans if s["name"] == "commit" and s["component"] != "crud"]
    published = [s for s in spans if s["name"].startswith("publish ")]
    handled = [s for s in spans if s["name"] == subscriber]
    if not (commits and published and handled):
        return None
    committed = min(s["end"] for s in commits if s["start"] >= root["start"])
    first = min(handled, key=lambda s: s["start"])
    moments = (min(s["start"] for s in published), first["start"], first["end"])
    return {name: (at - committed) / MS for name, at in zip(LATER, moments, strict=True)}


def statements(traced: list[list[Line]], component: str) -> list[tuple[str, float, float]]:
    """A service's SQL statements in a request: text, executions per request, milliseconds each.

    The most expensive first; only those that at least half of the requests execute.
    """
    result: dict[str, list[float]] = defaultdict(list)
    for spans in traced:
        for span in spans:
            if span["name"] == "sql" and span["component"] == component:
                text = span["attributes"]["statement"].partition(" /*")[0]
                result[" ".join(text.split())[:SHOWN]].append((span["end"] - span["start"]) / MS)
    rows = [
        (text, len(times) / len(traced), statistics.median(times))
        for text, times in result.items()
        if len(times) * 2 >= len(traced)
    ]
    return sorted(rows, key=lambda row: -row[1] * row[2])


def children(spans: Iterable[Line], parent: Line) -> list[Line]:
    """The child spans."""
    return [span for span in spans if span["parent"] == parent["span"]]


def length(intervals: list[Interval]) -> int:
    """The length of a union of intervals."""
    total, until = 0, 0
    for start, end in sorted(intervals):
        total += max(0, end - max(start, until))
        until = max(until, end)
    return total


def medians(rows: list[dict[str, float]]) -> dict[str, float]:
    """The median of each part."""
    return {part: statistics.median(row[part] for row in rows) for part in rows[0]}
