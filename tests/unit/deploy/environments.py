"""Whether an environment starts a process, according to its settings class."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import msgspec

from deploy.prepare import UrlPasswords
from gateway.config import GatewaySettings
from services.common.config import ProcessSettings, ServiceSettings
from services.common.wire.topology import SERVICES
from services.crud.webhooks.sender import SenderSettings

STORAGE: Final = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_REGION",
    "AWS_ENDPOINT_URL",
}
"""What the storage's library reads itself (docs/files.md)."""
GUNICORN: Final = {"HTTP_PORT", "WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS"}
"""What deploy/gunicorn.conf.py reads."""
PREPARING: Final = {
    "DATABASE_URL",
    "ADMIN_EMAIL",
    "ADMIN_PASSWORD",
    "STARTER_SET",
    "DEFAULT_TIMEZONE",
    "DEFAULT_LOCALE",
}
URLS: Final = {service: f"{service.upper()}_DATABASE_URL" for service in SERVICES}


def settings_class(process: str) -> Any:
    """The settings of a process."""
    if process == "gateway":
        return GatewaySettings
    if process == "relay":
        return ProcessSettings
    if process == "webhooks":
        return SenderSettings
    module: Any = import_module(f"services.{process}.service")
    return module.__dict__[f"{process.capitalize()}Service"].settings_class


def known_names(process: str) -> set[str]:
    """The variables that a process reads."""
    if process == "prepare":
        return PREPARING | set(URLS.values())
    result = {field.encode_name for field in msgspec.structs.fields(settings_class(process))}
    if process in {*SERVICES, "relay", "webhooks"}:
        result |= {f"{process.upper()}_{name}" for name in result}
    if process == "relay":
        result |= set(URLS.values())
    return result | ({*GUNICORN} if process == "gateway" else set())


def unknown(process: str, environ: Mapping[str, str]) -> set[str]:
    """Variables that no process reads."""
    filing = (
        "storage_url" in getattr(settings_class(process), "__struct_fields__", ())
        if process != "prepare"
        else False
    )
    return set(environ) - known_names(process) - (STORAGE if filing else set())


def start(process: str, environ: Mapping[str, str]) -> None:
    """Read the environment as the process does. Raises ConfigError, KeyError, StartError."""
    if process == "prepare":
        UrlPasswords({service: environ[name] for service, name in URLS.items()})
    elif process == "relay":
        ProcessSettings.for_service("relay", environ)
        for service in SERVICES:
            ServiceSettings.for_service(service, environ)
    elif process == "gateway":
        GatewaySettings.load(environ)
    else:
        settings_class(process).for_service(process, environ)


def databases(environ: Mapping[str, str]) -> set[str]:
    """The services whose database this environment opens."""
    return {service for service, name in URLS.items() if name in environ}
