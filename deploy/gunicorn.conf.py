"""How gunicorn runs the gateway: processes with an event loop each."""

import os
import resource
import shutil
import tempfile
from pathlib import Path
from typing import Any

# Several workers keep their metrics in files, so that any of them answers /metrics for all. The
# library looks for the folder when it is imported, so the variable is set before.
METRICS = "PROMETHEUS_MULTIPROC_DIR"
made = None
if int(os.environ.get("WEB_CONCURRENCY", "1")) > 1 and not os.environ.get(METRICS):
    made = os.environ[METRICS] = tempfile.mkdtemp(prefix="callboard-metrics-")

from prometheus_client import multiprocess  # noqa: E402
from uvicorn_worker import UvicornWorker  # noqa: E402

bind = f"0.0.0.0:{os.environ.get('HTTP_PORT', '8080')}"
worker_class = "uvicorn_worker.UvicornWorker"
# The number of workers is WEB_CONCURRENCY, which gunicorn reads itself; one by default.
backlog = 1024
keepalive = 30
timeout = 60
# What is under way when a worker is told to go has its deadline of 8 seconds.
graceful_timeout = 10
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
accesslog = None
loglevel = "warning"
control_socket_disable = True

UvicornWorker.CONFIG_KWARGS = {
    "loop": "uvloop",
    # By name: what gunicorn itself imports is not read anew when it is told to reload.
    "http": "gateway.http.protocol:BoundedProtocol",
    # Not until somebody here speaks WebSocket.
    "ws": "none",
    "lifespan": "on",
    "access_log": False,
    # Headers that cost bytes and tell strangers what runs here.
    "server_header": False,
    # Addresses of clients are read by the gateway itself (TRUSTED_PROXIES).
    "proxy_headers": False,
    "timeout_graceful_shutdown": 9,
}

# Each connection is an open file, and so are the log, the broker and what is being sent.
_, _most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (_most, _most))

if folder := os.environ.get(METRICS):

    def on_starting(_server: Any) -> None:
        """Forget what the workers of an earlier start counted."""
        Path(folder).mkdir(parents=True, exist_ok=True)
        for left in Path(folder).glob("*.db"):
            left.unlink()

    def child_exit(_server: Any, worker: Any) -> None:
        """Keep a dead worker's counts, but not what was true of it while it lived."""
        multiprocess.mark_process_dead(worker.pid, folder)

    def on_exit(_server: Any) -> None:
        """Remove the folder if it was made here."""
        if made:
            shutil.rmtree(made, ignore_errors=True)
