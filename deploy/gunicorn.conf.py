"""How gunicorn runs the gateway: processes with an event loop each."""

import os
import resource

from uvicorn_worker import UvicornWorker

from gateway.http.protocol import BoundedProtocol

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
    "http": BoundedProtocol,
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
if _most != resource.RLIM_INFINITY:
    BoundedProtocol.limit = min(BoundedProtocol.limit, int(_most * 0.8))
