"""A worker ends with the gunicorn whose it is: it would keep the port from the next one."""

from __future__ import annotations

import socket
import subprocess
import sys

from tests.running import System, free_port, until


def refuses(port: int) -> bool:
    """Whether nobody listens at the port."""
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) != 0


def test_a_worker_ends_when_its_gunicorn_is_killed(system: System) -> None:
    """It has no other sign of it than its parent's id."""
    other = System(system.parts, system.folder, port=free_port())
    other.start("gateway")
    try:
        other.wait()
        other.kill("gateway")
        until(lambda: refuses(other.port), 15, "a free port")
    finally:
        other.stop()


def test_a_worker_ends_whose_gunicorn_was_killed_before_it_could_look(system: System) -> None:
    """Its parent is another process then, which does not end."""
    with subprocess.Popen([sys.executable, "-c", ""]) as killed:
        killed.wait()
    port = free_port()
    worker = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "gateway.asgi:app", "--port", str(port)],
        env={**system.environment(), "GUNICORN_PID": str(killed.pid)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        worker.wait(30)
    finally:
        worker.kill()
    assert refuses(port)
