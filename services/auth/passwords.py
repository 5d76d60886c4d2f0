"""Password hashes: bcrypt over the first 72 bytes, computed off the event loop."""

from __future__ import annotations

from typing import Final

import bcrypt
from eventlet import tpool

COST: Final = 12
BYTES: Final = 72
NOBODY: Final = b"$2b$12$C6UzMDM.H6dfI/f/IKcEeOcLXSZIYSRSXLUDDqLeIsGhAqvoIvZPC"
"""A hash to compare with where there is no account, so that the answer takes as long."""


def hashed(password: str) -> bytes:
    """The hash to store."""
    found: bytes = tpool.execute(bcrypt.hashpw, password.encode()[:BYTES], bcrypt.gensalt(COST))
    return found


def matches(password: str, stored: bytes | None) -> bool:
    """Whether the password is the stored one; takes a hash's time in any case."""
    try:
        equal: bool = tpool.execute(bcrypt.checkpw, password.encode()[:BYTES], stored or NOBODY)
    except ValueError:
        return False
    return equal and stored is not None
