"""``python -m tests.system.day http://localhost:8080 admin@example.com <password>``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.system.day.chapters import CHAPTERS
from tests.system.day.script import StepFailed, play


def main() -> int:
    """Play a day against a running system; report the step that fails."""
    try:
        base, email, password = sys.argv[1:]
    except ValueError:
        sys.exit(str(__doc__))
    with tempfile.TemporaryDirectory(prefix="callboard-day-") as folder:
        try:
            play(f"{base}/api", email, password, Path(folder), CHAPTERS)
        except StepFailed as failure:
            print(f"FAILED  {failure}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
