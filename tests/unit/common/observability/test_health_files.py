"""Liveness and readiness files."""

from __future__ import annotations

import os
from pathlib import Path

from services.common.observability.health_files import HealthFiles


def test_a_touch_renews_the_file(tmp_path: Path) -> None:
    """The probe reads its age."""
    files = HealthFiles(str(tmp_path))
    files.touch("alive")
    os.utime(tmp_path / "alive", (1, 1))
    files.touch("alive")
    assert (tmp_path / "alive").stat().st_mtime > 1
    assert not (tmp_path / "ready").exists()


def test_without_a_folder_there_are_no_files(tmp_path: Path) -> None:
    """As in local runs."""
    HealthFiles("").touch("alive")
    assert list(tmp_path.iterdir()) == []
