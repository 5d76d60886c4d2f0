"""Events that a handler gives up: counted, logged and dead-lettered, each alone.

The broker dead-letters the message of a single event when it is rejected. An event that shares its
message with others is published to the dead letters here, and its message acknowledged.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from services.common.observability import metrics
from services.common.wire.publisher import Publisher
from services.common.wire.topology import DEAD, declare_exchanges

if TYPE_CHECKING:
    from services.common.events.delivery import Delivery

log = logging.getLogger(__name__)


class GivenUp:
    """What one handler gives up."""

    def __init__(self, amqp_uri: str, queue: str, batches_of: str) -> None:
        self.amqp_uri, self.queue = amqp_uri, queue
        #: The exchange on which many events come in a message.
        self.batches_of = batches_of

    def refuse(self, reason: str) -> None:
        """Count and log an event that can't be decoded; a retry would not help."""
        metrics.handled(self.queue, [""], "dead")
        metrics.REFUSED.labels(self.queue, "unreadable").inc()
        log.error(
            "an event on %s can't be read and was given up", self.queue, extra={"reason": reason}
        )

    def tell(self, failed: list[Delivery], shared: list[list[Delivery]]) -> None:
        """Count and log failed events, and publish those that are among ``shared`` messages'."""
        if not failed:
            return
        metrics.handled(self.queue, [delivery.time for delivery in failed], "dead")
        requests = sorted({delivery.request_id for delivery in failed})
        log.error("%s gave events up", self.queue, extra={"requests": requests})
        shared_ids = {id(delivery) for deliveries in shared for delivery in deliveries}
        for delivery in failed:
            if id(delivery) in shared_ids:
                self.publish(delivery.body(), delivery.headers(), delivery.name)

    def publish(self, body: bytes, headers: dict[str, Any], name: str) -> None:
        """Publish one event of a batch to the dead letters, with the header the broker would add.

        Waits for the confirm, since the message is acknowledged next. Raises OSError.
        """
        death = {"queue": self.queue, "reason": "rejected", "exchange": self.batches_of, "count": 1}
        # A connection of its own: the link has no confirms, and this is too rare to keep one open.
        publisher = Publisher(self.amqp_uri, declare_exchanges, name=f"{self.queue} dead")
        try:
            publisher.add(
                body,
                DEAD,
                name,
                headers={**headers, "x-death": [{**death, "routing-keys": [name]}]},
            )
            publisher.confirm()
        finally:
            publisher.close()
