"""Pauses between attempts."""

from __future__ import annotations

from datetime import timedelta

from services.crud.webhooks.backoff import PAUSES, pause_after


def test_pauses_grow_to_three_days_in_all() -> None:
    """Then there is no other attempt."""
    assert [pause_after(failures) for failures in (1, 2, 3, 4, 5)] == [
        timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3600)
    ]
    assert list(PAUSES) == sorted(PAUSES)
    whole = sum((pause_after(one + 1) or timedelta() for one in range(len(PAUSES))), timedelta())
    assert timedelta(days=2, hours=20) < whole <= timedelta(days=3)
    assert pause_after(len(PAUSES) + 1) is None
