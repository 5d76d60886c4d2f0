"""The real parts behind a run or a test session: a provisioned database and a broker."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deploy.local.children import Child, Leftovers, stop_all
from deploy.local.postgres import Postgres
from deploy.local.provision import provision
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.settings import LocalSettings, Secrets
from services.common.migrations import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator

BACKING_SECONDS = 4.0


@dataclass(frozen=True)
class Parts:
    """Where database and broker are, and the processes that are ours to stop."""

    urls: dict[str, str]
    amqp_uri: str
    secrets: Secrets
    children: list[Child]


def environment() -> dict[str, str]:
    """What PostgreSQL and RabbitMQ get of our environment: nothing that is meant for us."""
    return {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}


@contextmanager
def backing(settings: LocalSettings) -> Iterator[Parts]:
    """Database and broker, started side by side, provisioned and migrated; stopped at the end.

    Raises StartError with one sentence.
    """
    folder = settings.folder
    folder.mkdir(parents=True, exist_ok=True)
    leftovers = Leftovers(folder)
    leftovers.clean()
    secrets = Secrets(folder)
    children: list[Child] = []
    try:
        broker = postgres = None
        if not settings.amqp_uri:
            broker = RabbitMQ(folder, secrets, environment())
            children += broker.children
            start(broker.children)
        if not settings.database_url:
            postgres = Postgres(folder, environment())
            children.append(postgres.child)
            postgres.child.start()
        leftovers.remember(children)
        urls = _database(settings, postgres, secrets)
        if broker is not None:
            broker.wait()
        yield Parts(urls, settings.amqp_uri or broker.uri, secrets, children)  # type: ignore[union-attr]
    finally:
        stop_all(children[::-1], BACKING_SECONDS)
        leftovers.path.unlink(missing_ok=True)


def start(children: list[Child]) -> None:
    """Start these processes."""
    for child in children:
        child.start()


def _database(settings: LocalSettings, postgres: Any, secrets: Secrets) -> dict[str, str]:
    if postgres is not None:
        postgres.wait()
    urls = provision(settings.database_url or postgres.url, secrets)
    for service, url in urls.items():
        upgrade(service, url)
    return urls
