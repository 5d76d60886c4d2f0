"""Collecting dead letters: ``@collect_dead_letters()`` on the method that stores them."""

from __future__ import annotations

import itertools
import logging
from collections import deque
from typing import TYPE_CHECKING, Any, Final, cast

import eventlet
from nameko.extensions import Entrypoint

from services.common.errors import Unavailable
from services.common.events.dead_letters import Letter
from services.common.runtime.service import CONFIG
from services.common.wire.link import Link
from services.common.wire.topology import DEAD, declare_exchanges

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from services.common.config import ServiceSettings
    from services.common.wire.frames import Incoming
    from services.common.wire.session import Session

log = logging.getLogger(__name__)

#: Seconds between the attempts to store a letter; the last one repeats.
PAUSES: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
#: Letters that the broker sends ahead.
PREFETCH: Final = 50


class Collector(Entrypoint):  # type: ignore[misc]
    """A nameko entrypoint that gets each dead letter, and acknowledges it after the commit."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(expected_exceptions=(Unavailable,), **kwargs)

    def setup(self) -> None:
        """Create the link; nothing connects yet."""
        settings: ServiceSettings = self.container.config[CONFIG]
        self.stopping = False
        self.arrived: deque[Incoming] = deque()
        self.waiting = eventlet.semaphore.Semaphore(0)
        # The broker redelivers what came on a connection that broke.
        self.link = Link(
            settings.amqp_uri, self._consume, lost=self.arrived.clear, name="dead letters"
        )

    def start(self) -> None:
        """Consume on one green thread, store on another."""
        self.container.spawn_managed_thread(self.link.run, identifier="dead letters reader")
        self.container.spawn_managed_thread(self._work, identifier="dead letters worker")

    def stop(self) -> None:
        """Take no further letter; the one in progress is stored and acknowledged."""
        self.stopping = True
        self.waiting.release()

    def _consume(self, session: Session) -> None:
        declare_exchanges(session)
        session.prefetch(PREFETCH)
        session.consume(DEAD, self._arrive, tag="dead letters")

    def _arrive(self, message: Incoming) -> None:
        self.arrived.append(message)
        self.waiting.release()

    def _work(self) -> None:
        while not self.stopping:
            self.waiting.acquire()
            if self.arrived and not self.stopping:
                self._collect(self.arrived.popleft())
        self.link.stop()

    def _collect(self, message: Incoming) -> None:
        """Have a letter stored, then acknowledge it.

        One that can't be stored for another reason than an absent database is left unacknowledged,
        not to hold up the others: it comes again on the next connection.
        """
        letter = Letter.of(message)
        for failures, pause in enumerate(_pauses(), 1):
            error = self._attempt(letter)
            if error is None:
                self.link.ack(message)
                return
            if failures >= len(PAUSES) and not isinstance(error, Unavailable):
                log.error("a dead letter of %s can't be stored", letter.queue, exc_info=error)
                return
            eventlet.sleep(pause)
            if self.stopping or not self.link.holds(message):
                return

    def _attempt(self, letter: Letter) -> Exception | None:
        """Run the method once in a nameko worker; returns its exception, or None."""
        finished = eventlet.event.Event()

        def finish(worker_ctx: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
            finished.send(exc_info[1] if exc_info else _committed(worker_ctx.service))
            return result, exc_info

        self.container.spawn_worker(self, (letter,), {}, handle_result=finish)
        return cast("Exception | None", finished.wait())


def _pauses() -> Iterator[float]:
    return itertools.chain(PAUSES, itertools.repeat(PAUSES[-1]))


def _committed(service: Any) -> Exception | None:
    try:
        service.commit_now()
    except Exception as error:  # noqa: BLE001 - retried, then logged
        return error
    return None


def collect_dead_letters() -> Callable[[Callable[[Any, Letter], None]], Any]:
    """Have a method store each dead letter of the system. A letter may come twice."""
    return cast("Callable[[Callable[[Any, Letter], None]], Any]", Collector.decorator())
