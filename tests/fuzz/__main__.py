"""``make fuzz``: send generated requests to all operations, and print the faulty responses.

``REQUESTS`` (20000) is how many are sent in all, of either kind, ``SEED`` repeats a round, ``ONLY``
selects operations by a part of their path.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from schemathesis import GenerationMode

from deploy.local.parts import backing
from deploy.local.settings import LocalSettings
from tests.fuzz.attack import Attack, Finding
from tests.running import System
from tests.world import World


def run(attack: Attack, console: Console) -> list[Finding]:
    """Run all operations; prints findings as they come, and returns them."""
    result = []
    with Progress(console=console) as progress:
        task = progress.add_task("", total=len(attack.operations()))

        def next_one(name: str) -> bool:
            progress.update(task, description=name[:60].ljust(60), advance=1)
            return True

        for finding in attack.run(next_one):
            result.append(finding)
            console.print(f"[red]{finding.operation}[/]\n{finding.what}\n[dim]{finding.how}")
    return result


def main() -> None:
    """Run, print, and exit with status 1 if there are findings."""
    seed = int(os.environ.get("SEED", random.randrange(10**6)))
    total = int(os.environ.get("REQUESTS", "20000"))
    console = Console()
    folder = Path(tempfile.mkdtemp(prefix="callboard-fuzz-"))
    try:
        with backing(
            LocalSettings(run_dir=str(folder), admin_email="", starter_set="none")
        ) as parts:
            parts.wait()
            with System(parts, folder).up() as system:
                world = World()
                system.load(world.tables)
                attack = Attack(system, world, seed=seed, only=os.environ.get("ONLY", ""))
                attack.examples = max(1, total // (len(attack.operations()) * len(GenerationMode)))
                result = run(attack, console)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    console.print(f"{attack.sent} requests, seed {seed}, {len(result)} findings")
    for role, statuses in attack.statuses.items():
        console.print(role, dict(sorted(statuses.items())))
    sys.exit(bool(result))


if __name__ == "__main__":
    main()
