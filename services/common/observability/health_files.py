"""Signs of life for whoever runs the process: two files, touched, in ``SIGNS_DIR``.

A service has no HTTP API to ask. To look at a file takes a probe 20 ms, most of it Python's own
start; to ask over the broker would take it imports and connections of a process of ours: ten times
that.

``alive`` is touched as long as the process turns, whatever its surroundings do: to restart it would
not bring the database back. ``ready`` is touched as long as it can work, with database and broker.
``deploy/probe.py`` reads them.
"""

from __future__ import annotations

from pathlib import Path


class Signs:
    """The two files of this process; without a folder there are none."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder) if folder else None

    def give(self, name: str) -> None:
        """Touch ``alive`` or ``ready``."""
        if self.folder is not None:
            (self.folder / name).touch()
