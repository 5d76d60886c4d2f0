"""Periodic work of a service: ``@every(0.5)``.

Every replica runs it, so such a method either locks what it works on (``SKIP LOCKED``) or is
idempotent. It commits like an event handler; an exception is logged, and the schedule goes on.
"""

from __future__ import annotations

import logging
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import eventlet
from nameko.extensions import Entrypoint

from services.common.database.sql_errors import as_service_errors
from services.common.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

F = TypeVar("F", bound="Callable[..., Any]")


class Clock(Entrypoint):  # type: ignore[misc]
    """A nameko entrypoint that calls its method periodically, never concurrently with itself."""

    def __init__(self, seconds: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seconds = seconds
        self.stopping = False

    def start(self) -> None:
        """Start the schedule with a first run."""
        self.container.spawn_managed_thread(self._run, identifier=f"{self.method_name} clock")

    def stop(self) -> None:
        """Schedule no further run; one in progress completes."""
        self.stopping = True

    def _run(self) -> None:
        while not self.stopping:
            ended = eventlet.event.Event()

            def finish(
                _ctx: Any, result: Any, exc_info: Any, ended: Any = ended
            ) -> tuple[Any, Any]:
                ended.send(None)
                return result, exc_info

            self.container.spawn_worker(self, (), {}, handle_result=finish)
            # The pause starts when the run has ended: a slow run is never overtaken by the next.
            ended.wait()
            eventlet.sleep(self.seconds)


def every(seconds: float) -> Callable[[F], F]:
    """Run a method at start, and again ``seconds`` after each run ended."""

    def decorate(function: F) -> F:
        @wraps(function)
        def run(self: Any) -> None:
            try:
                with as_service_errors():
                    function(self)
                self.commit_now()
            except Unavailable as error:
                log.debug("%s pauses: %s", function.__name__, error)

        return cast("F", Clock.decorator(seconds)(run))

    return decorate
