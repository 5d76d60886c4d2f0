"""The descriptions that the gateway serves: ``python -m deploy.docs.served`` builds them.

They are too large to be read or reviewed, so git doesn't hold them: the Makefile builds them when
the code is newer, and the Dockerfile into the gateway's image.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from deploy.docs.asyncapi import asyncapi
from deploy.docs.openapi import openapi
from gateway.health import BUILT
from services.common.json_types import JsonObject

ROOT: Final = Path(__file__).parents[2]
DESCRIPTIONS: Final[dict[str, Callable[[], JsonObject]]] = {
    "openapi.json": openapi,
    "asyncapi.json": asyncapi,
}
#: The folders whose Python says what is described.
SOURCES: Final = ("gateway", "services", "deploy/docs")


def build(folder: Path = BUILT) -> list[Path]:
    """Write them all; their paths."""
    folder.mkdir(exist_ok=True)
    return [_write(folder / name, describe()) for name, describe in DESCRIPTIONS.items()]


def _write(path: Path, description: JsonObject) -> Path:
    # Renamed when it is whole: a gateway may start, or another build run, at the same time.
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.write_bytes(msgspec.json.encode(description))
    return unfinished.replace(path)


def is_stale() -> bool:
    """Whether one is missing or older than the code, by which make goes, too."""
    paths = [BUILT / name for name in DESCRIPTIONS]
    if not all(path.exists() for path in paths):
        return True
    code = (path for folder in SOURCES for path in (ROOT / folder).rglob("*.py"))
    newest = max(path.stat().st_mtime_ns for path in code)
    return newest > min(path.stat().st_mtime_ns for path in paths)


if __name__ == "__main__":
    build()
