"""Where the system is that data goes to or comes from."""

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
    """The five databases and the broker of a system, and what its processes are told."""

    urls: dict[str, str]
    amqp_uri: str
    environ: Mapping[str, str]
    base: str = ""
    storage_url: str = ""

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Self:
        """The system that the environment names, else the local run. Raises TransferError."""
        named = {s: environ.get(f"{s.upper()}_DATABASE_URL", "") for s in SERVICES}
        settings = LocalSettings.load(environ)
        base = f"http://127.0.0.1:{settings.http_port}"
        if all(named.values()):
            return cls(named, environ.get("AMQP_URI", ""), environ, base, settings.storage_url)
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
        found = cls(parts["urls"], parts["amqp_uri"], {**environ, **keys}, base, storage)
        found.check(settings.folder)
        return found

    def check(self, folder: Path) -> None:
        """Raise TransferError if its database doesn't answer."""
        try:
            psycopg2.connect(self.urls["auth"], connect_timeout=3).close()
        except psycopg2.OperationalError:
            message = f"The local run in {folder} does not answer: start it with `make run`."
            raise TransferError(message) from None
