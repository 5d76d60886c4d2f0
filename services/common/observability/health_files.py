"""Liveness and readiness of a process without HTTP: two files in ``HEALTH_DIR`` that it touches.

Checking a file takes a probe 20 ms, most of it Python's start; a call over the broker would need a
connection and our imports, and take ten times that.

``alive`` is touched while the process runs, whatever the state of its dependencies: restarting it
would not bring the database back. ``ready`` is touched while it can work, with database and broker.
``deploy/probe.py`` reads them.
"""

from __future__ import annotations

from pathlib import Path


class HealthFiles:
    """The liveness and readiness files of this process; without a folder there are none."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder) if folder else None

    def touch(self, name: str) -> None:
        """Touch ``alive`` or ``ready``."""
        if self.folder is not None:
            (self.folder / name).touch()
