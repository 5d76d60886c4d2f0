"""``make bench``: start a system, measure it, print a table and save it as JSON.

Shared machines drift, so every rate and time is also given for *yardstick 390*: a machine and
minute in which a stock nameko service answers 390 one-at-a-time echo calls a second.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import bcrypt
import falcon.asgi
import falcon.testing
import psutil
import psycopg2
from kombu import Connection, Exchange, Queue
from nameko.exceptions import UnknownService
from nameko.standalone.rpc import ClusterRpcProxy
from tqdm import tqdm

from deploy.local.parts import Parts, backing
from deploy.local.settings import LocalSettings
from gateway.identity import Authenticator
from services.common.access.signing_keys import KeyRing
from services.common.wire.rpc_protocol import Reply
from tests.bench.backlog import backlog
from tests.bench.boot import boot
from tests.bench.connections import connections
from tests.bench.figures import figures
from tests.bench.live import live
from tests.bench.pages import pages
from tests.bench.positions import positions
from tests.bench.production import production
from tests.bench.search import search
from tests.bench.start import start_seconds
from tests.bench.transfer import transfers
from tests.running import SECRET, Caller, System, until
from tests.world import World, ident

STANDARD: Final = 390.0
SECONDS: Final = 6.0
ENTITIES: Final = 10_000
RELAYED: Final = 20_000
WRITES: Final = 200
MIB: Final = 1024 * 1024
OUT: Final = Path(os.environ.get("RUN_DIR", ".run")) / "bench.json"


@dataclass
class Figure:
    """One line of the table.

    ``kind`` says how it scales, and whether more is better: a ``rate`` or a ``time``; a ``share``
    and what is ``plain`` don't scale.
    """

    name: str
    value: float
    unit: str
    kind: str = "plain"
    target: float | None = None
    scaled: float = 0.0

    def scale(self, yardstick: float) -> None:
        """Fill in the value for yardstick 390."""
        factor = {"rate": STANDARD / yardstick, "time": yardstick / STANDARD}.get(self.kind, 1.0)
        self.scaled = self.value * factor

    @property
    def verdict(self) -> str:
        """Whether the target is met."""
        if self.target is None:
            return ""
        more = self.kind in {"rate", "share"}
        met = self.scaled >= self.target if more else self.scaled <= self.target
        return "met" if met else "MISSED"


class Bench:
    """Measures one running system."""

    def __init__(self, system: System, world: World) -> None:
        self.system, self.world = system, world
        self.admin = system.caller(world.admin)
        self.token = self.admin.session.headers["Authorization"].split()[1]  # type: ignore[union-attr]
        self.figures: list[Figure] = []

    def note(self, name: str, value: float, unit: str, kind: str, target: float | None) -> None:
        """Add a figure."""
        self.figures.append(Figure(name, value, unit, kind, target))

    def yardstick(self) -> float:
        """Echo calls a second of a stock service to a stock caller, one at a time."""
        rates = []
        config = {"AMQP_URI": self.system.parts.amqp_uri}
        with ClusterRpcProxy(config) as proxy:
            for _ in range(3):
                began = time.perf_counter()
                for _ in range(400):
                    proxy.yardstick.echo("x")
                rates.append(400 / (time.perf_counter() - began))
        return statistics.median(rates)

    def time_factor(self) -> float:
        """What scales a time that is measured now."""
        return self.yardstick() / STANDARD

    def warm(self) -> bool:
        """Warm the stock service up: its first calls are not counted."""
        try:
            return self.yardstick() > 0
        except UnknownService:
            return False

    def load(self, path: str, connections: int = 8) -> dict[str, float]:
        """Run the load generator on one path; returns its figures."""
        return self.play([[["GET", path]]] * connections)

    def play(self, plans: Sequence[Sequence[Any]], seconds: float = SECONDS) -> dict[str, float]:
        """Run the load generator with a plan for each connection; returns its figures."""
        command = [sys.executable, "-m", "tests.bench.load", str(self.system.port), str(seconds)]
        given = json.dumps({"token": self.token, "plans": plans})
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
        body: dict[str, float] = json.loads(done.stdout)
        assert not body["failures"], body
        return body

    def single_rows(self) -> None:
        """Measure single-row reads, and an echo over the same chain as their lower bound."""
        floor = self.load(f"/bench/echo/{ident('x')}")
        read = self.load(f"/data/departments/{self.world.department}")
        one = self.load(f"/data/departments/{self.world.department}", 1)
        self.note(
            "echo through gateway and service, 8 connections", floor["rate"], "/s", "rate", None
        )
        self.note("single-row read, 8 connections", read["rate"], "/s", "rate", 1200)
        self.note("single-row read, p50", read["p50"], "ms", "time", 7)
        self.note("single-row read, p95", read["p95"], "ms", "time", None)
        self.note("single-row read, one connection, p50", one["p50"], "ms", "time", None)
        known = self.load("/auth/authenticated")
        self.note("auth/authenticated, 8 connections", known["rate"], "/s", "rate", 2000)
        self.note("read as a share of echo", read["rate"] / floor["rate"], "", "share", 0.6)

    def log_ins(self) -> None:
        """Measure ten concurrent log-ins, and the latency of other requests meanwhile."""
        person = {"first_name": "A", "last_name": "B", "email": "door@example.com"}
        assert self.admin.post("/data/persons", {**person, "password": "a password"}).ok
        body = {"email": "door@example.com", "password": "a password"}

        def log_in(_number: int) -> float:
            began = time.perf_counter()
            assert Caller(self.system.base, None).post("/auth/login", body).ok
            return time.perf_counter() - began

        began = time.perf_counter()
        bcrypt.checkpw(b"x", bcrypt.hashpw(b"y", bcrypt.gensalt(12)))
        hash_ms = (time.perf_counter() - began) * 1000 / 2
        alone = statistics.median(log_in(0) for _ in range(3))
        with self.others() as meanwhile, ThreadPoolExecutor(10) as pool:
            together = list(pool.map(log_in, range(20)))
        self.note("one bcrypt hash, cost 12", hash_ms, "ms", "time", None)
        self.note("log-in alone", alone * 1000, "ms", "time", None)
        self.note(
            "log-in, ten at once, p50", statistics.median(together) * 1000, "ms", "time", None
        )
        self.note("others during ten log-ins, p95", _p95(meanwhile) * 1000, "ms", "time", 50)

    def verification(self) -> None:
        """Measure the verification of a known token with a cached actor."""
        spent = asyncio.run(self._identifying(2000)) * 1000
        self.note("verifying a request, actor cached", spent, "ms", "time", 0.3)

    async def _identifying(self, rounds: int) -> float:
        """Seconds that one request's caller takes to establish."""

        async def auth(*_: object) -> Reply:
            return Reply(b"{}", headers={"people": "{}"})

        authenticator = Authenticator(KeyRing(SECRET), 3600.0, auth)
        scope = falcon.testing.create_scope(headers={"Authorization": f"Bearer {self.token}"})
        request = falcon.asgi.Request(scope, auth)
        await authenticator.identify(request)
        began = time.perf_counter()
        for _ in range(rounds):
            await authenticator.identify(request)
        return (time.perf_counter() - began) / rounds

    @contextmanager
    def others(self) -> Iterator[list[float]]:
        """Read single rows in the background; collects their latencies."""
        times: list[float] = []
        stopping = threading.Event()

        def ask() -> None:
            caller = Caller(self.system.base, self.token)
            path = f"/data/task-types/{self.world.task_type}"
            while not stopping.is_set():
                began = time.perf_counter()
                assert caller.get(path).status_code == 200
                times.append(time.perf_counter() - began)

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            yield times
        finally:
            stopping.set()
            thread.join()

    def long_list(self) -> None:
        """Measure a list of all entities of a large production, and other requests meanwhile."""
        for number in range(ENTITIES - 3):
            self.world.add(
                "entity",
                f"s{number}",
                name=f"SH{number:05d}",
                project_id=self.world.project,
                entity_type_id=self.world.types["Shot"],
                parent_id=self.world.sequence,
                status="running",
                is_shared=False,
                nb_frames=number % 200,
                description="A shot in which somebody looks out of a window",
                data={"frame_in": 1001, "frame_out": 1001 + number % 200, "weather": "fog"},
            )
        self.system.load(self.world.tables)
        self.admin.get("/data/entities")
        before = self.memory("gateway", "assets", peak=False)
        times = []
        with self.others() as meanwhile:
            for _ in range(5):
                began = time.perf_counter()
                size = len(self.admin.get("/data/entities").content)
                times.append(time.perf_counter() - began)
        grown = self.memory("gateway", "assets", peak=True) - before
        name = f"{ENTITIES} entities"
        self.note(f"{name}, first byte to last", statistics.median(times) * 1000, "ms", "time", 250)
        self.note(f"{name}, JSON", size / MIB, "MiB", "plain", None)
        self.note(f"{name}, memory of gateway and service", grown / MIB, "MiB", "plain", 60)
        self.note("another request meanwhile, p95", _p95(meanwhile) * 1000, "ms", "time", 50)

    def memory(self, *names: str, peak: bool) -> int:
        """Resident bytes of these processes: now, or the peak since the last call."""
        total = 0
        for name in names:
            root = psutil.Process(self.system.processes[name].pid)
            for process in [root, *root.children(recursive=True)]:
                total += _resident(process.pid, peak=peak)
                if not peak:
                    Path(f"/proc/{process.pid}/clear_refs").write_text("5")
        return total

    def events(self) -> None:
        """Measure the delay from commit to subscriber, and the throughput of the relay."""
        waits: list[float] = []
        stopping = threading.Event()

        def keep(_payload: Any, message: Any) -> None:
            sent = datetime.fromisoformat(message.headers["time"]).replace(tzinfo=UTC)
            waits.append((datetime.now(UTC) - sent).total_seconds())
            message.ack()

        queue = Queue(
            f"bench-{uuid.uuid4()}",
            Exchange("auth.events", "topic"),
            routing_key="department:new",
            auto_delete=True,
        )
        with Connection(self.system.parts.amqp_uri) as connection:
            with connection.Consumer([queue], callbacks=[keep]):
                thread = threading.Thread(target=_drain, args=(connection, stopping))
                thread.start()
                for _ in range(WRITES):
                    body = {"name": uuid.uuid4().hex, "color": "#123456"}
                    assert self.admin.post("/data/departments", body).status_code == 200
                until(lambda: len(waits) >= WRITES, what="the events")
                stopping.set()
                thread.join()
        self.note("commit to subscriber, p50", statistics.median(waits) * 1000, "ms", "time", None)
        self.note("commit to subscriber, p95", _p95(waits) * 1000, "ms", "time", 50)
        self.note("relay", self._relay_rate(), "events/s", "rate", 2000)

    def _relay_rate(self) -> float:
        database = psycopg2.connect(self.system.parts.urls["chat"])
        with database, database.cursor() as cursor:
            cursor.execute(
                "INSERT INTO outbox (event_id, name, payload, stored) "
                "SELECT gen_random_uuid(), 'bench:event', '{\"a\": 1}', false "
                "FROM generate_series(1, %s)",
                (RELAYED,),
            )
        began = time.perf_counter()

        def empty() -> bool:
            with database, database.cursor() as cursor:
                cursor.execute("SELECT NOT EXISTS (SELECT FROM outbox)")
                return bool(cursor.fetchone()[0])

        until(empty, 60, "an empty outbox")
        rate = RELAYED / (time.perf_counter() - began)
        database.close()
        return rate

    def idle_memory(self) -> None:
        """Measure the memory of all idle processes, the supervisor included."""
        total = 0
        for process in self.system.processes.values():
            root = psutil.Process(process.pid)
            for one in [root, *root.children(recursive=True)]:
                total += _resident(one.pid, peak=False)
        self.note("idle memory, processes of the system", total / MIB, "MiB", "plain", 450)


def _resident(pid: int, *, peak: bool) -> int:
    field = "VmHWM" if peak else "VmRSS"
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    return 0


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def _drain(connection: Any, stopping: threading.Event) -> None:
    while not stopping.is_set():
        try:
            connection.drain_events(timeout=0.2)
        except TimeoutError:
            continue


@contextmanager
def running(parts: Parts, folder: Path) -> Iterator[System]:
    """Start the system, the echo service and the stock nameko service."""
    url = parts.urls["chat"]
    extra = {"ECHO_DATABASE_URL": url, "BCRYPT_COST": "12"}
    system = System(parts, folder, extra, app="tests.bench.asgi:app")
    config = folder / "nameko.yaml"
    config.write_text(f'AMQP_URI: "{parts.amqp_uri}"\n')
    stock = "from nameko.cli.main import main; main()"
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-c",
        stock,
        "run",
        "--config",
        str(config),
        "tests.bench.echo:Yardstick",
    ]
    echo = [sys.executable, "-m", "tests.bench.echo"]
    with (folder / "echo.log").open("ab") as log:
        others = [
            subprocess.Popen(one, env=system.environment(), stdout=log, stderr=log)
            for one in (echo, command)
        ]
    try:
        with system.up():
            yield system
    finally:
        for process in others:
            process.terminate()
            process.wait(10)


def report(figures: list[Figure], yardsticks: list[float]) -> None:
    """Print the table and save it."""
    yardstick = statistics.median(yardsticks)
    for figure in figures:
        figure.scale(yardstick)
    spread = f"{len(yardsticks)} times, {min(yardsticks):.0f} to {max(yardsticks):.0f}"
    print(f"\n{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"yardstick {yardstick:.0f} ({spread}); scaled to {STANDARD:.0f}\n")
    print(f"{'':<52}{'measured':>12}{'scaled':>12}{'target':>10}")
    for figure in figures:
        target = f"{figure.target:g}" if figure.target is not None else ""
        print(
            f"{figure.name:<52}{figure.value:>12.2f}{figure.scaled:>12.2f}{target:>10}"
            f"  {figure.unit:<9}{figure.verdict}"
        )
    OUT.parent.mkdir(parents=True, exist_ok=True)
    kept = {
        "time": datetime.now(UTC).isoformat(),
        "yardsticks": yardsticks,
        "figures": [asdict(figure) for figure in figures],
    }
    OUT.write_text(json.dumps(kept, indent=1))
    print(f"\nkept in {OUT}")


def main() -> None:
    """Run all benchmarks."""
    folder = Path(tempfile.mkdtemp(prefix="callboard-bench-"))
    try:
        starts = [start_seconds(folder / "run") for _ in tqdm(("first", "second"), desc="starting")]
        with backing(
            LocalSettings(run_dir=str(folder), admin_email="", starter_set="none")
        ) as parts:
            parts.wait()
            with running(parts, folder) as system:
                world = World()
                system.load(world.tables)
                bench = Bench(system, world)
                bench.note("make run, first start", starts[0], "s", "time", None)
                bench.note("make run, second start", starts[1], "s", "time", 12)
                until(lambda: system.caller(world.admin).get("/bench/echo/x").ok, what="the echo")
                steps: list[Callable[[], Any]] = [
                    bench.idle_memory,
                    bench.single_rows,
                    lambda: connections(bench),
                    lambda: live(bench),
                    lambda: backlog(bench),
                    lambda: positions(bench),
                    bench.verification,
                    bench.log_ins,
                    bench.events,
                    bench.long_list,
                    lambda: boot(bench),
                    lambda: production(bench),
                    lambda: figures(bench),
                    lambda: pages(bench),
                    lambda: search(bench),
                    lambda: transfers(system, folder, bench.note),
                ]
                only: dict[str, list[Callable[[], Any]]] = {
                    "pages": [lambda: pages(bench)],
                    "live": [lambda: live(bench)],
                    "backlog": [lambda: backlog(bench)],
                    "positions": [lambda: positions(bench)],
                    "figures": [lambda: figures(bench)],
                    "search": [lambda: search(bench)],
                }
                steps = only.get(os.environ.get("ONLY", ""), steps)
                until(bench.warm, 20, "the stock service")
                yardsticks = []
                for step in tqdm(steps, desc="measuring"):
                    yardsticks.append(bench.yardstick())
                    step()
                report(bench.figures, [*yardsticks, bench.yardstick()])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
