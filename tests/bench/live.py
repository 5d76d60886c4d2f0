"""Many live connections at one gateway process, while events come and others read rows."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final

import psutil
import psycopg2

from tests.running import token_for

if TYPE_CHECKING:
    from tests.bench.__main__ import Bench

CONNECTIONS: Final = 1000
#: Events a second, each of which one in ten connections hears.
RATE: Final = 100
PEOPLE: Final = 10
SECONDS: Final = 20.0
MIB: Final = 1024 * 1024
WRITE: Final = """
INSERT INTO outbox (event_id, name, payload, stored)
SELECT gen_random_uuid(), 'notification:new', jsonb_build_object(
  'notification_id', gen_random_uuid(), 'person_id', person,
  'sent', extract(epoch FROM clock_timestamp())), false
FROM unnest(%s::text[]) person
"""


def live(bench: Bench) -> None:
    """Measure delays, memory, and what is left for others."""
    people = [bench.world.person(f"listener {number}", "user") for number in range(PEOPLE)]
    bench.system.load(bench.world.tables)
    path = f"/data/departments/{bench.world.department}"
    alone = bench.load(path)
    before = bench.memory("gateway", peak=False)
    tokens = [token_for(people[number // 2 % PEOPLE]) for number in range(CONNECTIONS)]
    command = [sys.executable, "-m", "tests.bench.listeners", str(bench.system.port), str(SECONDS)]
    listeners = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert listeners.stdin is not None
    assert listeners.stdout is not None
    listeners.stdin.write(json.dumps(tokens))
    listeners.stdin.close()
    assert listeners.stdout.readline() == "ready\n"
    stopping = threading.Event()
    writer = threading.Thread(target=_write, args=(bench, people, stopping))
    writer.start()
    spent = _cpu_seconds(bench)
    time.sleep(SECONDS / 3)
    spent = _cpu_seconds(bench) - spent
    beside = bench.load(path)
    grown = bench.memory("gateway", peak=False) - before
    heard: dict[str, Any] = json.loads(listeners.stdout.readline())
    stopping.set()
    writer.join()
    listeners.wait(10)
    name = f"{CONNECTIONS} live connections"
    bench.note(f"{name}, deliveries", heard["heard"] / SECONDS, "/s", "plain", None)
    bench.note(f"{name}, commit to client, p50", heard["p50"], "ms", "time", None)
    bench.note(f"{name}, commit to client, p95", heard["p95"], "ms", "time", 100)
    # Unlike the rate of reads it is the same on a machine that has others to serve.
    bench.note(f"{name}, CPU of the gateway", spent / (SECONDS / 3), "cores", "time", 0.3)
    bench.note(f"{name}, memory of the gateway", grown / MIB, "MiB", "plain", 150)
    bench.note(f"{name}, reads beside them", beside["rate"] / alone["rate"], "", "share", 0.7)


def _cpu_seconds(bench: Bench) -> float:
    """CPU seconds of the gateway so far."""
    root = psutil.Process(bench.system.processes["gateway"].pid)
    times = [one.cpu_times() for one in [root, *root.children()]]
    return sum(one.user + one.system for one in times)


def _write(bench: Bench, people: list[str], stopping: threading.Event) -> None:
    """Commit an event for each in turn, at an even rate."""
    database = psycopg2.connect(bench.system.parts.urls["tasks"])
    database.autocommit = True
    began, sent = time.perf_counter(), 0
    with database.cursor() as cursor:
        while not stopping.wait(0.01):
            due = int((time.perf_counter() - began) * RATE) - sent
            if due > 0:
                chosen = [people[(sent + number) % PEOPLE] for number in range(due)]
                cursor.execute(WRITE, (chosen,))
                sent += due
    database.close()
