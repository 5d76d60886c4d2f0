"""A receiver of web hooks that was off for an hour of a hundred events a second."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

import psycopg2
from tqdm import tqdm

from tests.bench.live import WRITE
from tests.running import until

if TYPE_CHECKING:
    from tests.bench.__main__ import Bench

EVENTS: Final = 36_000
#: Events of one transaction, as a studio's largest are.
AT_ONCE: Final = 1000
SECONDS: Final = 600


def backlog(bench: Bench) -> None:
    """Measure how long the events take to be described, and then to be sent in order."""
    bench.system.load(bench.world.tables)
    command = [sys.executable, "-m", "tests.bench.receiver", str(EVENTS)]
    receiver = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        _measure(bench, receiver)
    finally:
        receiver.kill()
        receiver.wait()


def _measure(bench: Bench, receiver: subprocess.Popen[str]) -> None:
    assert receiver.stdout is not None
    url = f"http://127.0.0.1:{int(receiver.stdout.readline())}/hook"
    body = {"url": url, "names": ["notification:*"]}
    assert bench.admin.post("/data/webhooks", body).ok
    bench.system.kill("webhooks")
    described = _fill(bench)
    bench.note("events described and kept", EVENTS / described, "/s", "rate", None)
    began = time.perf_counter()
    bench.system.start("webhooks")
    assert receiver.stdout.readline() == "done\n"
    bench.note(f"web hook, {EVENTS} events late", time.perf_counter() - began, "s", "time", 60)


def _fill(bench: Bench) -> float:
    """Emit the events; returns the seconds until all are in the history."""
    tasks, crud = (psycopg2.connect(bench.system.parts.urls[one]) for one in ("tasks", "crud"))
    tasks.autocommit = crud.autocommit = True
    began = time.perf_counter()
    with tasks.cursor() as cursor:
        for _ in tqdm(range(EVENTS // AT_ONCE), desc="events", leave=False):
            cursor.execute(WRITE, ([bench.world.people["artist"]] * AT_ONCE,))
    with crud.cursor() as cursor:

        def kept() -> bool:
            cursor.execute("SELECT count(*) FROM event_history WHERE name = 'notification:new'")
            return bool(cursor.fetchone()[0] >= EVENTS)

        until(kept, SECONDS, "the history")
    tasks.close()
    crud.close()
    return time.perf_counter() - began
