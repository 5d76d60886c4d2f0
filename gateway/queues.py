"""How many messages wait in which queue, asked of the broker without its management plugin."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

import amqp
from kombu import Connection

from deploy.broker_connection import BROKEN, reach
from gateway.metrics import BROKER_BLOCKED, QUEUE_CONSUMERS, QUEUE_MESSAGES
from services.common.wire.topology import DEAD, SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterable

READ_SECONDS: Final = 1.0
NOBODY: Final = "callboard.nobody"
"""A queue that does not exist: only who publishes is told that the broker is blocked."""


def kinds(subscribers: Iterable[str]) -> dict[str, str]:
    """Every queue worth watching by what it is for: rpc, events or dead."""
    rpc = {f"rpc-{service}": "rpc" for service in SERVICES}
    return {**rpc, **dict.fromkeys(subscribers, "events"), DEAD: "dead"}


class Queues:
    """Looks at queues over a connection of its own, opened when first asked and then kept."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.blocked = threading.Event()
        self._connection: Any = None

    def look(self, subscribers: Iterable[str]) -> None:
        """Set the gauges; without a broker that answers they are absent."""
        QUEUE_MESSAGES.clear()
        QUEUE_CONSUMERS.clear()
        try:
            self._look(kinds(subscribers))
        except BROKEN as error:
            # A blocked broker answers nobody, and on this connection it will say when it does.
            if not (self.blocked.is_set() and isinstance(error, TimeoutError)):
                self._drop()
        BROKER_BLOCKED.set(self.blocked.is_set())

    def _look(self, wanted: dict[str, str]) -> None:
        connection = self._connected()
        probe = connection.channel()
        probe.basic_publish(amqp.Message(b""), "", NOBODY)
        for queue, kind in wanted.items():
            if (found := self._depth(connection, queue)) is not None:
                QUEUE_MESSAGES.labels(queue, kind).set(found.message_count)
                QUEUE_CONSUMERS.labels(queue, kind).set(found.consumer_count)
        probe.close()

    @staticmethod
    def _depth(connection: Any, queue: str) -> Any:
        """The broker's answer, or None where there is no such queue (yet)."""
        channel = connection.channel()
        try:
            found = channel.queue_declare(queue, passive=True)
        except amqp.NotFound:
            return None
        channel.close()
        return found

    def _connected(self) -> Any:
        if self._connection is None:
            connection = Connection(
                self.uri,
                connect_timeout=READ_SECONDS,
                transport_options={
                    "read_timeout": READ_SECONDS,
                    "on_blocked": lambda _reason: self.blocked.set(),
                    "on_unblocked": self.blocked.clear,
                    "client_properties": {"connection_name": "gateway queues"},
                },
            )
            reach(connection, READ_SECONDS)
            self._connection = connection
            self.blocked.clear()
        return self._connection.connection

    def _drop(self) -> None:
        """Forget a connection that broke."""
        self.blocked.clear()
        if self._connection is not None:
            self._connection.collect()
            self._connection = None
