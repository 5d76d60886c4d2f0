"""The system that commands read from or write to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import psycopg2

from deploy.local.settings import SERVICES, LocalSettings, Secrets
from deploy.transfer.report import TransferError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Target:
    """A system's databases, broker, API and storage, and the environment with its keys."""

    urls: dict[str, str]
    amqp_uri: str
    environ: Mapping[str, str]
    base: str = ""
    storage_url: str = ""

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Self:
        """The system that the environment names, else the local run. Raises TransferError."""
        urls = {s: environ.get(f"{s.upper()}_DATABASE_URL", "") for s in SERVICES}
        settings = LocalSettings.load(environ)
        base = f"http://127.0.0.1:{settings.http_port}"
        if all(urls.values()):
            return cls(urls, environ.get("AMQP_URI", ""), environ, base, settings.storage_url)
        secrets = Secrets(settings.folder)
        parts: Any = secrets.values.get("parts")
        if not parts:
            message = f"There is no local run in {settings.folder}: start it with `make run`."
            raise TransferError(message)
        keys = {
            "SECRET_KEY": settings.secret_key or secrets.get("secret_key", 64),
            "ENCRYPTION_KEY": settings.encryption_key or secrets.get("encryption_key", 64),
        }
        storage = settings.storage_url or f"file://{settings.folder / 'storage'}"
        # A run that an earlier release started has no management, nor do brokers elsewhere.
        if url := parts.get("management_url"):
            keys["BROKER_MANAGEMENT_URL"] = url
        target = cls(parts["urls"], parts["amqp_uri"], {**environ, **keys}, base, storage)
        target.check(settings.folder)
        return target

    def check(self, folder: Path) -> None:
        """Raise TransferError if the local run's database doesn't answer."""
        try:
            psycopg2.connect(self.urls["auth"], connect_timeout=3).close()
        except psycopg2.OperationalError:
            message = f"The local run in {folder} does not answer: start it with `make run`."
            raise TransferError(message) from None
