"""The database and the broker of a run or a test session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy.local.children import Child, Leftovers, stop_all
from deploy.local.postgres import Postgres
from deploy.local.provision import is_prepared, provision
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.settings import LocalSettings, Secrets, StartError, StoppedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Seconds in which database and broker must stop; the broker needs a few.
BACKING_SECONDS = 7.0


@dataclass(frozen=True)
class Parts:
    """URLs of database and broker, and the processes started for them."""

    urls: dict[str, str]
    amqp_uri: str
    secrets: Secrets
    children: list[Child]
    broker: RabbitMQ | None
    created_admin: bool = False

    @property
    def management_url(self) -> str:
        """Where the broker's management answers; empty for that of a broker elsewhere."""
        return self.broker.management_url if self.broker is not None else ""

    def wait(self, stopping: threading.Event | None = None) -> None:
        """Wait until the broker accepts connections. Raises StartError, StoppedError."""
        if self.broker is not None:
            self.broker.wait(stopping or threading.Event())


def environment() -> dict[str, str]:
    """A minimal environment for PostgreSQL and RabbitMQ, without ``PG…`` and ``RABBITMQ_…``."""
    return {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}


@contextmanager
def backing(settings: LocalSettings, stopping: threading.Event | None = None) -> Iterator[Parts]:
    """Start database and broker concurrently, and stop them at the end.

    The database is provisioned and migrated; the broker may still be starting (``Parts.wait``).
    Raises StartError with one sentence, and StoppedError when ``stopping`` is set meanwhile.
    """
    stopping = stopping or threading.Event()
    folder = settings.folder
    folder.mkdir(parents=True, exist_ok=True)
    leftovers = Leftovers(folder)
    leftovers.clean()
    secrets = Secrets(folder)
    children: list[Child] = []
    try:
        broker: RabbitMQ | None = None
        postgres: Postgres | None = None
        if not settings.amqp_uri:
            broker = RabbitMQ(folder, secrets, environment())
            children += broker.children
            start(broker.children)
        if not settings.database_url:
            postgres = Postgres(folder, environment())
            children.append(postgres.child)
            postgres.child.start()
        leftovers.remember(children)
        if postgres is not None:
            postgres.wait(stopping)
        urls = provision(postgres.url if postgres else settings.database_url, secrets)
        ready = is_prepared(urls, with_admin=bool(settings.admin_email))
        created = not ready and prepare(urls, settings, secrets, stopping)
        uri = broker.uri if broker else settings.amqp_uri
        yield Parts(urls, uri, secrets, children, broker, created)
    finally:
        stop_all(children[::-1], BACKING_SECONDS)
        leftovers.path.unlink(missing_ok=True)


def start(children: Sequence[Child]) -> None:
    """Start these processes."""
    for child in children:
        child.start()


def prepare(
    urls: dict[str, str], settings: LocalSettings, secrets: Secrets, stopping: threading.Event
) -> bool:
    """Migrate, and create what a studio starts with; returns whether an administrator was made.

    Raises StartError, and StoppedError when ``stopping`` is set meanwhile.
    """
    password = settings.admin_password or secrets.get("admin_password", 20)
    arguments = {
        "urls": urls,
        "email": settings.admin_email,
        "password": password,
        "starter_set": settings.starter_set,
    }
    # Files rather than pipes, which could fill up while nobody reads; on standard input, since
    # command lines are visible to other users.
    with (
        tempfile.TemporaryFile("w+") as stdin,
        tempfile.TemporaryFile("w+") as stdout,
        tempfile.TemporaryFile("w+") as stderr,
    ):
        json.dump(arguments, stdin)
        stdin.seek(0)
        # A session of its own: Ctrl-C must reach the supervisor only.
        child = subprocess.Popen(
            [sys.executable, "-m", "deploy.local.prepare"],
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
        while child.poll() is None:
            if stopping.wait(0.05):
                child.kill()
                child.wait()
                raise StoppedError
        stdout.seek(0)
        stderr.seek(0)
        if child.returncode != 0:
            reason = (stderr.read().strip() or "no reason given").split("\n")[-1]
            message = f"The database could not be prepared: {reason}"
            raise StartError(message)
        return bool(json.loads(stdout.read().splitlines()[-1])["created"])
