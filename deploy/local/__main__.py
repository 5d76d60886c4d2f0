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
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from deploy.local.children import Child, Leftovers, say, stop_all
from deploy.local.parts import Parts, backing, start
from deploy.local.settings import SERVICES, LocalSettings, StartError

if TYPE_CHECKING:
    from collections.abc import Iterator

STOP_SECONDS: Final = 5.0
READY_SECONDS: Final = 60.0
OURS: Final = (
    "AMQP_URI", "DATABASE_URL", "SECRET_KEY", "ADMIN_PASSWORD", "ADMIN_EMAIL", "RUN_DIR",
)  # fmt: skip


def environment(settings: LocalSettings, parts: Parts) -> dict[str, str]:
    """What each process of ours gets."""
    storage = settings.storage_url or f"file://{settings.folder / 'storage'}"
    own = {f"{name.upper()}_DATABASE_URL": url for name, url in parts.urls.items()}
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return {
        **kept, **own, "AMQP_URI": parts.amqp_uri, "STORAGE_URL": storage,
        "SECRET_KEY": settings.secret_key or parts.secrets.get("secret_key", 64),
        "HTTP_PORT": str(settings.http_port), "PYTHONUNBUFFERED": "1",
        "GATEWAY_WORKERS": str(settings.gateway_workers),
        "GATEWAY_THREADS": str(settings.gateway_threads),
    }  # fmt: skip


def processes(settings: LocalSettings, environ: dict[str, str]) -> list[Child]:
    """Five services, the relay and the gateway."""
    python = sys.executable
    children = [
        Child(name if number == 0 else f"{name}.{number + 1}",
              [python, "-m", f"services.{name}"], environ)
        for name in SERVICES
        for number in range(settings.processes(name))
    ]  # fmt: skip
    children.append(Child("relay", [python, "-m", "services.common.relay"], environ))
    gunicorn = [python, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "gateway.wsgi:app"]
    return [*children, Child("gateway", gunicorn, environ)]


@contextmanager
def alone(settings: LocalSettings) -> Iterator[None]:
    """Hold the run folder and check the port. Raises StartError if another copy has either."""
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
    """Whether the gateway says that all parts answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


def welcome(settings: LocalSettings, parts: Parts, password: str | None, seconds: float) -> None:
    """Say where it is and how to get in."""
    url = f"http://localhost:{settings.http_port}"
    login = f"{settings.admin_email}  {password}" if password else "as before"
    for line in (
        "",
        f"Callboard is ready after {seconds:.1f} s",
        f"  API             {url}",
        f"  documentation   {url}/docs",
        f"  administrator   {login}",
        f"  events          {parts.amqp_uri}",
        f"  data and logs   {settings.folder}",
        "  stop with Ctrl-C",
        "",
    ):
        say("run", line)


def supervise(children: list[Child], stopping: threading.Event) -> None:
    """Start again what ends, until told to stop."""
    while not stopping.wait(0.2):
        for child in children:
            child.revive()


def run(settings: LocalSettings, stopping: threading.Event) -> None:
    """The whole life of a local run. Raises StartError."""
    began = time.monotonic()
    with alone(settings), backing(settings) as parts:
        password = settings.admin_password or parts.secrets.get("admin_password", 20)
        if parts.created_admin:
            parts.secrets.keep("admin_known", value=True)
        known = parts.secrets.values.get("admin_known", False)
        children = processes(settings, environment(settings, parts))
        leftovers = Leftovers(settings.folder)
        try:
            start(children)
            leftovers.remember([*parts.children, *children])
            announcing = (settings, parts, password if known else None, began, stopping)
            threading.Thread(target=announce, args=announcing, daemon=True).start()
            parts.wait()
            supervise([*parts.children, *children], stopping)
        finally:
            say("run", "stopping")
            stop_all(children, STOP_SECONDS)
    say("run", "stopped")


def announce(
    settings: LocalSettings, parts: Parts, password: str | None, began: float,
    stopping: threading.Event,
) -> None:  # fmt: skip
    """Wait until it is ready, and say so."""
    while not is_ready(settings.http_port):
        if stopping.wait(0.1):
            return
        if time.monotonic() - began > READY_SECONDS:
            say("run", "not ready yet; the lines above say why")
            began = time.monotonic()
    welcome(settings, parts, password, time.monotonic() - began)


def main() -> None:
    """Run until Ctrl-C or SIGTERM; a start that fails ends with one sentence and status 1."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        run(LocalSettings.load(os.environ), stopping)
    except StartError as error:
        sys.exit(f"Callboard can't start. {error}")


if __name__ == "__main__":
    main()
