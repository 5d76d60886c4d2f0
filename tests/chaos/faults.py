"""Faults, as context managers: each lasts for the ``with`` block."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
import psycopg2

from deploy.local.children import Child
from deploy.local.rabbitmq import find_script
from tests.running import SERVICES, System, until

PROCESSES: Final = (*SERVICES, "relay", "gateway")
BACKING: Final = ("rabbitmq", "postgres")
LIMIT, FULL = "50MB", "999999GB"
"""Free bytes under which the broker takes no more: as configured, and more than any disk has."""
STUTTER: Final = (0.15, 0.05)
"""Seconds that the database stands still, and works, in turn."""

Inject = Callable[[System], AbstractContextManager[None]]


@dataclass(frozen=True)
class Fault:
    """A fault to inject."""

    name: str
    inject: Inject
    seconds: float
    """How long it lasts."""
    loses_connections: bool = False
    """Whether clients may see connections break: only where the gateway itself goes."""


def family(system: System, name: str) -> list[psutil.Process]:
    """A process of the system or of its database and broker, with its children."""
    pid = child(system, name).pid if name in BACKING else system.processes[name].pid
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def child(system: System, name: str) -> subprocess.Popen[bytes]:
    """The process of the database or the broker."""
    process = part(system, name).process
    assert process is not None
    return process


def part(system: System, name: str) -> Child:
    """The database or the broker, by name."""
    return next(c for c in system.parts.children if c.name == name)


def send(number: signal.Signals, processes: list[psutil.Process]) -> None:
    """Signal all processes; ignores those that have ended."""
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue


def killed(name: str) -> Inject:
    """Kill the process (SIGKILL); restart it at the end."""
    return _ended(name, signal.SIGKILL)


def restarted(name: str) -> Inject:
    """Stop the process gracefully (SIGTERM); restart it at the end."""
    return _ended(name, signal.SIGINT if name == "postgres" else signal.SIGTERM)


def _ended(name: str, number: signal.Signals) -> Inject:
    @contextmanager
    def inject(system: System) -> Iterator[None]:
        process = child(system, name) if name in BACKING else system.processes[name]
        send(
            number,
            family(system, name) if number is signal.SIGKILL else [psutil.Process(process.pid)],
        )
        process.wait(20)
        try:
            yield
        finally:
            if name in BACKING:
                revive(system, name)
            else:
                system.start(name)

    return inject


def revive(system: System, name: str) -> None:
    """Restart the process as the supervisor does, until it keeps running.

    A database whose old backends are not all gone yet refuses to start.
    """
    dead = part(system, name)
    dead.start()

    def answers() -> bool:
        if dead.ended():
            dead.start()
        try:
            psycopg2.connect(system.parts.urls["auth"]).close()
        except psycopg2.OperationalError:
            return False
        return True

    if name == "postgres":
        until(answers, 40, f"{name} up again")
    system.parts.wait()


def frozen(name: str) -> Inject:
    """Stop the process and its children (SIGSTOP, then SIGCONT): a hang of a machine or network."""

    @contextmanager
    def inject(system: System) -> Iterator[None]:
        processes = family(system, name)
        send(signal.SIGSTOP, processes)
        try:
            yield
        finally:
            send(signal.SIGCONT, processes)

    return inject


def control(system: System, *command: str) -> None:
    """Run a command of rabbitmqctl."""
    script = find_script()
    assert script is not None, "the broker runs in a container, which this can't reach"
    tool = Path(script).with_name("rabbitmqctl")
    environ = part(system, "rabbitmq").environ
    subprocess.run([str(tool), *command], env=environ, capture_output=True, check=True, timeout=180)


@contextmanager
def broker_connections_cut(system: System) -> Iterator[None]:
    """Have the broker close all connections."""
    control(system, "close_all_connections", "cut by the test")
    yield


@contextmanager
def database_connections_cut(system: System) -> Iterator[None]:
    """Close all database connections of the services and the relay."""
    for service in SERVICES:
        connection = psycopg2.connect(system.parts.urls[service])
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE usename = current_user AND pid <> pg_backend_pid()"
            )
        connection.close()
    yield


@contextmanager
def broker_disk_full(system: System) -> Iterator[None]:
    """Raise the broker's disk alarm, which blocks publishers."""
    control(system, "set_disk_free_limit", FULL)
    try:
        yield
    finally:
        control(system, "set_disk_free_limit", LIMIT)


@contextmanager
def database_slow(system: System) -> Iterator[None]:
    """Stop the database for three quarters of the time."""
    stopping = threading.Event()

    def stutter() -> None:
        while not stopping.is_set():
            processes = family(system, "postgres")
            send(signal.SIGSTOP, processes)
            stopping.wait(STUTTER[0])
            send(signal.SIGCONT, processes)
            stopping.wait(STUTTER[1])

    thread = threading.Thread(target=stutter)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


CUTS: Final = (
    Fault("broker: connections cut", broker_connections_cut, 0.0),
    Fault("database: connections cut", database_connections_cut, 0.0),
    Fault("broker: disk full", broker_disk_full, 3.0),
    Fault("database: slow", database_slow, 3.0),
)
KILLS: Final = tuple(
    Fault(f"{name}: killed", killed(name), 0.5, loses_connections=name == "gateway")
    for name in (*PROCESSES, *BACKING)
)
RESTARTS: Final = tuple(
    Fault(f"{name}: restarted", restarted(name), 0.0, loses_connections=name == "gateway")
    for name in (*PROCESSES, *BACKING)
)
FREEZES: Final = tuple(
    Fault(f"{name}: frozen", frozen(name), 3.0) for name in (*PROCESSES, *BACKING)
)
ALL: Final = (*KILLS, *RESTARTS, *FREEZES, *CUTS)
SHORT: Final = (
    *(fault for fault in KILLS if fault.name.partition(":")[0] not in {"assets", "chat"}),
    *(fault for fault in FREEZES if fault.name.partition(":")[0] in {"tasks", "rabbitmq"}),
    *CUTS,
)
"""One of each kind, for the suite."""
