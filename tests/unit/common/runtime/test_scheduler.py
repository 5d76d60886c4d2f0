"""Periodic methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import eventlet
import pytest

from services.common.errors import Unavailable
from services.common.runtime.scheduler import Clock, every


class Container:
    """Runs what a clock starts, and records how many runs are in progress."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.running = self.most = self.runs = 0

    def spawn_managed_thread(self, function: Callable[[], None], identifier: str) -> None:
        """Run the clock."""
        del identifier
        self.thread = eventlet.spawn(function)

    def spawn_worker(
        self, _clock: Clock, _args: Any, _kwargs: Any, *, handle_result: Callable[..., Any]
    ) -> None:
        """Run the method, which takes some time."""

        def work() -> None:
            self.running, self.runs = self.running + 1, self.runs + 1
            self.most = max(self.most, self.running)
            eventlet.sleep(self.seconds)
            self.running -= 1
            handle_result(None, None, None)

        eventlet.spawn(work)


def clock(container: Container) -> Clock:
    """A clock without a pause between its runs."""
    result = Clock(0.0)
    result.container, result.method_name = container, "sweep"
    return result


def test_a_slow_run_is_never_overtaken() -> None:
    """The pause begins when a run has ended."""
    container = Container(0.01)
    periodic = clock(container)
    periodic.start()
    while container.runs < 3:
        eventlet.sleep(0.001)
    periodic.stop()
    container.thread.wait()
    assert container.most == 1


def test_a_stopped_clock_starts_no_run() -> None:
    """The one in progress completes."""
    container = Container(0.01)
    periodic = clock(container)
    periodic.start()
    while not container.running:
        eventlet.sleep(0.001)
    periodic.stop()
    container.thread.wait()
    assert (container.runs, container.running) == (1, 0)


class Service:
    """A service whose method fails as told."""

    def __init__(self, error: Exception | None) -> None:
        self.error, self.commits = error, 0

    def commit_now(self) -> None:
        """Count the commits."""
        self.commits += 1

    @every(60.0)
    def sweep(self) -> None:
        """Work."""
        if self.error is not None:
            raise self.error


@pytest.mark.parametrize(
    ("error", "commits"), [(None, 1), (Unavailable("The storage is away."), 0)]
)
def test_a_run_without_its_dependency_waits_for_the_next(
    error: Exception | None, commits: int
) -> None:
    """Others commit."""
    service = Service(error)
    service.sweep()
    assert service.commits == commits


def test_a_failure_is_reported() -> None:
    """By the container, which logs it."""
    with pytest.raises(KeyError):
        Service(KeyError("x")).sweep()
