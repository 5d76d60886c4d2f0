"""Gunicorn's configuration for the gateway: one event loop per worker process."""

import os
import resource
import shutil
import tempfile
from pathlib import Path
from typing import Any

# Several workers share their metrics in files, so that any of them answers /metrics for all. The
# client library reads the variable when it is imported, so it is set before.
METRICS = "PROMETHEUS_MULTIPROC_DIR"
# Where they pass each other connections (gateway/http/handover.py).
LIVE = "LIVE_SOCKETS"
temporary = handed = None
if int(os.environ.get("WEB_CONCURRENCY", "1")) > 1 and not os.environ.get(LIVE):
    handed = os.environ[LIVE] = tempfile.mkdtemp(prefix="callboard-live-")
if int(os.environ.get("WEB_CONCURRENCY", "1")) > 1 and not os.environ.get(METRICS):
    temporary = os.environ[METRICS] = tempfile.mkdtemp(prefix="callboard-metrics-")

from prometheus_client import multiprocess  # noqa: E402
from uvicorn_worker import UvicornWorker  # noqa: E402

bind = f"0.0.0.0:{os.environ.get('HTTP_PORT', '8080')}"
worker_class = "uvicorn_worker.UvicornWorker"
# The number of workers is WEB_CONCURRENCY, which gunicorn reads itself; one by default.
backlog = 1024
keepalive = 30
timeout = 60
# Longer than the deadline of calls, 8 seconds: requests in flight are answered before a stop.
graceful_timeout = 10
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
accesslog = None
loglevel = "warning"
control_socket_disable = True

UvicornWorker.CONFIG_KWARGS = {
    "loop": "uvloop",
    # By name, so that workers import it: what the master imports is not reloaded by SIGHUP.
    "http": "gateway.http.protocol:BoundedProtocol",
    "ws": "gateway.http.websocket:BoundedWebSocket",
    "ws_max_size": 1_000_000,
    # Socket.IO has pings of its own.
    "ws_ping_interval": None,
    # It would cost memory and time a connection; events are small.
    "ws_per_message_deflate": False,
    "lifespan": "on",
    "access_log": False,
    # It would disclose the server software.
    "server_header": False,
    # The gateway determines client addresses itself (TRUSTED_PROXIES).
    "proxy_headers": False,
    "timeout_graceful_shutdown": 9,
}

# Every connection is a file descriptor; the default soft limit of 1024 would be reached first.
_, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (_hard, _hard))


def post_fork(_server: Any, worker: Any) -> None:
    """Tell the worker whose child it is (gateway/app.py)."""
    os.environ["GUNICORN_PID"] = str(worker.ppid)


if folder := os.environ.get(METRICS):

    def on_starting(_server: Any) -> None:
        """Delete the metric files of an earlier start."""
        Path(folder).mkdir(parents=True, exist_ok=True)
        for stale in Path(folder).glob("*.db"):
            stale.unlink()

    def child_exit(_server: Any, worker: Any) -> None:
        """Drop a dead worker's live gauges; its counters are kept."""
        multiprocess.mark_process_dead(worker.pid, folder)

    def on_exit(_server: Any) -> None:
        """Delete the folders that are temporary."""
        for made in (temporary, handed):
            if made:
                shutil.rmtree(made, ignore_errors=True)
