"""``python -m deploy.local``: start everything, keep it running, stop everything."""

from __future__ import annotations

import fcntl
import http.client
import os
import signal
import socket
import sys
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from deploy.local.children import Leftovers, say, stop_all
from deploy.local.discovery import Discovery, Scraped
from deploy.local.parts import Parts, backing, start
from deploy.local.rabbitmq import check
from deploy.local.settings import SERVICES, LocalSettings, StartError, StoppedError

if TYPE_CHECKING:
    from collections.abc import Iterator

STOP_SECONDS: Final = 5.0
READY_SECONDS: Final = 60.0
#: Variables of the supervisor that processes get from ``environment`` or not at all.
OURS: Final = (
    "AMQP_URI",
    "DATABASE_URL",
    "SECRET_KEY",
    "ENCRYPTION_KEY",
    "ADMIN_PASSWORD",
    "ADMIN_EMAIL",
    "STARTER_SET",
    "RUN_DIR",
    "PROMETHEUS_MULTIPROC_DIR",
)
#: Also a suffix (``TASKS_METRICS_PORT``). Not passed on, as each process gets a port of its own.
METRICS_PORT: Final = "METRICS_PORT"


def environment(settings: LocalSettings, parts: Parts) -> dict[str, str]:
    """The environment of all processes, without the services' database URLs."""
    folder = settings.folder
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in OURS and not name.endswith(METRICS_PORT)
    }
    return {
        "ACCEPT_DEFAULT_PASSWORD": "true",
        **inherited,
        "AMQP_URI": parts.amqp_uri,
        **({"BROKER_MANAGEMENT_URL": parts.management_url} if parts.broker else {}),
        "STORAGE_URL": settings.storage_url or f"file://{folder / 'storage'}",
        "MAIL_URL": settings.mail_url or f"file://{folder / 'mail'}",
        "SITE_URL": settings.site_url or f"http://localhost:{settings.http_port}",
        "SECRET_KEY": settings.secret_key or parts.secrets.get("secret_key", 64),
        "ENCRYPTION_KEY": settings.encryption_key or parts.secrets.get("encryption_key", 64),
        "HTTP_PORT": str(settings.http_port),
        "PYTHONUNBUFFERED": "1",
        "WEB_CONCURRENCY": str(settings.processes["gateway"]),
    }


def processes(
    settings: LocalSettings, environ: dict[str, str], urls: dict[str, str]
) -> list[Scraped]:
    """The services, the relay, the sender of webhooks and the gateway, as many as ``SCALE`` says.

    The gateway is a single child: gunicorn starts its workers.
    """
    python = sys.executable
    own = {name: {f"{name.upper()}_DATABASE_URL": url} for name, url in urls.items()}
    all_urls = {name: url for variables in own.values() for name, url in variables.items()}
    kinds = [(name, f"services.{name}", own[name]) for name in SERVICES]
    kinds.append(("relay", "services.common.events.relay", all_urls))
    kinds.append(("webhooks", "services.crud.webhooks.sender", own["crud"]))
    children = [
        Scraped(name if number == 1 else f"{name}.{number}", [python, "-m", module], environ | more)
        for name, module, more in kinds
        for number in range(1, settings.processes[name] + 1)
    ]
    gunicorn = [python, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "gateway.asgi:app"]
    if settings.processes["gateway"] > 1:
        environ = {**environ, "PROMETHEUS_MULTIPROC_DIR": str(settings.folder / "gateway")}
    return [*children, Scraped("gateway", gunicorn, environ, http_port=settings.http_port)]


@contextmanager
def alone(settings: LocalSettings) -> Iterator[None]:
    """Lock the run folder and check the port. Raises StartError if either is in use."""
    settings.folder.mkdir(parents=True, exist_ok=True)
    with (settings.folder / "lock").open("w") as lock, socket.socket() as probe:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            message = f"Another Callboard runs from {settings.folder}: stop it, or set RUN_DIR."
            raise StartError(message) from None
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", settings.http_port))  # noqa: S104 - where the gateway will listen
        except OSError:
            message = f"Port {settings.http_port} is taken: stop what uses it, or set HTTP_PORT."
            raise StartError(message) from None
        probe.close()
        yield


def is_ready(port: int) -> bool:
    """Whether the gateway's readiness check succeeds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def welcome(settings: LocalSettings, parts: Parts, login: str, seconds: float) -> None:
    """Print the URLs and the administrator's log-in."""
    url = f"http://localhost:{settings.http_port}"
    # Without the credentials before the "@".
    mail = settings.mail_url.rpartition("@")[2] or f"written to {settings.folder / 'mail'}"
    for line in (
        "",
        f"Callboard is ready after {seconds:.1f} s",
        f"  API             {url}",
        f"  documentation   {url}/docs",
        f"  administrator   {login}",
        f"  events          {parts.amqp_uri}",
        f"  metrics         {url}/metrics, and {settings.folder / 'prometheus'}",
        f"  data and logs   {settings.folder}",
        f"  mail            {mail}",
        "  stop with Ctrl-C",
        "",
    ):
        say("run", line)


def supervise(
    parts: Parts,
    children: list[Scraped],
    leftovers: Leftovers,
    discovery: Discovery,
    stopping: threading.Event,
) -> None:
    """Restart processes that end, until ``stopping``; keep Prometheus' targets up to date."""

    def wait_for_broker() -> None:
        with suppress(StartError, StoppedError):
            parts.wait(stopping)

    every = [*parts.children, *children]
    while not stopping.wait(0.2):
        revived = [child for child in every if child.revive()]
        discovery.update(children)
        if revived:
            leftovers.remember(every)
        if any(child in parts.children for child in revived):
            threading.Thread(target=wait_for_broker, daemon=True).start()


def run(settings: LocalSettings, stopping: threading.Event) -> None:
    """Start everything, supervise it until ``stopping``, stop it. Raises StartError."""
    began = time.monotonic()
    if settings.amqp_uri:
        check(settings.amqp_uri)
    with alone(settings), backing(settings, stopping) as parts:
        if parts.created_admin:
            password = settings.admin_password or parts.secrets.get("admin_password", 20)
            parts.secrets.keep("admin_login", f"{settings.admin_email}  {password}")
        # For the commands that work on this run (``deploy.transfer.target``).
        reached = {
            "urls": parts.urls,
            "amqp_uri": parts.amqp_uri,
            "management_url": parts.management_url,
            "http_port": settings.http_port,
        }
        parts.secrets.keep("parts", reached)
        login = parts.secrets.values.get("admin_login", "as before")
        children = processes(settings, environment(settings, parts), parts.urls)
        leftovers = Leftovers(settings.folder)
        discovery = Discovery(
            settings.folder, parts.broker.metrics_port if parts.broker is not None else None
        )
        try:
            # Before the broker accepts connections: all of them retry, and start-up overlaps.
            start(children)
            discovery.update(children)
            leftovers.remember([*parts.children, *children])
            announcing = (settings, parts, login, began, stopping)
            threading.Thread(target=announce, args=announcing, daemon=True).start()
            parts.wait(stopping)
            supervise(parts, children, leftovers, discovery, stopping)
        finally:
            say("run", "stopping")
            stop_all(children, STOP_SECONDS)
            discovery.update(children)
    say("run", "stopped")


def announce(
    settings: LocalSettings,
    parts: Parts,
    login: str,
    began: float,
    stopping: threading.Event,
) -> None:
    """Wait until the system is ready, and print how to reach it."""
    remind_at = time.monotonic() + READY_SECONDS
    while not is_ready(settings.http_port):
        if stopping.wait(0.1):
            return
        if time.monotonic() > remind_at:
            say("run", "not ready yet; the lines above say why")
            remind_at += READY_SECONDS
    welcome(settings, parts, login, time.monotonic() - began)


def main() -> None:
    """Run until Ctrl-C or SIGTERM; a failed start prints one sentence and exits with status 1."""
    stopping = threading.Event()
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # ignored under nohup
        numbers.append(signal.SIGHUP)
    for number in numbers:
        signal.signal(number, lambda *_: stopping.set())
    try:
        run(LocalSettings.load(os.environ), stopping)
    except StartError as error:
        sys.exit(f"Callboard can't start. {error}")
    except StoppedError:
        say("run", "stopped before it was ready")


if __name__ == "__main__":
    main()
