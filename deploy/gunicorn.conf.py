"""How gunicorn runs the gateway: threads, because each request waits for one reply."""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

# Tokens are signed with HMAC. PyJWT would load the library of all other algorithms, 10 MB of it,
# where it finds it; the gateway's image has none, and here it is to find none either.
sys.modules["cryptography"] = None
# Nor is kombu to find YAML, for messages that nobody sends.
sys.modules["yaml"] = None

bind = f"0.0.0.0:{os.environ.get('HTTP_PORT', '8080')}"
worker_class = "gateway.worker.Worker"
# The number of workers is WEB_CONCURRENCY, which gunicorn reads itself; one by default.
threads = int(os.environ.get("GATEWAY_THREADS", "48"))
# Above the number of threads that may wait for services, so that there is always one left to say
# "busy" (502) and to answer health checks.
backlog = 256
# Below the usual limit of 1024 open files; idle ones make room (see gateway/worker.py).
worker_connections = 800
keepalive = 30
timeout = 60
# What is under way when a worker is told to go has its deadline of 8 seconds.
graceful_timeout = 10
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
# Files go out like everything else, so that a slow reader is noticed (see gateway/worker.py).
sendfile = False
accesslog = None
loglevel = "warning"
control_socket_disable = True

# Several workers keep their metrics in files, so that any of them answers /metrics for all. The
# library looks for the folder when it is imported, so the variable is set before.
METRICS = "PROMETHEUS_MULTIPROC_DIR"
made = None
if int(os.environ.get("WEB_CONCURRENCY", "1")) > 1 and not os.environ.get(METRICS):
    made = os.environ[METRICS] = tempfile.mkdtemp(prefix="callboard-metrics-")

if folder := os.environ.get(METRICS):
    from prometheus_client import multiprocess

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
