"""The relay on a real database, with a broker that rejects some messages."""

from __future__ import annotations

import itertools
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest
import sqlalchemy as sa
from pamqp.body import ContentBody
from pamqp.commands import Basic, Channel, Connection
from pamqp.header import ContentHeader

from deploy.local.parts import Parts
from services.common.config import ServiceSettings
from services.common.database.pools import with_driver
from services.common.database.tables import new_metadata
from services.common.events import batches
from services.common.events import relay as relay_module
from services.common.events.relay import BATCH, Relay
from tests.unit.common.wire.fake_broker import FakeBroker, answer, marshalled

LIMIT = 1000
SCHEMA = "relay_test"


class Limited:
    """Confirms messages of at most ``limit`` bytes, and ``most`` of them on a connection.

    It closes the channel over a larger one, as RabbitMQ does, and over one too many, as one that
    is overloaded might.
    """

    def __init__(self) -> None:
        self.numbers = itertools.count(1)
        self.taken: list[bytes] = []
        self.here = 0
        self.most = 10 * BATCH
        self.limit = LIMIT
        self.closed = False

    def __call__(self, frame: Any) -> bytes:
        if isinstance(frame, Connection.StartOk):
            self.numbers = itertools.count(1)
            self.here, self.closed = 0, False
        if self.closed:
            return b""
        if isinstance(frame, ContentHeader) and frame.body_size > self.limit:
            self.closed = True
            return marshalled(Channel.Close(406, "PRECONDITION_FAILED - too large", 60, 40))
        if isinstance(frame, ContentBody):
            self.here += 1
            if self.here > self.most:
                self.closed = True
                return marshalled(Channel.Close(541, "too much", 0, 0))
            # The same events go out in batches, too, to be described.
            if not frame.value.startswith(b"["):
                self.taken.append(frame.value)
            return marshalled(Basic.Ack(next(self.numbers)))
        return answer(frame)


@pytest.fixture
def outbox(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a database with an empty outbox in its own schema."""
    monkeypatch.setattr(batches, "BYTES", LIMIT)
    superuser = with_driver(parts.urls["chat"]).set(username="postgres", password=None)
    engine = sa.create_engine(superuser, isolation_level="AUTOCOMMIT")
    url = superuser.update_query_dict({"options": f"-csearch_path={SCHEMA}"})
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
        connection.exec_driver_sql(f"SET search_path = {SCHEMA}")
        new_metadata().create_all(connection)
    yield url.set(drivername="postgresql").render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {SCHEMA} CASCADE")
    engine.dispose()


def emit(url: str, *payloads: str) -> None:
    """Commit events."""
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        for payload in payloads:
            cursor.execute(
                "INSERT INTO outbox (event_id, name, payload, stored) VALUES (%s, %s, %s, false)",
                (str(uuid.uuid4()), "chat:test", payload),
            )
        cursor.execute("NOTIFY outbox_chat")
    connection.close()


def waiting(url: str) -> int:
    """The number of events in the outbox."""
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM outbox")
        count = int(cursor.fetchone()[0])
    connection.close()
    return count


def until(test: Callable[[], Any], seconds: float = 20.0) -> None:
    waiter, end = threading.Event(), time.monotonic() + seconds
    while not test():
        assert time.monotonic() < end, "it did not become so"
        waiter.wait(0.02)


@contextmanager
def relaying(url: str, taking: Limited) -> Iterator[Relay]:
    broker = FakeBroker(taking)
    settings = ServiceSettings(amqp_uri=broker.uri, secret_key="", database_url=url)
    relay = Relay("chat", settings)
    relay.start()
    try:
        yield relay
    finally:
        relay.stopping.set()
        relay.join(10)
        broker.stop()
    assert not relay.is_alive()


def payload(number: int, size: int = 0) -> str:
    return f'{{"number": {number}, "text": "{"x" * size}"}}'


def numbers(taken: list[bytes]) -> list[int]:
    return [int(body.split(b'"number": ')[1].split(b",")[0]) for body in taken]


def test_events_are_published_in_order(outbox: str) -> None:
    taking = Limited()
    emit(outbox, *(payload(number) for number in range(1200)))
    with relaying(outbox, taking):
        until(lambda: not waiting(outbox))
    assert numbers(taking.taken) == list(range(1200))


def test_batches_shrink_for_an_overloaded_broker(outbox: str) -> None:
    """Until one passes: everything is published, little of it twice."""
    taking = Limited()
    taking.most = 100
    emit(outbox, *(payload(number) for number in range(300)))
    with relaying(outbox, taking):
        until(lambda: not waiting(outbox))
    assert set(numbers(taking.taken)) == set(range(300))
    assert len(taking.taken) < 1500


def test_a_rejected_event_waits_alone(outbox: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others pass it, later ones too; it is published once the broker accepts it."""
    monkeypatch.setattr(relay_module, "SWEEP_SECONDS", 1.0)
    taking = Limited()
    sizes = {7: 2 * LIMIT, 30: 2 * LIMIT}
    emit(outbox, *(payload(number, sizes.get(number, 0)) for number in range(40)))
    with relaying(outbox, taking) as relay:
        until(lambda: waiting(outbox) == 2)
        assert set(numbers(taking.taken)) == set(range(40)) - set(sizes)
        emit(outbox, *(payload(number) for number in range(40, 60)))
        until(lambda: waiting(outbox) == 2)
        until(lambda: len(relay.aside) == 2)
        taking.limit = 10 * LIMIT
        until(lambda: not waiting(outbox))
    assert set(numbers(taking.taken)) == set(range(60))


def test_an_event_with_too_long_a_name_waits_alone(outbox: str) -> None:
    """It exceeds AMQP's limit for routing keys."""
    taking = Limited()
    emit(outbox, payload(1), payload(3))
    with psycopg2.connect(outbox) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE outbox SET name = repeat('n', 300) WHERE payload LIKE '%%: 1,%%'")
    connection.close()
    with relaying(outbox, taking):
        until(lambda: waiting(outbox) == 1)
    assert numbers(taking.taken) == [3]
