"""Liveness and readiness of a process without HTTP: two files in ``HEALTH_DIR`` that it touches.

A probe of a file takes 20 ms, most of it Python's start; an RPC over the broker would need a
connection and many imports, and take ten times as long.

``alive`` is touched while the process makes progress, whatever the state of its dependencies: a
restart would not bring the database back. ``ready`` is touched while it reaches database and
broker. ``deploy/probe.py`` reads them.
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
