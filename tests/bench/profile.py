"""``make profile``: the latency breakdown of a read and of a comment.

Runs the system once without traces, for the whole times and the CPU that each process spends, and
once with, for the parts. Writes ``docs/speed.md`` and its picture.
"""

from __future__ import annotations

import http.client
import json
import os
import platform
import shutil
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import psutil

from deploy.local.parts import Parts, backing
from deploy.local.settings import LocalSettings
from tests.bench.anatomy import HTTP, MS, later, medians, parts_of, statements, traces
from tests.bench.bars import bars
from tests.running import System, until
from tests.world import World

ROOT: Final = Path(__file__).parents[2]
READS: Final = int(os.environ.get("READS", "1000"))
COMMENTS: Final = int(os.environ.get("COMMENTS", "200"))
WARM: Final = 30
READ, COMMENT = "single-row read", "comment"
ROUTES: Final = {
    READ: "GET /data/departments/{ident}",
    COMMENT: "POST /actions/tasks/{task_id}/comment",
}
SUBSCRIBER: Final = "crud.log_events"
PATIENCE: Final = 90.0
INTRODUCTION: Final = """\
Written by `make profile`; do not edit. One request at a time over one connection: {reads} reads of
a row and {comments} comments, on {cores} cores ({machine}, Python {python}), which other processes
shared (load {load:.1f}). Compare the parts rather than the sums; `make bench` has figures scaled to
a yardstick."""
LATENCY: Final = """\
Median milliseconds of each part, from traces ([observing.md](observing.md)); they include the
overhead of tracing, except for the first two lines."""
ASYNCHRONOUS: Final = """\
Milliseconds after the commit; the reply does not wait for them. The subscriber is the event log,
which gathers a batch first."""
CPU: Final = """\
CPU milliseconds per request, without tracing, less those of the idle system; the handling of its
events is included. Values below 0.1 are noise."""


class Visitor:
    """One connection, one request at a time, without the overhead of an HTTP library."""

    def __init__(self, system: System, world: World) -> None:
        caller = system.caller(world.admin)
        token = str(caller.session.headers["Authorization"])
        self.headers = {"Authorization": token, "Content-Type": "application/json"}
        self.connection = http.client.HTTPConnection("127.0.0.1", system.port, timeout=20)
        body = json.dumps({"task_status_id": world.status, "comment": "Looks good"})
        self.requests = {
            READ: ("GET", f"/data/departments/{world.department}", None),
            COMMENT: ("POST", f"/actions/tasks/{world.task}/comment", body),
        }

    def send(self, what: str, trace: str) -> float:
        """Send one request as the root of a trace; returns its milliseconds."""
        method, path, body = self.requests[what]
        headers = {**self.headers, "traceparent": f"00-{trace}-{trace[:16]}-01"}
        began = time.perf_counter()
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        answer.read()
        spent = (time.perf_counter() - began) * 1000
        assert answer.status < 300, answer.status
        return spent

    def many(self, what: str, count: int) -> dict[str, float]:
        """Repeat a request; returns latencies by trace, without those of the warm-up."""
        for _ in range(WARM):
            self.send(what, uuid.uuid4().hex)
        return {trace: self.send(what, trace) for trace in (uuid.uuid4().hex for _ in range(count))}


def cpu(system: System, parts: Parts) -> dict[str, float]:
    """CPU seconds used by each process so far."""
    result = {name: process.pid for name, process in system.processes.items()}
    result |= {child.name: child.process.pid for child in parts.children if child.process}
    return {name: _spent(psutil.Process(pid)) for name, pid in result.items()}


def _spent(process: psutil.Process) -> float:
    own = process.cpu_times()
    total = own.user + own.system + own.children_user + own.children_system
    for child in process.children(recursive=True):
        times = child.cpu_times()
        total += times.user + times.system
    return total


def ran(parts: Parts, folder: Path, extra: dict[str, str], work: Callable[[System], Any]) -> Any:
    """Run ``work`` on a fresh system; returns its result."""
    folder.mkdir()
    system = System(parts, folder, extra)
    system.start()
    try:
        until(system.is_ready, PATIENCE, "a ready system")
        return work(system)
    finally:
        system.stop()


def plain(parts: Parts, folder: Path) -> tuple[dict[str, list[float]], dict[str, dict[str, float]]]:
    """Latencies without tracing, and CPU milliseconds per request by process, less an idle run's.

    What a request sets going later, as events do, is part of what it costs.
    """

    def work(system: System) -> Any:
        world = World()
        system.load(world.tables)
        visitor, times, costs = Visitor(system, world), {}, {}
        visitor.many(READ, WARM)
        idle_began, idle_from = time.monotonic(), cpu(system, parts)
        time.sleep(5)
        idle, idle_seconds = cpu(system, parts), time.monotonic() - idle_began
        for what, count in ((READ, READS), (COMMENT, COMMENTS)):
            before, began = cpu(system, parts), time.monotonic()
            times[what] = list(visitor.many(what, count).values())
            time.sleep(2)
            seconds = time.monotonic() - began
            after = cpu(system, parts)
            costs[what] = {
                name: (
                    after[name]
                    - before[name]
                    - (idle[name] - idle_from[name]) * seconds / idle_seconds
                )
                * 1000
                / (count + WARM)
                for name in after
            }
        return times, costs

    result: tuple[dict[str, list[float]], dict[str, dict[str, float]]] = ran(
        parts, folder, {}, work
    )
    return result


class Parted(NamedTuple):
    """The results of the traced run."""

    rows: dict[str, dict[str, float]]
    follow: dict[str, float]
    statements: list[tuple[str, float, float]]


def traced(parts: Parts, folder: Path) -> Parted:
    """The breakdowns of both requests, a comment's asynchronous work, and its SQL statements."""
    kept = folder / "traces"

    def work(system: System) -> dict[str, dict[str, float]]:
        world = World()
        system.load(world.tables)
        visitor = Visitor(system, world)
        times = {READ: visitor.many(READ, READS), COMMENT: visitor.many(COMMENT, COMMENTS)}
        name = f'"name":"{SUBSCRIBER}"'
        until(lambda: any(name in p.read_text() for p in kept.glob("crud-*")), 20, "its events")
        return times

    times = ran(parts, folder, {"OTEL_EXPORTER_OTLP_ENDPOINT": f"file://{kept}"}, work)
    kept_spans = traces(kept)
    rows: dict[str, dict[str, float]] = {}
    follow: list[dict[str, float]] = []
    for what, route in ROUTES.items():
        result = []
        for trace, spent in times[what].items():
            spans = kept_spans[trace]
            root = next((span for span in spans if span["name"] == route), None)
            if root is None or (inside := parts_of(spans, root)) is None:
                continue
            result.append({HTTP: spent - (root["end"] - root["start"]) / MS, **inside})
            if what == COMMENT and (after := later(spans, root, SUBSCRIBER)):
                follow.append(after)
        rows[what] = medians(result)
    asked = statements([kept_spans[trace] for trace in times[COMMENT]], "tasks")
    return Parted(rows, medians(follow), asked)


def report(
    times: dict[str, list[float]], costs: dict[str, dict[str, float]], parted: Parted
) -> str:
    """``docs/speed.md``."""
    rows = parted.rows
    whole = {what: statistics.median(some) for what, some in times.items()}
    high = {what: statistics.quantiles(some, n=20)[-1] for what, some in times.items()}
    lines = [
        "# Latency and CPU time of a request",
        "",
        INTRODUCTION.format(
            reads=READS,
            comments=COMMENTS,
            cores=os.cpu_count(),
            machine=platform.machine(),
            python=platform.python_version(),
            load=os.getloadavg()[1],
        ),
        "",
        "![parts of a read and of a comment](pictures/speed.svg)",
        "",
        "## Latency",
        "",
        LATENCY,
        "",
        f"| ms | {' | '.join(rows)} |",
        "|---|" + "---:|" * len(rows),
        _line("without traces, median", whole),
        _line("without traces, 95 %", high),
        *(_line(part, {w: parts[part] for w, parts in rows.items()}) for part in rows[READ]),
        _line("**with traces, sum**", {w: sum(parts.values()) for w, parts in rows.items()}),
        "",
        "## Asynchronous work of a comment",
        "",
        ASYNCHRONOUS,
        "",
        "| ms | |",
        "|---|---:|",
        *(f"| {name} | {value:.2f} |" for name, value in parted.follow.items()),
        "",
        "## SQL statements of a comment",
        "",
        "| in `tasks` | per comment | ms each |",
        "|---|---:|---:|",
        *(f"| `{_cell(text)}` | {count:.1f} | {ms:.2f} |" for text, count, ms in parted.statements),
        "",
        "## CPU time",
        "",
        CPU,
        "",
        f"| ms CPU | {' | '.join(costs)} |",
        "|---|" + "---:|" * len(costs),
        *(_line(name, {w: spent[name] for w, spent in costs.items()}) for name in costs[READ]),
        _line("**sum**", {w: sum(spent.values()) for w, spent in costs.items()}),
    ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "¦").replace("`", "")


def _line(name: str, values: dict[str, float]) -> str:
    return f"| {name} | {' | '.join(f'{value:.2f}' for value in values.values())} |"


def main() -> None:
    """Measure, and write the report."""
    folder = Path(tempfile.mkdtemp(prefix="callboard-profile-"))
    try:
        with backing(
            LocalSettings(run_dir=str(folder / "run"), admin_email="", starter_set="none")
        ) as parts:
            parts.wait()
            times, costs = plain(parts, folder / "plain")
            parted = traced(parts, folder / "traced")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    page = ROOT / "docs" / "speed.md"
    picture = ROOT / "docs" / "pictures" / "speed.svg"
    text = report(times, costs, parted)
    page.write_text(text)
    picture.write_text(bars(parted.rows))
    print(text)
    print(f"written: {page.relative_to(ROOT)}, {picture.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
