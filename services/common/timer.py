"""Doing something every so often: ``@every("sweep_seconds")`` on a service's method."""

from __future__ import annotations

import logging
import random
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import eventlet
import sqlalchemy as sa
from nameko.extensions import Entrypoint

from services.common.db import translated
from services.common.errors import Unavailable
from services.common.service import CONFIG

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)
F = TypeVar("F", bound="Callable[..., Any]")


class Timer(Entrypoint):  # type: ignore[misc]
    """A method that runs at an interval, which a setting of the service tells."""

    def __init__(self, setting: str, **kwargs: Any) -> None:
        super().__init__(expected_exceptions=(Unavailable,), **kwargs)
        self.setting, self.stopping = setting, False

    def start(self) -> None:
        """Begin to act."""
        self.container.spawn_managed_thread(self._run, identifier=f"{self.method_name} timer")

    def stop(self) -> None:
        """Leave in good order."""
        self.stopping = True

    kill = stop

    def _run(self) -> None:
        seconds = float(getattr(self.container.config[CONFIG], self.setting))
        while not self.stopping:
            eventlet.sleep(seconds * random.uniform(0.8, 1.2))  # noqa: S311 - to spread the load
            done = eventlet.event.Event()

            def finish(
                worker_ctx: Any, result: Any, exc_info: Any, done: Any = done
            ) -> tuple[Any, Any]:
                self._finish(worker_ctx, exc_info)
                done.send()
                return result, exc_info

            self.container.spawn_worker(self, (), {}, handle_result=finish)
            done.wait()

    def _finish(self, worker_ctx: Any, exc_info: Any) -> None:
        service = worker_ctx.service
        try:
            if exc_info is None:
                with translated():
                    service.tx.flush_events(service.metadata.tables["outbox"])
                service.tx.commit()
        except Exception:
            log.exception("%s failed", self.method_name)


def every(setting: str) -> Callable[[F], F]:
    """Run the method every so many seconds, in one process of the service at a time."""

    def decorate(function: F) -> F:
        @wraps(function)
        def run(self: Any) -> Any:
            with translated():
                key = sa.func.hashtextextended(f"{self.name}.{function.__name__}", 0)
                with self.database.read() as connection:
                    if not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(key))):
                        return None
                    try:
                        return function(self)
                    finally:
                        connection.scalar(sa.select(sa.func.pg_advisory_unlock(key)))

        return cast("F", Timer.decorator(setting)(run))

    return decorate
