"""Start one service: ``services/<name>/__main__.py`` calls ``main`` with its class.

The first import patches the standard library for eventlet, before anything that holds a socket or
a lock is imported; psycopg2 is made to yield by the same patch.
"""

# ruff: noqa: E402
from __future__ import annotations

import gc
import os
import sys

# Without this eventlet imports a resolver of its own: 35 MB and 0.4 s for the few names we look up.
os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")
import eventlet

eventlet.monkey_patch()

import socket
from functools import partial

from eventlet import tpool
from eventlet.green import socket as green_socket

# The system's resolver instead, on a thread: it may wait seconds for a name server, and nothing
# else would run. (libpq looks its host up itself, whenever a connection is opened: where the
# resolver is slow, name the database by its address.)
green_socket.getaddrinfo = socket.getaddrinfo = partial(tpool.execute, socket.getaddrinfo)

import logging
import signal
from typing import TYPE_CHECKING, Any, Final

from nameko.runners import ServiceRunner

from services.common.config import ConfigError
from services.common.observability import metrics_server, tracing
from services.common.observability.log import configure
from services.common.runtime.nameko_container import Container
from services.common.runtime.service import CONFIG

if TYPE_CHECKING:
    from services.common.runtime.service import Service

log = logging.getLogger(__name__)

#: Seconds after which running work is abandoned; the broker requeues its requests.
STOP_SECONDS: Final = 8


def main(service: type[Service]) -> None:
    """Run ``service`` until SIGTERM or SIGINT; invalid settings exit with a message."""
    try:
        settings = service.settings_class.for_service(service.name, os.environ)
        metrics_server.start(settings.metrics_host, settings.metrics_port)
    except ConfigError as error:
        sys.exit(f"{service.name}: {error}")
    configure(service.name, settings.log_level, settings.log_format)
    tracing.configure(service.name, settings.otel_exporter_otlp_endpoint)
    runner = ServiceRunner(
        {
            "AMQP_URI": settings.amqp_uri,
            "max_workers": settings.max_workers,
            "SERVICE_CONTAINER_CLS": f"{Container.__module__}.{Container.__name__}",
            CONFIG: settings,
        }
    )
    runner.add_service(service)
    runner.start()
    # Imported objects live until the end: the garbage collector needn't traverse them.
    gc.collect()
    gc.freeze()
    log.info("%s started", service.name)

    def shut_down(*_: Any) -> None:
        # A signal handler must not block: it runs in whichever green thread is current.
        eventlet.spawn_n(_stop, runner)

    signal.signal(signal.SIGTERM, shut_down)
    signal.signal(signal.SIGINT, shut_down)
    runner.wait()


def _stop(runner: Any) -> None:
    """Stop gracefully, for at most ``STOP_SECONDS``."""
    log.info("stopping")
    with eventlet.Timeout(STOP_SECONDS, exception=False):
        runner.stop()
        return
    log.warning("calls still running after %s s are abandoned and redelivered", STOP_SECONDS)
    os._exit(1)
