"""The API descriptions that the gateway serves, built by ``python -m deploy.docs.served``.

They are too large to review, so they are not committed: the Makefile builds them when the code is
newer, and the Dockerfile builds them into the gateway's image.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from deploy.docs.event_api.asyncapi import asyncapi
from deploy.docs.http_api.openapi import openapi
from gateway.docs.pages import BUILT
from services.common.json_types import JsonObject

ROOT: Final = Path(__file__).parents[2]
DESCRIPTIONS: Final[dict[str, Callable[[], JsonObject]]] = {
    "openapi.json": openapi,
    "asyncapi.json": asyncapi,
}
#: The folders whose Python code is described.
SOURCES: Final = ("gateway", "services", "deploy/docs")


def build(folder: Path = BUILT) -> list[Path]:
    """Write all descriptions; returns their paths."""
    folder.mkdir(exist_ok=True)
    return [_write(folder / name, describe()) for name, describe in DESCRIPTIONS.items()]


def _write(path: Path, description: JsonObject) -> Path:
    # Written aside, then renamed: a gateway or another build may read the file at the same time.
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_bytes(msgspec.json.encode(description))
    return temporary.replace(path)


def is_stale() -> bool:
    """Whether a description is missing or older than the code: the rule that make applies, too."""
    paths = [BUILT / name for name in DESCRIPTIONS]
    if not all(path.exists() for path in paths):
        return True
    code = (path for folder in SOURCES for path in (ROOT / folder).rglob("*.py"))
    newest = max(path.stat().st_mtime_ns for path in code)
    return newest > min(path.stat().st_mtime_ns for path in paths)


if __name__ == "__main__":
    build()
