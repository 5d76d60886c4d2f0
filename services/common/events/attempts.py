"""Attempts at events: again with growing pauses, by halves, until they are handled or given up."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import eventlet

from services.common.errors import Unavailable
from services.common.observability import metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.common.events.delivery import Delivery
    from services.common.wire.frames import Incoming

log = logging.getLogger(__name__)

#: Seconds between the attempts at an event; the last one repeats while a service is away.
PAUSES: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
#: Attempts that find a service away before it is told: at the start they come up one by one.
QUIET: Final = 3
#: Failed attempts after which a batch is halved.
TRIES_OF_A_BATCH: Final = 2


class RequeuedError(Exception):
    """The connection is lost or the service stops: the broker redelivers these events."""


class Attempts:
    """The attempts of one handler at its events."""

    def __init__(
        self,
        queue: str,
        attempt: Callable[[list[Delivery]], Exception | None],
        holds: Callable[[Incoming], bool],
    ) -> None:
        """``attempt`` handles events once; ``holds`` says if a message may be acknowledged yet."""
        self.queue, self._attempt, self._holds = queue, attempt, holds
        self._away = False

    def settle(
        self, deliveries: list[Delivery], message: Incoming, tries: int = TRIES_OF_A_BATCH
    ) -> list[Delivery]:
        """Handle events, together or by halves; returns those to dead-letter.

        ``message`` is the last one that they came in. Raises RequeuedError when the broker will
        redeliver them.
        """
        failures = absences = 0
        while deliveries:
            error = self._attempt(deliveries)
            if error is None:
                self._away = False
                self._count(deliveries, "handled")
                break
            self._count(deliveries, "retried")
            # Not the event's fault: retried without a limit, and not counted as a failure of it.
            if isinstance(error, Unavailable):
                if absences >= QUIET:
                    self._log_absence(error)
                self._pause(absences, message)
                absences += 1
                continue
            failures += 1
            if len(deliveries) > 1 and failures >= tries:
                # Halves get one attempt before they are halved again, so one bad event of 500 costs
                # about log2(500) rounds, each of which commits the good half.
                half = len(deliveries) // 2
                first = self.settle(deliveries[:half], message, 1)
                return first + self.settle(deliveries[half:], message, 1)
            if failures > len(PAUSES):
                return deliveries
            self._pause(failures - 1, message)
        return []

    def _pause(self, number: int, message: Incoming) -> None:
        eventlet.sleep(PAUSES[min(number, len(PAUSES) - 1)])
        # The broker has requeued these events: handling them here, too, would break the order.
        if not self._holds(message):
            raise RequeuedError

    def _log_absence(self, error: Unavailable) -> None:
        """Log once, not at each attempt, that this handler waits for a dependency."""
        if not self._away:
            self._away = True
            log.warning("%s waits: %s", self.queue, error.message)

    def _count(self, deliveries: list[Delivery], outcome: str) -> None:
        metrics.handled(self.queue, [delivery.time for delivery in deliveries], outcome)
