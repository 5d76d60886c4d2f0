"""Exchanges and queues of the events, as every process declares them."""

from __future__ import annotations

from typing import Any, Final

SERVICES: Final = ("auth", "assets", "tasks", "chat", "crud")
DEAD: Final = "callboard.dead"
ARCHIVE: Final = "callboard.events"
ARCHIVE_BYTES: Final = 2_000_000_000


def exchange_of(service: str) -> str:
    """The topic exchange of a service's events, named as nameko names it."""
    return f"{service}.events"


def declare_exchanges(channel: Any) -> None:
    """Every service's events exchange, the dead letters, and the archive of all events.

    The archive is a stream, bound before anything is published: an event nobody listens to yet
    is kept there, for replay from an offset or a time.
    """
    channel.exchange_declare(DEAD, "topic", durable=True, auto_delete=False)
    channel.queue_declare(
        DEAD, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"}
    )
    channel.queue_bind(DEAD, DEAD, "#")
    channel.queue_declare(
        ARCHIVE,
        durable=True,
        auto_delete=False,
        arguments={"x-queue-type": "stream", "x-max-length-bytes": ARCHIVE_BYTES},
    )
    for service in SERVICES:
        channel.exchange_declare(exchange_of(service), "topic", durable=True, auto_delete=False)
        channel.queue_bind(ARCHIVE, exchange_of(service), "#")
