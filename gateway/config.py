"""Settings of the gateway."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from services.common.config import ConfigError, Settings, check_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

LOOPBACK: Final = "127.0.0.0/8,::1/128"


class GatewaySettings(Settings, frozen=True, kw_only=True, rename=str.upper):
    """Settings of the gateway."""

    #: Origins allowed to call from a browser, separated by commas; empty means none.
    cors_origins: str = ""
    #: The public URL; with https, cookies are ``Secure``.
    site_url: str = "http://localhost:8080"
    #: Networks of proxies, separated by commas, whose ``X-Real-IP`` is trusted.
    trusted_proxies: str = LOOPBACK
    #: Concurrent requests of one process; further ones are refused (502 with Retry-After).
    max_inflight: int = 40
    #: Bytes of a JSON or form body; a larger one is 413.
    max_json_body: int = 8 * 1024 * 1024
    #: The file storage, the same as the services'.
    storage_url: str
    #: Bytes of a multipart body; a larger one is 413.
    max_upload: int = 10 * 1024 * 1024 * 1024
    #: Concurrent uploads and downloads of one process; further ones are refused (502).
    max_transfers: int = 20
    #: Concurrent live connections of one process: streams, long polls and sockets; further ones are
    #: refused (502).
    max_live: int = 4000
    #: Seconds an actor, or an answer, may be cached.
    actor_seconds: float = 10.0
    #: Seconds for which the event loop may be blocked before it is logged (``loop_watch``); 0: off.
    blocked_loop_seconds: float = 0.0
    #: A folder with a built web interface, served at ``/`` beside ``/api``; empty serves none.
    web_root: str = ""
    #: The bearer token that ``/metrics`` requires, of ``SECRET_LENGTH`` characters; empty for none.
    metrics_token: str = ""
    #: Without a token: networks, separated by commas, from which ``/metrics`` is read.
    metrics_networks: str = LOOPBACK
    #: Folder of the metric files of several workers, see ``gunicorn.conf.py``; empty for one.
    prometheus_multiproc_dir: str = ""
    #: Folder where several workers pass each other connections, see ``gunicorn.conf.py``; empty for
    #: one.
    live_sockets: str = ""
    #: The process whose worker this is, see ``gunicorn.conf.py``; 0 without one.
    gunicorn_pid: int = 0
    #: Deadline in seconds of routes that may read or remove a whole production.
    list_deadline: float = 30.0

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Self:
        """Build the settings. Raises ConfigError."""
        settings = super().load(environ)
        if settings.metrics_token:
            check_secret(settings.metrics_token, "METRICS_TOKEN")
        for name in ("trusted_proxies", "metrics_networks"):
            try:
                networks(getattr(settings, name))
            except ValueError as error:
                message = f"{name.upper()} names no network: {error}."
                raise ConfigError(message) from None
        if settings.web_root and not (Path(settings.web_root) / "index.html").is_file():
            message = f"WEB_ROOT must be a folder with an index.html, not {settings.web_root}."
            raise ConfigError(message)
        return settings


def networks(text: str) -> list[IPv4Network | IPv6Network]:
    """The networks in a setting. Raises ValueError."""
    names = (name.strip() for name in text.split(","))
    return [ip_network(name, strict=False) for name in names if name]
