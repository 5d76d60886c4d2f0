"""Work that a service does by the clock: ``@every(0.5)``.

Each process of a service keeps its own clock, so such a method either takes what it works on under
a lock (``SKIP LOCKED``) or may run twice. It commits like a handler of events; what it raises is
logged, and the clock goes on.
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
    """Calls its method again and again, never twice at once."""

    def __init__(self, seconds: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seconds = seconds
        self.stopping = False

    def start(self) -> None:
        """Run the method for the first time."""
        self.container.spawn_managed_thread(self._run, identifier=f"{self.method_name} clock")

    def stop(self) -> None:
        """Don't run the method again; a run that is under way ends by itself."""
        self.stopping = True

    def _run(self) -> None:
        while not self.stopping:
            done = eventlet.event.Event()

            def finish(_ctx: Any, result: Any, exc_info: Any, done: Any = done) -> tuple[Any, Any]:
                done.send(None)
                return result, exc_info

            self.container.spawn_worker(self, (), {}, handle_result=finish)
            done.wait()
            eventlet.sleep(self.seconds)


def every(seconds: float) -> Callable[[F], F]:
    """Run a method now and then again, ``seconds`` after it ended."""

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
