"""``make top``: the running system in a terminal, from what ``/metrics`` says.

Finds a local run through ``RUN_DIR``, or watches the gateway at ``URL``. ``ONCE=1`` prints one
picture and ends; ``SVG=file`` keeps that picture. q or Ctrl-C ends it.
"""

from __future__ import annotations

import json
import os
import re
import select
import sys
import termios
import time
import tty
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import requests
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from deploy.scrape import Between, Scrape
from services.common.wire.topology import DEAD, SERVICES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rich.console import RenderableType

SECONDS: Final = 2.0
ROWS: Final = 12
WIDTH: Final = 126
"""Columns of a picture that is kept."""
PICTURE: Final = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
"""rich's, with the reader's own fonts: its are fetched from elsewhere."""
LATE: Final = 5.0
"""Seconds of age from which an event is shown in red."""
SLOW: Final = 1.0
MIB: Final = 1024 * 1024
AWAY: Final = (
    "No gateway answers at {url}: start one with make run, or set URL, HTTP_PORT or RUN_DIR."
)


def address(environ: Mapping[str, str]) -> str:
    """Where the gateway is: ``URL``, or the local run of ``RUN_DIR``, or port ``HTTP_PORT``."""
    if url := environ.get("URL"):
        return url.rstrip("/")
    port = environ.get("HTTP_PORT")
    kept = Path(environ.get("RUN_DIR", ".run")).expanduser() / "secrets.json"
    if not port and kept.exists():
        port = json.loads(kept.read_text()).get("parts", {}).get("http_port")
    return f"http://127.0.0.1:{port or 8080}"


# --- the picture ----------------------------------------------------------------------------------


def picture(span: Between, url: str) -> RenderableType:
    """Everything, for one moment."""
    return Group(
        head(span, url),
        beside(processes(span), queues(span.after), events(span)),
        ranked("requests", span, "callboard_request_seconds", ("method", "route"), errors(span)),
        ranked("calls", span, "callboard_rpc_seconds", ("component", "method"), refused(span)),
    )


def beside(*parts: RenderableType) -> Table:
    """Side by side."""
    grid = Table.grid(padding=(0, 2))
    grid.add_row(*parts)
    return grid


def head(span: Between, url: str) -> RenderableType:
    """The line that says whether all is well."""
    now = span.after
    up = now.highest("callboard_service_up", "service")
    down = [name for name in SERVICES if not up.get(name)]
    dead = sum(now.highest("callboard_queue_messages", "queue").get(q, 0) for q in (DEAD,))
    troubles = [f"{name} is away" for name in down]
    if now.sum("callboard_broker_blocked"):
        troubles.append("the broker takes no messages")
    if not now.sum("callboard_broker_up"):
        troubles.append("the broker is away")
    if not now.values("process_start_time_seconds", component="relay"):
        troubles.append("the relay is away")
    if dead:
        troubles.append(f"{dead:.0f} dead letters")
    requests_ = sum(span.rates("callboard_requests_total").values())
    said = Text.assemble(
        ("Callboard ", "bold"),
        f"{url}   {requests_:.1f} requests/s   ",
        (", ".join(troubles), "bold red") if troubles else ("all is well", "green"),
    )
    return Group(said, Text(caches(span)), Text())


def caches(span: Between) -> str:
    """What the caches saved and what was refused since the last picture."""
    lookups = span.rises("callboard_actor_lookups_total", "outcome")
    reads = span.rises("callboard_conditional_reads_total", "outcome")
    held = reads.get(("by_version",), 0) + reads.get(("by_bytes",), 0)
    keys = sum(span.rises("callboard_idempotent_answers_total").values())
    full = sum(span.rises("callboard_overload_refusals_total").values())
    files = sum(span.rises("callboard_storage_failures_total").values())
    return (
        f"callers known {_share(lookups.get(('hit',), 0), sum(lookups.values()))}   "
        f"304 of GETs {_share(held, sum(reads.values()))}   "
        f"repeated requests {keys:.0f}   refused because full {full:.0f}   "
        f"storage failures {files:.0f}"
    )


def processes(span: Between) -> Table:
    """Each process: memory, CPU, its pools."""
    now, table = span.after, _table("processes", "MiB", "CPU", "pool", "waits")
    cpu = span.rates("process_cpu_seconds_total", "component", "process")
    waits = span.rises("callboard_pool_waits_total", "component", "process")
    found = sorted(
        (labels["component"], labels["process"], size)
        for labels, size in now.samples("process_resident_memory_bytes")
    )
    for component, process, size in found:
        used = now.sum("callboard_pool_used", process=process)
        limit = now.sum("callboard_pool_size", process=process)
        pool = Text(f"{used:.0f}/{limit:.0f}", "red" if used == limit else "") if limit else ""
        table.add_row(
            component,
            f"{size / MIB:.0f}",
            f"{cpu.get((component, process), 0):.0%}",
            pool,
            f"{waits.get((component, process), 0):.0f}" if limit else "",
        )
    return table


def queues(now: Scrape) -> Table:
    """Queues that hold something or that nobody reads, and the busiest kind in sum."""
    table = _table("queues", "waiting", "readers")
    readers = now.highest("callboard_queue_consumers", "queue")
    waiting = now.highest("callboard_queue_messages", "queue")
    kinds = {
        labels["queue"]: labels["kind"] for labels, _ in now.samples("callboard_queue_messages")
    }
    for queue, count in sorted(waiting.items(), key=lambda item: -item[1]):
        lonely = not readers.get(queue) and kinds[queue] != "dead"
        if count or lonely or kinds[queue] != "events":
            style = "red" if lonely or (count and kinds[queue] == "dead") else ""
            table.add_row(Text(queue, style), f"{count:.0f}", f"{readers.get(queue, 0):.0f}")
    idle = Counter(kinds.values())["events"] - sum(
        1 for q, n in waiting.items() if kinds[q] == "events" and (n or not readers.get(q))
    )
    table.add_row(Text(f"{idle} empty event queues", "dim"), "", "")
    return table


def events(span: Between) -> Group:
    """Outboxes, and how late events arrive."""
    now = span.after
    outbox = _table("outbox", "waiting", "oldest", "sent/s")
    sent = span.rates("callboard_events_published_total", "service")
    ages = now.highest("callboard_outbox_age_seconds", "service")
    rows = now.highest("callboard_outbox_events", "service")
    for service in sorted(rows):
        age = ages.get(service, 0.0)
        oldest = Text(_time(age) if rows[service] else "", "red" if age > LATE else "")
        rate = sent.get((service,), 0)
        outbox.add_row(service, f"{rows[service]:.0f}", oldest, f"{rate:.1f}")
    late = _table("subscriber", "events/s", "lag 95 %")
    rates = span.rates("callboard_events_handled_total", "subscriber")
    lags = span.quantile(0.95, "callboard_event_delay_seconds", "subscriber")
    for key, rate in sorted(rates.items(), key=lambda item: -item[1])[: ROWS // 2]:
        late.add_row(key[0], f"{rate:.1f}", _time(lags.get(key, 0.0)))
    return Group(outbox, late)


def ranked(
    title: str,
    span: Between,
    metric: str,
    by: tuple[str, str],
    faults: Callable[[tuple[str, ...]], float],
) -> Table:
    """The busiest by rate, with their times and errors."""
    table = _table(title, "a second", "median", "95 %", "errors/s", width=64)
    rates = span.rates(f"{metric}_count", *by)
    median, high = (span.quantile(q, metric, *by) for q in (0.5, 0.95))
    for key in sorted(rates, key=lambda key: (-rates[key], key))[:ROWS]:
        wrong, slow = faults(key), high.get(key, 0.0)
        table.add_row(
            " ".join(key),
            f"{rates[key]:.1f}",
            _time(median.get(key, 0.0)),
            Text(_time(slow), "yellow" if slow > SLOW else ""),
            Text(f"{wrong:.1f}" if wrong else "", "red"),
        )
    return table


def errors(span: Between) -> Callable[[tuple[str, ...]], float]:
    """How many answers of a route are 4xx or 5xx, a second."""
    found: Counter[tuple[str, ...]] = Counter()
    rates = span.rates("callboard_requests_total", "method", "route", "status")
    for (method, route, status), rate in rates.items():
        if status >= "400":
            found[method, route] += rate  # type: ignore[assignment]
    return lambda key: found[key]


def refused(span: Between) -> Callable[[tuple[str, ...]], float]:
    """How many calls of a method are refused or fail, a second."""
    found = span.rates("callboard_rpc_errors_total", "component", "method")
    return lambda key: found.get(key, 0.0)


def _table(title: str, *columns: str, width: int | None = None) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="bold cyan")
    table.add_column(title, min_width=width, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.0%}" if whole else "-"


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"


# --- showing it -----------------------------------------------------------------------------------


def once(url: str, svg: str | None) -> None:
    """Print one picture of a second, whole where no terminal limits it; keep it as SVG if asked."""
    before = Scrape(url)
    time.sleep(SECONDS / 2)
    limited = sys.stdout.isatty() and not svg
    console = Console(record=bool(svg), width=None if limited else WIDTH)
    console.print(picture(Between(before, Scrape(url)), url))
    if svg:
        console.save_svg(svg, title="make top", code_format=PICTURE)


def watch(url: str) -> None:
    """Show it anew every two seconds, until q or Ctrl-C; a gateway that goes away may come back."""
    before = Scrape(url)
    with keys() as pressed, Live(screen=True, auto_refresh=False) as live:
        live.update(Text(f"looking at {url} …"), refresh=True)
        while not pressed(SECONDS):
            try:
                after = Scrape(url)
            except requests.RequestException as error:
                live.update(Text(f"{url}: {type(error).__name__}", "red"), refresh=True)
                continue
            live.update(picture(Between(before, after), url), refresh=True)
            before = after


def _wait(seconds: float) -> bool:
    time.sleep(seconds)
    return False


@contextmanager
def keys() -> Iterator[Callable[[float], bool]]:
    """Whether q is pressed within so many seconds; the terminal is as before afterwards."""
    if not sys.stdin.isatty():
        yield _wait
        return
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)

    def pressed(seconds: float) -> bool:
        ready, _, _ = select.select([sys.stdin], [], [], seconds)
        return bool(ready) and sys.stdin.read(1) in {"q", "Q", ""}

    try:
        yield pressed
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def main(environ: Mapping[str, str]) -> None:
    """What the environment asks for."""
    url = address(environ)
    try:
        if environ.get("ONCE"):
            once(url, environ.get("SVG"))
        else:
            watch(url)
    except requests.RequestException:
        sys.exit(AWAY.format(url=url))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main(os.environ)
