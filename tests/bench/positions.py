"""Writes followed at once by a read in another service that depends on them, under load."""

from __future__ import annotations

import os
import statistics
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from tqdm import tqdm

from tests.running import SERVICES
from tests.writing import PAIRS, Writer

if TYPE_CHECKING:
    from tests.bench.__main__ import Bench

#: Rounds of each pair of services.
ROUNDS: Final = int(os.environ.get("POSITION_ROUNDS", "200"))
#: Clients at once, who are each other's load.
CLIENTS: Final = 4


def positions(bench: Bench) -> None:
    """Count stale reads, and measure what the dependent reads take, with two replicas of all."""
    bench.system.load(bench.world.tables)
    bench.system.start_seconds(*SERVICES)
    writers = [Writer(bench.system.caller(bench.world.admin), bench.world) for _ in range(CLIENTS)]
    stale = 0
    mutex = threading.Lock()
    with tqdm(total=len(PAIRS) * ROUNDS, desc="rounds", leave=False) as bar:

        def play(writer: Writer, pair: str) -> int:
            found = 0
            for _ in range(ROUNDS // CLIENTS):
                found += writer.is_stale(pair)
                with mutex:
                    bar.update()
            return found

        with ThreadPoolExecutor(CLIENTS) as pool:
            for pair in PAIRS:
                stale += sum(pool.map(play, writers, [pair] * CLIENTS))
    seconds = sorted(second for writer in writers for second in writer.seconds)
    name = f"{len(PAIRS)} x {ROUNDS} dependent reads"
    bench.note(f"{name}, stale", stale, "", "plain", 0)
    behind = sum(writer.behind for writer in writers)
    bench.note(f"{name}, said to be behind", behind, "", "plain", None)
    bench.note(f"{name}, p50", statistics.median(seconds) * 1000, "ms", "time", None)
    bench.note(f"{name}, p95", seconds[int(len(seconds) * 0.95)] * 1000, "ms", "time", 60)
    bench.system.restore()
