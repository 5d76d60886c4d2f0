"""Starting the whole system for tests, and clients of it."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import jwt
import kombu
import requests

from deploy.local.children import die_with_parent
from deploy.local.parts import Parts
from deploy.transfer.target import Target as TransferTarget
from tests.loading import Loader
from tests.scrape import Scrape, Target

SERVICES: Final = ("auth", "assets", "tasks", "chat", "crud")
SECRET: Final = "a-secret-of-the-tests-long-enough-to-be-taken"
ENCRYPTION: Final = "another-secret-of-the-tests-for-what-lies-at-rest"
WAIT: Final = 60.0


#: Below those that the kernel gives to outgoing connections. Each run begins somewhere else, as
#: several may run at once.
_PORTS: Final = itertools.islice(
    itertools.cycle(range(12_000, 32_000)), random.randrange(20_000), None
)


def free_port() -> int:
    """A free TCP port; a different one each time, as the caller may not have bound it yet."""
    for port in _PORTS:
        with socket.socket() as sock, contextlib.suppress(OSError):
            sock.bind(("127.0.0.1", port))
            return port
    raise AssertionError


def until(test: Any, seconds: float = 10.0, what: str = "condition") -> Any:
    """Wait until ``test()`` is truthy and return its value; a failure names ``what``."""
    end = time.monotonic() + seconds
    while True:
        result = test()
        if result:
            return result
        if time.monotonic() > end:
            message = f"{what} did not come within {seconds} s"
            raise AssertionError(message)
        time.sleep(0.02)


@dataclass
class System:
    """The processes of one Callboard, on the given database and broker."""

    parts: Parts
    folder: Path
    extra: dict[str, str] = field(default_factory=dict)
    app: str = "gateway.asgi:app"
    port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    metrics_ports: dict[str, int] = field(default_factory=dict)
    #: The clients since the rows were loaded.
    callers: list[Caller] = field(default_factory=list)
    loader: Loader | None = None

    @property
    def targets(self) -> list[Target]:
        """Where the metrics of each process are."""
        result = [Target(f"{self.base}/metrics", "gateway", "gateway")]
        for name, port in self.metrics_ports.items():
            url = f"http://127.0.0.1:{port}/metrics"
            result.append(Target(url, name.partition(".")[0], name))
        return result

    def scrape(self) -> Scrape:
        """The metrics of all processes that answer."""
        return Scrape(self.targets)

    @property
    def base(self) -> str:
        """The URL of the gateway."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def storage(self) -> Path:
        """The folder of stored files."""
        return self.folder / "storage"

    def environment(self) -> dict[str, str]:
        """The environment of each process."""
        own = {f"{name.upper()}_DATABASE_URL": url for name, url in self.parts.urls.items()}
        return {
            **os.environ,
            **own,
            "AMQP_URI": self.parts.amqp_uri,
            "BROKER_MANAGEMENT_URL": self.parts.management_url,
            "SECRET_KEY": SECRET,
            "ENCRYPTION_KEY": ENCRYPTION,
            "BCRYPT_COST": "4",
            "ACCEPT_DEFAULT_PASSWORD": "true",
            "MAIL_URL": f"file://{self.folder / 'mail'}",
            "HTTP_PORT": str(self.port),
            "BLOCKED_LOOP_SECONDS": "0.5",
            "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
            "STORAGE_URL": f"file://{self.storage}",
            **self.extra,
        }

    def commands(self) -> dict[str, list[str]]:
        """The processes by name."""
        python = sys.executable
        result = {name: [python, "-m", f"services.{name}"] for name in SERVICES}
        result["relay"] = [python, "-m", "services.common.events.relay"]
        result["webhooks"] = [python, "-m", "services.crud.webhooks.sender"]
        result["gateway"] = [
            python,
            "-m",
            "gunicorn",
            "-c",
            "deploy/gunicorn.conf.py",
            self.app,
        ]
        return result

    def start(self, *names: str, root: Path | None = None) -> None:
        """Start these processes, or all; ``tasks.2`` is a second one of ``tasks``.

        Their code is that in ``root``, else ours.
        """
        for name in names or self.commands():
            own = {}
            if name != "gateway":
                port = self.metrics_ports[name] = free_port()
                own["METRICS_PORT"] = str(port)
            with (self.folder / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    self.commands()[name.partition(".")[0]],
                    env={**self.environment(), **own},
                    stdout=log,
                    stderr=log,
                    cwd=root,
                    preexec_fn=die_with_parent(signal.SIGTERM),
                )

    @contextmanager
    def up(self) -> Iterator[System]:
        """Started and ready; stopped at the end."""
        self.start()
        try:
            self.wait()
            assert not self.ended(), self.ended()
            yield self
        finally:
            self.stop()

    def ended(self) -> list[str]:
        """The processes that don't run."""
        return [name for name, process in self.processes.items() if process.poll() is not None]

    def start_seconds(self, *services: str, root: Path | None = None) -> None:
        """Start one more process of each, and wait until it takes requests."""
        self.start(*(f"{service}.2" for service in services), root=root)
        for service in services:
            until(lambda s=service: self.consumers(s) == 2, WAIT, f"a second {service}")

    def consumers(self, service: str) -> int:
        """How many processes take requests for the service."""
        with kombu.Connection(self.parts.amqp_uri) as connection:
            return int(connection.channel().queue_declare(f"rpc-{service}", passive=True)[2])

    def restore(self) -> None:
        """Restart killed processes and stop additional replicas."""
        for name, process in list(self.processes.items()):
            if "." in name:
                process.terminate()
                process.wait(15)
                del self.processes[name]
        for child in self.parts.children:
            if child.ended():
                child.start()
        self.parts.wait()
        if dead := [name for name in self.commands() if self.processes[name].poll() is not None]:
            self.start(*dead)
        until(lambda: all(self.consumers(name) == 1 for name in SERVICES), WAIT, "one of each")
        self.wait()

    def wait(self) -> None:
        """Wait until the gateway reports all components as ready."""
        until(self.is_ready, WAIT, "a ready system")

    def is_ready(self) -> bool:
        """Whether all components are ready."""
        try:
            return requests.get(f"{self.base}/health/ready", timeout=2).status_code == 200
        except requests.RequestException:
            return False

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to one process and wait for its end (unless it is only stopped)."""
        self.processes[name].send_signal(number)
        if number not in {signal.SIGSTOP, signal.SIGCONT}:
            self.processes[name].wait(15)

    def stop(self) -> None:
        """End all processes."""
        if self.loader is not None:
            self.loader.close()
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(12)
            except subprocess.TimeoutExpired:
                process.kill()

    def load(self, tables: dict[str, list[dict[str, Any]]]) -> None:
        """Make these rows the only ones in the five databases, and the caches fresh.

        What clients of ``caller`` wrote before is in the event log then, so that no event of one
        test is logged in the next.
        """
        for caller in self.callers:
            if caller.session.cookies:
                with contextlib.suppress(requests.RequestException):
                    caller.get("/data/events/last?limit=0", timeout=2)
        self.callers.clear()
        if self.loader is None:
            self.loader = Loader(self.target)
        self.loader.load(tables)

    @property
    def target(self) -> TransferTarget:
        """The system as imports and exports see it."""
        return TransferTarget(self.parts.urls, self.parts.amqp_uri, self.environment(), self.base)

    def caller(self, person: str, **claims: Any) -> Caller:
        """A client logged in as that person."""
        caller = Caller(self.base, token_for(person, **claims))
        self.callers.append(caller)
        return caller

    def logs(self) -> str:
        """All log lines so far."""
        return "".join(path.read_text("utf-8", "replace") for path in self.folder.glob("*.log"))

    def warnings(self) -> list[str]:
        """Log lines that say that something is amiss, in the order of time; none of slowness."""
        usual = ('"level":"INFO"', '"seconds":')
        lines = self.logs().splitlines()
        return sorted(line for line in lines if not any(word in line for word in usual))

    def faults(self) -> list[str]:
        """Log lines of our processes that tell of a fault of theirs."""
        levels = ('"level":"ERROR"', '"level":"CRITICAL"')
        return [line for line in self.warnings() if any(level in line for level in levels)]


class Caller:
    """A client of the gateway with a token."""

    def __init__(self, base: str, token: str | None) -> None:
        self.base, self.session = base, requests.Session()
        if token:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def send(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        """One request."""
        if body is not None:
            options["json"] = body
        options.setdefault("timeout", 20)
        return self.session.request(method, self.base + path, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        """Read."""
        return self.send("GET", path, **options)

    def post(self, path: str, body: Any, **options: Any) -> requests.Response:
        """Create."""
        return self.send("POST", path, body, **options)

    def put(self, path: str, body: Any, **options: Any) -> requests.Response:
        """Change."""
        return self.send("PUT", path, body, **options)

    def delete(self, path: str, **options: Any) -> requests.Response:
        """Remove."""
        return self.send("DELETE", path, **options)


def token_for(person: str, kind: str = "access", secret: str = SECRET, **claims: Any) -> str:
    """A token as ``auth`` signs them."""
    now = int(time.time())
    payload = {
        "sub": person,
        "type": kind,
        "jti": str(uuid.uuid4()),
        "iat": now,
        "nbf": now,
        "exp": now + 3600,
        "fresh": False,
        "identity_type": "person",
        "refresh_jti": str(uuid.uuid4()),
        **claims,
    }
    return jwt.encode(payload, secret, algorithm="HS256")
