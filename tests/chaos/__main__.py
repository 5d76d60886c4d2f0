"""``make chaos``: inject each fault under load, and print a table of the outcomes.

``FAULTS="gateway broker"`` chooses those whose names hold one of the words.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.local.parts import backing
from deploy.local.settings import LocalSettings
from tests.chaos.faults import ALL, Fault
from tests.chaos.trial import Outcome, trial
from tests.running import System
from tests.subscribing import Subscriber
from tests.world import World


def chosen(words: list[str]) -> list[Fault]:
    """The faults whose names hold one of the words; all without any."""
    return [fault for fault in ALL if not words or any(word in fault.name for word in words)]


def show(console: Console, outcomes: dict[str, Outcome | str]) -> None:
    """Print the table; a violated guarantee replaces the figures."""
    table = Table("fault", "requests", "refused", "slowest", "recovered after", "promises")
    for name, found in outcomes.items():
        if isinstance(found, str):
            table.add_row(name, "", "", "", "", f"[red]{found}")
            continue
        refused = ", ".join(
            f"{count} x {status or 'broken'}" for status, count in sorted(found.refused.items())
        )
        table.add_row(
            name,
            str(found.requests),
            refused or "none",
            f"{found.slowest:.1f} s",
            f"{found.recovery:.1f} s",
            "kept",
        )
    console.print(table)


def run(system: System, faults: list[Fault], console: Console) -> dict[str, Outcome | str]:
    """Inject the faults into one system, which recovers before the next."""
    subscriber = Subscriber(system.parts.amqp_uri)
    time.sleep(1.0)  # see tests/chaos/test_chaos.py
    outcomes: dict[str, Outcome | str] = {}
    columns = (
        TextColumn("{task.description:<28}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=len(faults))
        for fault in faults:
            progress.update(task, description=fault.name)
            world = World()
            system.load(world.tables)
            subscriber.read()
            subscriber.received.clear()
            try:
                outcomes[fault.name] = trial(system, world, subscriber, fault)
            except AssertionError as broken:
                outcomes[fault.name] = str(broken)[:300]
            system.restore()
            progress.advance(task)
    return outcomes


def main() -> None:
    """Run, print, and exit with status 1 if a guarantee was violated."""
    console = Console()
    folder = Path(tempfile.mkdtemp(prefix="callboard-chaos-"))
    try:
        with backing(
            LocalSettings(run_dir=str(folder), admin_email="", starter_set="none")
        ) as parts:
            parts.wait()
            with System(parts, folder).up() as system:
                outcomes = run(system, chosen(os.environ.get("FAULTS", "").split()), console)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    show(console, outcomes)
    sys.exit(any(isinstance(outcome, str) for outcome in outcomes.values()))


if __name__ == "__main__":
    main()
