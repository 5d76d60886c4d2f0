"""The throughput of import and export."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from deploy.transfer.dump import DumpFile
from deploy.transfer.export import export
from deploy.transfer.load import load, load_tables
from tests.bench.rows import write
from tests.running import System
from tests.world import World, ident

ROWS: Final = 100_000
PROMISED: Final = 1_000_000 / 180
SMALL: Final = 200
Note = Callable[[str, float, str, str, float | None], None]


def transfers(system: System, folder: Path, note: Note) -> None:
    """Measure a small import, a large one, and its export."""
    note(f"import of {SMALL} rows, caches fresh", small(system) * 1000, "ms", "time", 300)
    count = write(folder / "rows.json.gz", ROWS)
    batches = DumpFile(folder / "rows.json.gz").batches()
    seconds = timed(lambda: load(system.target, batches, replace=True))
    note(f"import of {ROWS} rows", count / seconds, "rows/s", "rate", PROMISED)
    seconds = timed(lambda: export(system.target, folder / "out.json.gz"))
    note(f"export of {ROWS} rows", count / seconds, "rows/s", "rate", PROMISED)


def small(system: System) -> float:
    """The seconds of a small import, process start included."""
    tables = World().tables
    for number in range(SMALL - sum(map(len, tables.values()))):
        row = {**tables["department"][0], "id": ident(f"d{number}"), "name": f"D{number}"}
        tables["department"].append(row)
    return statistics.median(timed(lambda: load_tables(system.target, tables)) for _ in range(9))


def timed(work: Callable[[], Any]) -> float:
    """Run a command; returns its seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
