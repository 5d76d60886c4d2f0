"""When a failed delivery is tried again."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

_HOUR: Final = 3600
#: Seconds from a failure to the next attempt, by the number of failures in a row: 70 hours in all.
PAUSES: Final = (
    5,
    30,
    120,
    600,
    _HOUR,
    3 * _HOUR,
    6 * _HOUR,
    12 * _HOUR,
    24 * _HOUR,
    24 * _HOUR,
)


def pause_after(failures: int) -> timedelta | None:
    """The time until the next attempt after so many failures; None when it was the last."""
    return timedelta(seconds=PAUSES[failures - 1]) if failures <= len(PAUSES) else None
