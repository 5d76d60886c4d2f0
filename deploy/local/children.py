"""Supervised child processes, in process groups of their own, which end with the supervisor."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import pwd
import signal
import subprocess
import sys
import threading
import time
from typing import IO, TYPE_CHECKING, Any, Final

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

PR_SET_PDEATHSIG: Final = 1
#: Seconds before a restart, by the number of failures in a row.
BACKOFF: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
#: Seconds of running after which an end counts as the first failure again.
LONG_ENOUGH: Final = 30.0


def die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """A ``preexec_fn``: the kernel signals the child when the supervisor dies. Linux only."""
    if sys.platform != "linux":
        return None
    # Loaded here: between fork and exec nothing may import or allocate much.
    libc = ctypes.CDLL(None)

    def set_death_signal() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(number))

    return set_death_signal


def identity(user: str | None) -> dict[str, Any]:
    """Popen options to run as another user, without the supervisor's supplementary groups."""
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


class Child:
    """A supervised process, restarted when it ends."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environ: Mapping[str, str],
        *,
        stop: signal.Signals = signal.SIGTERM,
        user: str | None = None,
        log: IO[bytes] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.name, self.command, self.environ = name, list(command), dict(environ)
        self.stop_signal, self.user, self.log, self.cwd = stop, user, log, cwd
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.failures = 0
        self.not_before = 0.0

    def start(self) -> None:
        """Start the process. Output goes to its log file, else to stdout, prefixed by its name."""
        self.process = subprocess.Popen(
            self.command,
            env=self.environ,
            cwd=self.cwd,
            stdin=subprocess.DEVNULL,
            stdout=self.log or subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(self.stop_signal),  # noqa: PLW1509 - before exec only
            **identity(self.user),
        )
        self.started = time.monotonic()
        if self.log is None:
            threading.Thread(target=self._copy, args=(self.process,), daemon=True).start()

    def _copy(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None  # start() asked for a pipe
        with process.stdout:
            for line in process.stdout:
                say(self.name, line.decode("utf-8", "replace").rstrip())

    def revive(self) -> bool:
        """Restart the process if it ended, with a backoff; returns whether it was started now."""
        if self.process is None or self.process.poll() is None:
            return False
        now = time.monotonic()
        if not self.not_before:
            self.failures = 0 if now - self.started > LONG_ENOUGH else self.failures + 1
            pause = BACKOFF[min(self.failures, len(BACKOFF) - 1)]
            self.not_before = now + pause
            say("run", f"{self.name} ended ({self.process.returncode}); again in {pause} s")
            # Its children outlive it and may hold its port: the whole group is killed.
            self.signal(signal.SIGKILL)
        elif now >= self.not_before:
            self.not_before = 0.0
            self.start()
            return True
        return False

    def signal(self, number: signal.Signals) -> None:
        """Signal the process group, also after the process itself has ended."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)

    def terminate(self) -> None:
        """Send the signal for a graceful stop."""
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(self.stop_signal)

    def ended(self) -> bool:
        """Whether the process has ended."""
        return self.process is None or self.process.poll() is not None


def stop_all(children: Sequence[Child], seconds: float) -> None:
    """Stop all gracefully and concurrently, and kill those left after ``seconds``."""
    for child in children:
        child.terminate()
    end = time.monotonic() + seconds
    while time.monotonic() < end and not all(child.ended() for child in children):
        time.sleep(0.05)
    for child in children:
        if not child.ended():
            say("run", f"{child.name} did not stop in time and is killed")
        child.signal(signal.SIGKILL)
        if child.process is not None:
            child.process.wait()
        if child.log is not None:
            child.log.close()


def say(name: str, line: str) -> None:
    """Print a log line of the component ``name``; ignores a closed pipe."""
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(f"{name:<8}| {line}\n")
        sys.stdout.flush()


class Leftovers:
    """Orphans of an earlier run in this folder, which was killed before it could stop them."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "processes.json"

    def remember(self, children: Sequence[Child]) -> None:
        """Record the running processes."""
        running = []
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                if child.process is not None:
                    process = psutil.Process(child.process.pid)
                    running.append([process.pid, process.create_time()])
        self.path.write_text(json.dumps(running))

    def clean(self) -> None:
        """Terminate recorded processes that are still running."""
        if not self.path.exists():
            return
        alive = []
        for pid, born in json.loads(self.path.read_text()):
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(pid)
                # Ids are reused; id and start time together are unique.
                if process.create_time() == born:
                    process.terminate()
                    alive.append(process)
        for process in psutil.wait_procs(alive, timeout=5)[1]:
            process.kill()
        self.path.unlink()
