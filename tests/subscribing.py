"""Subscribing to a service's events as an external program does."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import kombu
from kombu import Connection, Exchange, Queue, binding

from services.common.wire.topology import SERVICES
from tests.running import System

Events = list[tuple[str, dict[str, Any]]]


class Subscriber:
    """A downstream program with a durable queue of its own."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.queue = Queue(
            f"subscriber-{uuid.uuid4()}",
            bindings=[binding(Exchange(f"{s}.events", "topic"), "#") for s in SERVICES],
            queue_arguments={"x-queue-type": "quorum"},
        )
        self.received: list[tuple[str, dict[str, Any], dict[str, Any]]] = []
        with Connection(uri) as connection:
            self.queue(connection.channel()).declare()

    def read(self) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
        """All events so far, with name, payload and headers."""

        def keep(payload: dict[str, Any], message: Any) -> None:
            name = message.delivery_info["routing_key"]
            self.received.append((name, payload, dict(message.headers)))
            message.ack()

        with (
            Connection(self.uri) as connection,
            connection.Consumer([self.queue], callbacks=[keep]),
        ):
            try:
                while True:
                    connection.drain_events(timeout=0.3)
            except TimeoutError:
                return self.received

    def payloads_of(self, name: str) -> list[dict[str, Any]]:
        """Payloads of the events of that name."""
        return [payload for found, payload, _ in self.read() if found == name]


@contextmanager
def subscribed_to(
    system: System, service: str, *names: str
) -> Iterator[tuple[Events, Callable[[float], bool]]]:
    """The events with these names since the block began, and a function to wait for the next.

    It waits for so many seconds, and returns whether an event arrived.
    """
    result: Events = []
    with kombu.Connection(system.parts.amqp_uri) as connection:
        channel = connection.channel()
        exchange = kombu.Exchange(f"{service}.events", "topic", durable=True)
        bindings = [kombu.binding(exchange, routing_key=name) for name in names]
        queue = kombu.Queue("", bindings=bindings, exclusive=True, auto_delete=True)

        def receive(body: Any, message: Any) -> None:
            result.append((message.delivery_info["routing_key"], body))

        def wait_for_event(seconds: float) -> bool:
            try:
                connection.drain_events(timeout=seconds)
            except TimeoutError:
                return False
            return True

        with connection.Consumer(queue, callbacks=[receive], no_ack=True, channel=channel):
            yield result, wait_for_event
