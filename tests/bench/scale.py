"""``make scale-curve``: throughput by number of processes, and behaviour at three times capacity.

All of it runs on one machine, generator, database and broker included: where its cores are busy
already, more processes can't bring more, and the table says how busy they were.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import psutil
from rich.console import Console
from rich.progress import track
from rich.table import Table

from deploy.local.parts import backing
from deploy.local.settings import LocalSettings
from tests.running import System, token_for, until
from tests.world import World

SECONDS: Final = 5.0
CLIENTS: Final = 16
TIMES: Final = 3
CROWD: Final = 400
"""Connections of those who come three times too often."""
STEPS: Final = (
    ("one of each", None),
    ("tasks=2", "tasks.2"),
    ("tasks=3", "tasks.3"),
    ("tasks=3 gateway=2", "gateway"),
    ("tasks=3 gateway=3", "gateway"),
)


class Curve:
    """Measures one system with an increasing number of processes."""

    def __init__(self, system: System, world: World) -> None:
        self.system, self.world = system, world
        self.token = token_for(world.admin)
        self.one = f"/data/task-types/{world.task_type}"
        self.table = Table(
            "processes",
            "one row /s",
            "p95 ms",
            "list of tasks /s",
            "p95 ms",
            f"CPU of {os.cpu_count()} cores",
        )

    def load(self, path: str, clients: int = CLIENTS, rate: float = 0.0) -> dict[str, float]:
        """Run the load generator; returns its figures."""
        command = [sys.executable, "-m", "tests.bench.load", str(self.system.port), str(SECONDS)]
        asked = {"token": self.token, "plans": [[["GET", path]]] * clients, "rate": rate}
        given = json.dumps(asked)
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
        body: dict[str, float] = json.loads(done.stdout)
        return body

    def grow(self, name: str | None) -> None:
        """Add a process."""
        if name == "gateway":
            gateway = psutil.Process(self.system.processes[name].pid)
            before = len(gateway.children())
            gateway.send_signal(signal.SIGTTIN)
            until(lambda: len(gateway.children()) > before, what="another worker")
            self.load(self.one)
        elif name:
            before = self.system.consumers("tasks")
            self.system.start(name)
            until(lambda: self.system.consumers("tasks") > before, 60, f"{name} at work")

    def measure(self, name: str) -> float:
        """Measure a row of the table; returns single-row reads per second."""
        psutil.cpu_percent()
        one = self.load(self.one)
        many = self.load(f"/data/projects/{self.world.project}/tasks")
        busy = psutil.cpu_percent()
        figures = (one["rate"], one["p95"], many["rate"], many["p95"])
        self.table.add_row(name, *(f"{figure:.0f}" for figure in figures), f"{busy:.0f} %")
        return one["rate"]

    def overload(self, capacity: float) -> str:
        """Measure accepted and refused requests at three times the capacity."""
        figures = self.load(self.one, CROWD, capacity * TIMES)
        return (
            f"{TIMES} x {capacity:.0f}/s asked by {CROWD} connections: {figures['rate']:.0f}/s "
            f"accepted, p50 {figures['p50']:.0f} ms, p99 {figures['p99']:.0f} ms; "
            f"{figures['failures'] / SECONDS:.0f}/s refused, p99 {figures['refused_p99']:.0f} ms"
        )


def grown(world: World) -> World:
    """Create enough tasks to make a list expensive."""
    for number in range(300):
        asset = world.add(
            "entity",
            f"a{number}",
            name=f"A{number}",
            project_id=world.project,
            entity_type_id=world.types["Character"],
            status="running",
            is_shared=False,
        )
        world.add(
            "task",
            f"t{number}",
            name="main",
            project_id=world.project,
            entity_id=asset,
            task_type_id=world.task_type,
            task_status_id=world.status,
            duration=0.0,
        )
    return world


def run(parts: Any, folder: Path, console: Console) -> None:
    """Start a system, add processes, measure and print."""
    world = grown(World())
    with System(parts, folder).up() as system:
        system.load(world.tables)
        curve = Curve(system, world)
        curve.load(curve.one)
        crowded = ""
        for name, more in track(STEPS, "measuring", console=console):
            curve.grow(more)
            capacity = curve.measure(name)
            crowded = crowded or curve.overload(capacity)
        console.print(curve.table)
        console.print(crowded)


def main() -> None:
    """Run on a private database and broker."""
    folder = Path(tempfile.mkdtemp(prefix="callboard-scale-"))
    try:
        with backing(
            LocalSettings(run_dir=str(folder), admin_email="", starter_set="none")
        ) as parts:
            parts.wait()
            run(parts, folder, Console())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
