"""Work in green threads of its own."""

from __future__ import annotations

import eventlet
import pytest

from services.common.runtime.spawned import spawned


def fail() -> None:
    """Raise."""
    message = "no answer"
    raise LookupError(message)


def test_the_result_is_the_functions() -> None:
    """Or what it raised, each time it is asked for."""
    assert spawned(max, 1, 2).wait() == 2
    failing = spawned(fail)
    for _ in range(2):
        with pytest.raises(LookupError, match="no answer"):
            failing.wait()


def test_a_failure_that_nobody_asks_for_is_not_printed(capfd: pytest.CaptureFixture[str]) -> None:
    """The request may have been refused before its answer was needed."""
    spawned(fail)
    eventlet.sleep(0)
    eventlet.sleep(0)
    assert capfd.readouterr().err == ""
