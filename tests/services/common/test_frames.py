"""Messages that we put into frames ourselves, and take out of them, as py-amqp would."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import amqp
import pytest
from kombu import Connection

from deploy.local.parts import Parts
from services.common.wire.frames import Frames, Incoming, Outgoing

PROPERTIES = {
    "content_type": "application/json",
    "content_encoding": "utf-8",
    "delivery_mode": 1,
    "priority": 3,
    "correlation_id": "7",
    "reply_to": "réponse",
    "expiration": "60000",
    "message_id": "m",
    "timestamp": 1_780_000_000,
    "type": "t",
    "user_id": "callboard",
    "app_id": "a",
    "cluster_id": "c",
}
TEXTS = {"request": "é" * 200, "empty": "", "long": "x" * 70_000}
MIXED = {
    "text": "a",
    "number": 5,
    "large": 2**40,
    "yes": True,
    "nothing": None,
    "list": ["a", 1],
    "when": datetime(2026, 1, 5, 10, tzinfo=UTC).replace(tzinfo=None),
    "table": {"in": {"it": "z"}},
}
BODIES = {"none": b"", "small": b'{"a": 1}', "one frame": b"x" * 65_536, "many": b"0123" * 500_000}
SENT = [
    *(pytest.param(body, PROPERTIES, id=f"body {name}") for name, body in BODIES.items()),
    pytest.param(b"x", {}, id="no properties"),
    pytest.param(b"x", {"application_headers": {}}, id="no headers"),
    pytest.param(b"x", PROPERTIES | {"application_headers": TEXTS}, id="texts"),
    pytest.param(b"x", PROPERTIES | {"application_headers": MIXED}, id="mixed headers"),
]


@pytest.fixture
def connection(parts: Parts) -> Iterator[Any]:
    with Connection(parts.amqp_uri) as opened:
        yield opened.connection


@pytest.fixture
def channel(connection: Any) -> Any:
    channel = connection.channel()
    channel.auto_decode = False
    return channel


@pytest.fixture
def queue(channel: Any) -> str:
    name: str = channel.queue_declare("", exclusive=True).queue
    return name


def arrived(connection: Any, channel: Any, queue: str, count: int) -> list[Any]:
    found: list[Any] = []
    channel.basic_consume(queue, consumer_tag="reader", no_ack=True, callback=found.append)
    frames = Frames(connection)
    while len(found) < count:
        frames.read()
    return found


@pytest.mark.parametrize(("body", "properties"), SENT)
def test_py_amqp_reads_what_we_send(
    channel: Any, queue: str, body: bytes, properties: dict[str, Any]
) -> None:
    outgoing = Outgoing(channel)
    outgoing.send(outgoing.message(body, properties, "", queue, mandatory=True))
    found = channel.basic_get(queue, no_ack=True)
    assert (found.body or b"") == body
    assert found.properties == properties


@pytest.mark.parametrize(("body", "properties"), SENT)
def test_we_read_what_py_amqp_sends(
    connection: Any, channel: Any, queue: str, body: bytes, properties: dict[str, Any]
) -> None:
    channel.basic_publish(amqp.Message(body, **properties), "", queue)
    (found,) = arrived(connection, channel, queue, 1)
    assert isinstance(found, Incoming)
    assert found.body == body
    assert found.properties == properties
    assert found.delivery_info == {
        "consumer_tag": "reader",
        "delivery_tag": 1,
        "redelivered": False,
        "exchange": "",
        "routing_key": queue,
    }


def test_messages_that_arrive_together_come_in_order(
    connection: Any, channel: Any, queue: str
) -> None:
    outgoing = Outgoing(channel)
    bodies = [str(number).encode() * (number % 7) * 5000 for number in range(200)]
    outgoing.send(b"".join(outgoing.message(body, {}, "", queue, False) for body in bodies))
    assert [found.body for found in arrived(connection, channel, queue, 200)] == bodies


def test_a_text_that_amqp_has_no_room_for_is_refused(channel: Any) -> None:
    with pytest.raises(ValueError, match="256"):
        Outgoing(channel).message(b"x", {"reply_to": "x" * 256}, "", "nobody", mandatory=False)
