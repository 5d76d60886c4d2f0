"""A blocked event loop is reported once, with a stack trace."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest

from gateway.loop_watch import LoopWatch


def blocked(seconds: float, limit: float, caplog: pytest.LogCaptureFixture) -> list[str]:
    """The reports about a loop that is blocked for so long."""

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


def test_a_running_loop_is_not_reported(caplog: pytest.LogCaptureFixture) -> None:
    """Nor one that is not watched."""
    assert blocked(0.0, 0.1, caplog) == []
    assert blocked(0.2, 0.0, caplog) == []
