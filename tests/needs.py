"""Programs that aren't Python packages, and that some tests need."""

from __future__ import annotations

import os
import shutil

import pytest


def needed(package: str, *programs: str) -> list[str]:
    """The paths of programs. Without one of them, CI fails and local runs skip the test."""
    found = [path for program in programs if (path := shutil.which(program))]
    if len(found) < len(programs):
        message = f"{' and '.join(programs)} missing: apt-get install {package}"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(message)
    return found
