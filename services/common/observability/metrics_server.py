"""The ``/metrics`` endpoint of processes without an HTTP API: services and the relay."""

from __future__ import annotations

from prometheus_client import start_http_server

from services.common.config import ConfigError


def start(host: str, port: int) -> None:
    """Serve metrics at ``http://host:port/metrics``; port 0 serves none.

    Each scrape runs on a thread of its own, a green one where eventlet has patched threading, so
    it may wait for the database without blocking the hub. Raises ConfigError if the port is in use.
    """
    if not port:
        return
    try:
        start_http_server(port, host)
    except OSError as error:
        message = f"METRICS_PORT {port} can't be used on METRICS_HOST {host}: {error.strerror}."
        raise ConfigError(message) from None
