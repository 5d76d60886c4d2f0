"""Settings of a process, read once from its environment and then frozen.

A missing or malformed variable stops the start with a message that names it. Only ``__main__``
modules and ``gateway.asgi`` read the environment; tests build settings directly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Self

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

WEAK_SECRETS: Final = frozenset({"", "secret", "changeme", "mysecretkey", "secretkey"})
SECRET_LENGTH: Final = 32


class ConfigError(Exception):
    """The environment is invalid; the message says what to set."""


def check_secret(secret: str, name: str = "SECRET_KEY") -> None:
    """Raise ConfigError for a key that is short or a known default."""
    if secret.lower() in WEAK_SECRETS or len(secret) < SECRET_LENGTH:
        message = (
            f"{name} must be at least {SECRET_LENGTH} characters and not a known default; "
            "make one with: python -c 'import secrets; print(secrets.token_hex(32))'"
        )
        raise ConfigError(message)


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename=str.upper):
    """Settings of every process."""

    amqp_uri: str
    #: Signs access tokens; at least ``SECRET_LENGTH`` characters.
    secret_key: str
    #: Previous keys, separated by commas, whose tokens are still accepted.
    previous_secret_keys: str = ""
    log_level: str = "INFO"
    log_format: str = "json"
    #: Seconds an RPC call may take; a missing heartbeat fails it earlier.
    rpc_deadline: float = 8.0
    #: Requests that take more seconds are logged.
    slow_request_seconds: float = 2.0
    #: SQL statements that take more seconds are logged.
    slow_query_seconds: float = 0.5
    #: Where traces are exported to, see ``tracing.configure``; empty switches tracing off.
    otel_exporter_otlp_endpoint: str = ""

    @property
    def old_keys(self) -> list[str]:
        """The keys in ``previous_secret_keys``."""
        return [key.strip() for key in self.previous_secret_keys.split(",") if key.strip()]

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Self:
        """Build the settings from an environment.

        Raises ConfigError with a message for the operator instead of a traceback.
        """
        names = {field.encode_name for field in msgspec.structs.fields(cls)}
        values = {name: value for name, value in environ.items() if name in names}
        try:
            # Not strict: environment variables are text, also those of numbers.
            settings = msgspec.convert(values, cls, strict=False)
        except msgspec.ValidationError as error:
            message = f"The environment is incomplete: {error}"
            raise ConfigError(message) from error
        for secret in (settings.secret_key, *settings.old_keys):
            check_secret(secret)
        return settings


class ProcessSettings(Settings, frozen=True, kw_only=True, rename=str.upper):
    """Settings of a process without an HTTP API: how it exposes health and metrics."""

    #: Folder of the liveness and readiness files (``health_files``); empty for none.
    health_dir: str = ""
    #: Port that Prometheus scrapes; 0 or empty serves no metrics.
    metrics_port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 0
    #: Address that ``metrics_port`` listens on; the images set 0.0.0.0.
    metrics_host: str = "127.0.0.1"

    @classmethod
    def for_service(cls, name: str, environ: Mapping[str, str]) -> Self:
        """Settings of one process: ``<NAME>_POOL_SIZE`` takes precedence over ``POOL_SIZE``."""
        prefix = f"{name.upper()}_"
        prefixed = {
            key.removeprefix(prefix): value
            for key, value in environ.items()
            if key.startswith(prefix)
        }
        merged = {**environ, **prefixed}
        if not merged.get("METRICS_PORT"):
            merged["METRICS_PORT"] = "0"
        return cls.load(merged)


class ServiceSettings(ProcessSettings, frozen=True, kw_only=True, rename=str.upper):
    """Settings of a service: its database, and its concurrency."""

    database_url: str
    #: Calls and event handlers that run concurrently in one process.
    max_workers: int = 48
    #: Unacknowledged requests the broker sends to one process, at most ``max_workers``.
    prefetch_count: int = 64
    #: Connections of each of the two pools.
    pool_size: int = 10


class FileSettings(ServiceSettings, frozen=True, kw_only=True, rename=str.upper):
    """Settings of a service that stores files."""

    #: ``file:///folder``, or ``s3://bucket/folder`` with the usual ``AWS_*`` variables.
    storage_url: str
