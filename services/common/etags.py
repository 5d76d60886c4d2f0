"""ETags: computing strong validators, and matching ``If-None-Match``."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


def of_bytes(body: bytes) -> str:
    """The ETag of a body."""
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def of_parts(parts: Iterable[Any]) -> str:
    """The ETag of an answer, from all values that it depends on."""
    # A separator that no part contains, so that different parts never join to the same text.
    return of_bytes("\x1f".join(str(part) for part in parts).encode())


def holds(header: str | None, tag: str) -> bool:
    """Whether an ``If-None-Match`` header contains the tag; weak forms match, too."""
    return header is not None and tag in {
        candidate.strip().removeprefix("W/") for candidate in header.split(",")
    }
