"""Framing: any bytes are messages or the end of the connection."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import Any

import pamqp.frame
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pamqp.commands import Basic, Channel

from services.common.wire.errors import BrokerLost
from services.common.wire.frames import (
    DELIVER,
    END,
    HEAD,
    HEARTBEAT,
    MAX_BODY,
    RETURN,
    FrameReader,
    Incoming,
    content,
    method,
    publish_to,
)
from tests.unit.common.wire.fake_broker import delivery, marshalled

PROPERTIES = {
    "content_type": "application/json",
    "content_encoding": "utf-8",
    "delivery_mode": 1,
    "priority": 3,
    "correlation_id": "7",
    "reply_to": "réponse",
    "expiration": "60000",
    "message_id": "m",
    "timestamp": datetime(2026, 1, 5, 10, tzinfo=UTC),
    "message_type": "t",
    "user_id": "callboard",
    "app_id": "a",
}
TEXTS = {"request": "é" * 200, "empty": "", "long": "x" * 70_000}
MIXED = {
    "text": "a",
    "number": 5,
    "large": 2**40,
    "yes": True,
    "nothing": None,
    "list": ["a", 1],
    "when": datetime(2026, 1, 5, 10, tzinfo=UTC),
    "table": {"in": {"it": "z"}},
}
BODIES = {"none": b"", "small": b'{"a": 1}', "one frame": b"x" * 131_064, "many": b"0123" * 300_000}
MESSAGES = [
    *(pytest.param(body, PROPERTIES, id=f"body {name}") for name, body in BODIES.items()),
    pytest.param(b"x", {}, id="no properties"),
    pytest.param(b"x", PROPERTIES | {"headers": TEXTS}, id="texts"),
    pytest.param(b"x", PROPERTIES | {"headers": MIXED}, id="mixed headers"),
]
frames_bytes = st.binary(max_size=300)
short = st.binary(max_size=255)


def raw(kind: int, payload: bytes, channel: int = 1) -> bytes:
    """A frame with any payload."""
    return HEAD.pack(kind, channel, len(payload)) + payload + bytes([END])


def short_bytes(text: bytes) -> bytes:
    return bytes([len(text)]) + text


def read(data: bytes, *, cuts: list[int] | None = None) -> list[Any]:
    """All frames of a stream that is split at these offsets."""
    reader, found = FrameReader(), []
    bounds = [0, *sorted({min(cut, len(data)) for cut in cuts or []}), len(data)]
    for start, end in zip(bounds, bounds[1:], strict=False):  # noqa: RUF007 - two of a list
        found += reader.feed(data[start:end])
    return found


def as_delivered(data: bytes) -> bytes:
    """A published message's header and body as a delivery."""
    size = HEAD.unpack_from(data)[2]
    address = Basic.Deliver("c", 7, redelivered=True, exchange="e", routing_key="k")
    return marshalled(address) + data[HEAD.size + size + 1 :]


@pytest.mark.parametrize(("body", "properties"), MESSAGES)
def test_frames_round_trip(body: bytes, properties: dict[str, Any]) -> None:
    data = content(1, body, Basic.Properties(**properties), publish_to(1, "e", "k", False))
    (message,) = read(as_delivered(data))
    assert isinstance(message, Incoming)
    assert (message.error, message.body) == (None, body)
    assert message.properties == Basic.Properties(**properties)
    assert (message.consumer_tag, message.delivery_tag) == ("c", 7)
    assert (message.exchange, message.routing_key, message.redelivered) == ("e", "k", True)


@pytest.mark.parametrize(("body", "properties"), MESSAGES)
def test_frames_respect_frame_max(body: bytes, properties: dict[str, Any]) -> None:
    data = content(1, body, Basic.Properties(**properties), publish_to(1, "e", "k", False), 131_072)
    while data:
        size = HEAD.unpack_from(data)[2] + HEAD.size + 1
        assert size <= 131_072
        data = data[size:]


@given(st.lists(st.integers(0, 40_000), max_size=30))
def test_a_stream_may_be_split_anywhere(cuts: list[int]) -> None:
    sent = [b"", b"a", b"x" * 30_000, b"b"]
    stream = HEARTBEAT.join(delivery("c", n, body, reply_to="r") for n, body in enumerate(sent))
    result = read(stream, cuts=cuts)
    assert [m.body for m in result if m is not None] == sent
    assert result.count(None) == 3


def test_messages_of_two_channels_may_be_interleaved() -> None:
    parts = []
    for channel in (1, 2):
        address = pamqp.frame.marshal(Basic.Deliver("c", channel, False, "", ""), channel)
        rest = content(channel, b"x" * channel, Basic.Properties(), b"")
        parts.append((address, rest))
    result = read(parts[0][0] + parts[1][0] + parts[1][1] + parts[0][1])
    assert [m.body for m in result] == [b"xx", b"x"]


@given(frames_bytes)
def test_any_bytes_are_frames_or_close_the_connection(data: bytes) -> None:
    """No other exception is raised."""
    try:
        read(data)
    except BrokerLost:
        return


@given(st.lists(st.tuples(st.sampled_from([1, 2, 3, 8, 9]), frames_bytes), max_size=5))
def test_any_frames_are_understood_or_close_the_connection(frames: list[tuple[int, bytes]]) -> None:
    try:
        read(b"".join(raw(kind, payload) for kind, payload in frames))
    except BrokerLost:
        return


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_corrupted_stream_is_messages_or_closes_the_connection(place: int, value: int) -> None:
    stream = bytearray(
        delivery("c", 1, b"body", headers=MIXED | {"a": "b"}) + method(1, Channel.FlowOk(True))
    )
    stream[place % len(stream)] = value
    try:
        read(bytes(stream))
    except BrokerLost:
        return


@given(exchange=short, key=short, header=frames_bytes, flags=st.integers(0, 65_535))
def test_malformed_properties_do_not_lose_the_message(
    exchange: bytes, key: bytes, header: bytes, flags: int
) -> None:
    """It arrives with its delivery tag and an error."""
    address = DELIVER + short_bytes(b"c") + struct.pack(">QB", 99, 0)
    address += short_bytes(exchange) + short_bytes(key)
    described = struct.pack(">HHQH", 60, 0, 4, flags) + header
    (message,) = read(raw(1, address) + raw(2, described) + raw(3, b"body"))
    assert (message.delivery_tag, message.consumer_tag) == (99, "c")
    assert message.error or message.body == b"body"
    assert isinstance(message.headers, dict)


@given(key=short, header=frames_bytes)
def test_a_returned_message_may_be_malformed(key: bytes, header: bytes) -> None:
    address = RETURN + struct.pack(">H", 312) + short_bytes(b"NO_ROUTE") + short_bytes(b"e")
    described = struct.pack(">HHQH", 60, 0, 0, 0x2000) + header
    (message,) = read(raw(1, address + short_bytes(key)) + raw(2, described))
    assert message.returned


@pytest.mark.parametrize("kind", [b"F", b"A"])
@pytest.mark.parametrize("depth", [100, 5000, 20_000])
def test_deeply_nested_headers_are_an_error_of_the_message(kind: bytes, depth: int) -> None:
    value = b"V"
    for _ in range(depth):
        if len(value) > 120_000:
            break
        inner = b"\x01a" + value if kind == b"F" else value
        value = kind + struct.pack(">I", len(inner)) + inner
    table = b"\x01h" + value
    header = struct.pack(">HHQH", 60, 0, 0, 0x2000) + struct.pack(">I", len(table)) + table
    (message,) = read(marshalled(Basic.Deliver("c", 1, False, "", "")) + raw(2, header))
    assert message.error is not None or depth == 100


def test_an_unexpected_body_is_dropped() -> None:
    header = struct.pack(">HHQH", 60, 0, MAX_BODY + 1, 0)
    reader = FrameReader()
    address = marshalled(Basic.Deliver("c", 1, False, "", ""))
    assert list(reader.feed(address + raw(2, header))) == []
    piece = raw(3, b"x" * 131_064)
    result: list[Any] = []
    for _ in range(MAX_BODY // 131_064):
        result += reader.feed(piece)
    result += reader.feed(raw(3, b"x" * (MAX_BODY + 1 - MAX_BODY // 131_064 * 131_064)))
    assert result[0].error
    assert result[0].body == b""


ENDS = {
    "a frame that is too large": HEAD.pack(1, 1, 200_000),
    "a frame without its end": HEAD.pack(8, 0, 0) + b"\0",
    "a body without a message": raw(3, b"x"),
    "a method that is none": raw(1, b"\0\0\0\0"),
    "no method at all": raw(1, b""),
    "a delivery that is cut off": raw(1, DELIVER),
    "a delivery without a number": raw(1, DELIVER + b"\x01c\0"),
    "more body than was said": marshalled(Basic.Deliver("c", 1, False, "", ""))
    + raw(2, struct.pack(">HHQH", 60, 0, 1, 0))
    + raw(3, b"xx"),
    "a header that is cut off": marshalled(Basic.Deliver("c", 1, False, "", "")) + raw(2, b"\0"),
}


@pytest.mark.parametrize("name", ENDS)
def test_other_protocols_close_the_connection(name: str) -> None:
    with pytest.raises(BrokerLost):
        read(ENDS[name])


@pytest.mark.parametrize(
    "properties",
    [
        {"reply_to": "x" * 256},
        {"headers": {"a": "x" * 131_072}},
        {"headers": {"a": object()}},
        {"headers": {"a": 2**70}},
        {"priority": 300},
        {"correlation_id": 5},
        {"headers": {"a": "\ud800"}},
    ],
)
def test_invalid_properties_are_refused(properties: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        content(1, b"", Basic.Properties(**properties), b"")
