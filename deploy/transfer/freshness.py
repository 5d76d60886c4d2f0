"""Waits until every gateway has invalidated its caches after an import.

Each gateway consumes from one shared queue that stays empty, so that queue's consumer count is the
number of running gateways. Each invalidates its caches on ``import:done`` and confirms that on an
exchange; the import binds a queue there before it commits, and waits for that many confirmations.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, Self

import amqp
from kombu import Connection

from deploy.broker_connection import BROKEN, reach
from services.common.wire.topology import GATEWAYS, HEARD

if TYPE_CHECKING:
    from types import TracebackType

#: Seconds to wait for all confirmations.
CONFIRM_SECONDS: Final = 4.0


class Listener:
    """Collects the gateways' confirmations, from before the commit on.

    An unreachable broker is no error: gateways that lose it invalidate their caches by themselves.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.connection: Any = None
        self.heard: list[str] = []
        self.gateways = 0

    def __enter__(self) -> Self:
        if not self.uri:
            return self
        try:
            self.connection = Connection(self.uri, connect_timeout=2)
            reach(self.connection)
            channel = self.connection.channel()
            channel.auto_decode = False
            channel.exchange_declare(HEARD, "fanout", durable=True, auto_delete=False)
            queue = channel.queue_declare("", exclusive=True, auto_delete=True).queue
            channel.queue_bind(queue, HEARD)
            channel.basic_consume(queue, no_ack=True, callback=self._note)
            self.count()
        except BROKEN:
            self._close()
        return self

    def count(self) -> None:
        """Count the gateways whose confirmations to wait for. Raises one of BROKEN."""
        with self.connection.channel() as channel:
            try:
                declared = channel.queue_declare(GATEWAYS, passive=True)
                self.gateways = int(declared.consumer_count)
            except amqp.NotFound:
                self.gateways = 0

    def _note(self, message: Any) -> None:
        self.heard.append(bytes(message.body).decode())

    def wait(self, event_id: str, seconds: float = CONFIRM_SECONDS) -> bool:
        """Wait for the gateways counted at the start; returns whether all confirmed in time."""
        end = time.monotonic() + seconds
        while self.connection is not None and self.heard.count(event_id) < self.gateways:
            left = end - time.monotonic()
            if left <= 0:
                return False
            try:
                self.connection.drain_events(timeout=left)
            except TimeoutError:
                return False
            except BROKEN:
                self._close()
        return True

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._close()

    def _close(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            try:
                connection.release()
            except BROKEN:
                return
