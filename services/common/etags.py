"""Strong validators: what an ``ETag`` is made of, and whether a caller holds one."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


def of_bytes(body: bytes) -> str:
    """The tag of exactly these bytes."""
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def of_parts(parts: Iterable[Any]) -> str:
    """The tag of everything that an answer depends on."""
    return of_bytes("\x1f".join(str(part) for part in parts).encode())


def holds(asked: str | None, tag: str) -> bool:
    """Whether an ``If-None-Match`` names the tag."""
    return asked is not None and tag in {one.strip().removeprefix("W/") for one in asked.split(",")}
