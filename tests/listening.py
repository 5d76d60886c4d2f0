"""Listening to a service's events as any program would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import kombu

from tests.system import System

Heard = list[tuple[str, dict[str, Any]]]


@contextmanager
def listening(
    system: System, service: str, *names: str
) -> Iterator[tuple[Heard, Callable[[float], bool]]]:
    """The events with these names since the block began, and what waits for the next one.

    It waits so many seconds, and says whether anything came.
    """
    found: Heard = []
    with kombu.Connection(system.parts.amqp_uri) as connection:
        channel = connection.channel()
        exchange = kombu.Exchange(f"{service}.events", "topic", durable=True)
        bindings = [kombu.binding(exchange, routing_key=name) for name in names]
        queue = kombu.Queue("", bindings=bindings, exclusive=True, auto_delete=True)

        def receive(body: Any, message: Any) -> None:
            found.append((message.delivery_info["routing_key"], body))

        def something_came(seconds: float) -> bool:
            try:
                connection.drain_events(timeout=seconds)
            except TimeoutError:
                return False
            return True

        with connection.Consumer(queue, callbacks=[receive], no_ack=True, channel=channel):
            yield found, something_came
