"""The start-up time of ``make run``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from deploy.local.__main__ import is_ready
from tests.running import free_port, until


def start_seconds(folder: Path) -> float:
    """Start and stop the system in a run folder; returns the seconds until it was ready."""
    port = free_port()
    environ = {**os.environ, "RUN_DIR": str(folder), "HTTP_PORT": str(port)}
    folder.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    with (folder / "run.log").open("ab") as log:
        run = subprocess.Popen(
            [sys.executable, "-m", "deploy.local"], env=environ, stdout=log, stderr=log
        )
    try:
        until(lambda: is_ready(port), 120, "a ready system")
        return time.perf_counter() - began
    finally:
        run.send_signal(signal.SIGINT)
        run.wait(20)
