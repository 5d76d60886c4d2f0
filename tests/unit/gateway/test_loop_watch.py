"""What blocks the event loop is reported, once, with its line."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest

from gateway.loop_watch import LoopWatch


def blocked(seconds: float, limit: float, caplog: pytest.LogCaptureFixture) -> list[str]:
    """What is reported of a loop that is blocked for so long."""

    async def run() -> None:
        watch = LoopWatch(limit)
        watch.start()
        await asyncio.sleep(0)
        time.sleep(seconds)  # noqa: ASYNC251 - the fault that is to be found
        await asyncio.sleep(0)
        watch.stop()

    with caplog.at_level(logging.WARNING):
        asyncio.run(run())
    return [getattr(record, "stack", "") for record in caplog.records]


def test_a_blocked_loop_is_reported_with_the_line_that_blocks_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Once, however long it lasts."""
    (stack,) = blocked(0.4, 0.1, caplog)
    assert "time.sleep(seconds)" in stack


def test_a_loop_that_turns_is_not(caplog: pytest.LogCaptureFixture) -> None:
    """Nor is one that nobody watches."""
    assert blocked(0.0, 0.1, caplog) == []
    assert blocked(0.2, 0.0, caplog) == []
