"""Exchanges and queues."""

from __future__ import annotations

from typing import Any

from services.common.wire.topology import (
    ARCHIVE,
    DEAD,
    HISTORY,
    HISTORY_QUEUE,
    ORDERED,
    QUEUE,
    SERVICES,
    declare_exchanges,
    exchange_of,
)


class Session:
    """Records what is declared."""

    def __init__(self) -> None:
        self.exchanges: dict[str, str] = {}
        self.queues: dict[str, dict[str, Any]] = {}
        self.bindings: list[tuple[str, str, str]] = []

    def exchange_declare(self, name: str, kind: str) -> None:
        """Record an exchange."""
        self.exchanges[name] = kind

    def exchange_bind(self, exchange: str, source: str, key: str) -> None:
        """Record a binding, whose ends must have been declared."""
        assert {exchange, source} <= self.exchanges.keys()
        self.bindings.append((exchange, source, key))

    def queue_declare(self, name: str, *, arguments: dict[str, Any]) -> None:
        """Record a queue."""
        self.queues[name] = arguments

    def queue_bind(self, queue: str, exchange: str, key: str) -> None:
        """Record a binding, whose ends must have been declared."""
        assert queue in self.queues
        assert exchange in self.exchanges
        self.bindings.append((queue, exchange, key))


def declared() -> Session:
    """What every process declares."""
    session = Session()
    declare_exchanges(session)  # type: ignore[arg-type]
    return session


def test_every_service_has_an_exchange_that_the_archive_follows() -> None:
    """No event is published before the archive is bound."""
    session = declared()
    for service in SERVICES:
        assert session.exchanges[exchange_of(service)] == "topic"
        assert (ARCHIVE, exchange_of(service), "#") in session.bindings
    assert session.queues[ARCHIVE]["x-queue-type"] == "stream"


def test_dead_letters_are_kept_in_a_replicated_queue() -> None:
    """All of them."""
    session = declared()
    assert session.queues[DEAD] == {"x-queue-type": "quorum"}
    assert (DEAD, DEAD, "#") in session.bindings


def test_the_event_log_has_one_consumer_at_a_time() -> None:
    """It stores events in their order."""
    session = declared()
    assert session.queues[HISTORY_QUEUE] == ORDERED
    assert (HISTORY_QUEUE, HISTORY, "") in session.bindings
    assert ORDERED == {**QUEUE, "x-single-active-consumer": True}


def test_a_handlers_queue_loses_no_event() -> None:
    """A failed event reaches the dead letters, or stays in the queue."""
    assert QUEUE["x-dead-letter-exchange"] == DEAD
    assert QUEUE["x-dead-letter-strategy"] == "at-least-once"
    assert QUEUE["x-overflow"] == "reject-publish"
