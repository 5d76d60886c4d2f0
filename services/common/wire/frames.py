"""AMQP 0-9-1 frames, marshalled by ``pamqp``: a byte stream in, frames and messages out.

Whatever a publisher put into a message, reading it raises nothing: a message whose address or
properties can't be decoded, or whose body is larger than anybody here sends, arrives as an
``Incoming`` with an ``error``, so that its consumer can refuse it. Only a stream that is no AMQP
raises, as there is no telling where its next frame begins.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import pamqp.body
import pamqp.frame
import pamqp.header
from pamqp import commands, constants, heartbeat
from pamqp.commands import Basic

from services.common.wire.errors import BrokerLost
from services.common.wire.header_tables import costly

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

METHOD, HEADER, BODY = 1, 2, 3
HEAD: Final = struct.Struct(">BHI")
END: Final = 0xCE
OVERHEAD: Final = HEAD.size + 1
#: Bytes of a frame, header and end octet included; RabbitMQ's default.
MAX_FRAME: Final = 131_072
#: Largest body in bytes that is collected; twice RabbitMQ 3's limit.
MAX_BODY: Final = 256 * 1024 * 1024
# Class and method ids of Basic.Deliver and Basic.Return, the only methods that carry content here.
DELIVER: Final = struct.pack(">HH", 60, 60)
RETURN: Final = struct.pack(">HH", 60, 50)
NUMBER: Final = struct.Struct(">Q")
HEARTBEAT: Final = heartbeat.Heartbeat().marshal()
PROTOCOL: Final = pamqp.header.ProtocolHeader().marshal()
#: Marshalled Basic.Publish frames that are cached, one per exchange and routing key.
KNOWN_ADDRESSES: Final = 1024

Method = pamqp.base.Frame


class Incoming:
    """A received message with its complete body."""

    __slots__ = (
        "began",
        "body",
        "consumer_tag",
        "delivery_tag",
        "error",
        "exchange",
        "missing",
        "origin",
        "pieces",
        "properties",
        "redelivered",
        "returned",
        "routing_key",
    )

    def __init__(self, delivery_tag: int = 0, *, returned: bool = False) -> None:
        self.delivery_tag, self.returned = delivery_tag, returned
        self.consumer_tag = self.exchange = self.routing_key = ""
        self.redelivered = False
        self.properties = Basic.Properties()
        self.body = b""
        self.pieces: list[bytes] = []
        self.missing = 0
        #: Why the message can't be used; None for one that can.
        self.error: str | None = None
        #: The session it arrived on: a delivery tag is valid on that one only.
        self.origin: object = None
        #: When its consumer started on it (``time.perf_counter``); set by the consumer.
        self.began = 0.0

    @property
    def headers(self) -> Mapping[str, Any]:
        """The application headers; empty if there are none."""
        return self.properties.headers or {}

    def add(self, payload: bytes) -> None:
        """Append a body frame's payload. Raises BrokerLost if it exceeds the announced size."""
        self.missing -= len(payload)
        if self.missing < 0:
            raise BrokerLost("the broker sent more of a body than it announced")
        # A message that is refused anyway is counted down but not kept: it may be huge.
        if self.error is None:
            self.pieces.append(payload)
        if not self.missing:
            self.body = self.pieces[0] if len(self.pieces) == 1 else b"".join(self.pieces)
            self.pieces = []


class FrameReader:
    """Turns a byte stream, split at any place, into methods and complete messages."""

    def __init__(self) -> None:
        self.max_frame = MAX_FRAME
        self._buffer = b""
        self._arriving: dict[int, Incoming] = {}

    def feed(self, data: bytes) -> Iterator[Method | Incoming | None]:
        """Yield what is complete now: methods, messages, None for a heartbeat.

        Raises BrokerLost for bytes that are not AMQP. The iterator must be exhausted: a frame that
        is not taken from it is lost.
        """
        buffer, start = self._buffer + data if self._buffer else data, 0
        try:
            while len(buffer) - start >= HEAD.size:
                kind, channel, size = HEAD.unpack_from(buffer, start)
                if size + OVERHEAD > self.max_frame:
                    raise BrokerLost(f"a frame of {size} bytes is larger than agreed")
                end = start + HEAD.size + size
                if len(buffer) <= end:
                    break
                if buffer[end] != END:
                    raise BrokerLost("a frame without its end")
                payload = buffer[start + HEAD.size : end]
                start = end + 1
                item = self._read(kind, channel, payload)
                if item is not _NOTHING:
                    yield item
        finally:
            # Also when the consumer of this generator raises: what was yielded must not come again.
            self._buffer = buffer[start:]

    def _read(self, kind: int, channel: int, payload: bytes) -> Any:
        if kind == METHOD:
            # Content methods are read by hand: pamqp raises for names that are not UTF-8, and such
            # a message must be refused, not end the connection.
            if payload.startswith((DELIVER, RETURN)):
                self._arriving[channel] = _addressed(payload)
                return _NOTHING
            return _method(payload)
        if kind == constants.FRAME_HEARTBEAT:
            return None
        message = self._arriving.get(channel)
        if message is None:
            raise BrokerLost(f"content on channel {channel} without a message")
        if kind == HEADER:
            _describe(message, payload)
        elif kind == BODY:
            message.add(payload)
        else:
            raise BrokerLost(f"a frame of the unknown kind {kind}")
        if message.missing:
            return _NOTHING
        del self._arriving[channel]
        return message


_NOTHING: Final = object()


def _method(payload: bytes) -> Method:
    try:
        method: Method = commands.INDEX_MAPPING[int.from_bytes(payload[:4])]()
        method.unmarshal(payload[4:])
    except Exception as error:
        raise BrokerLost(f"a method that can't be read: {error!r}") from error
    return method


def _addressed(payload: bytes) -> Incoming:
    """The message that a Basic.Deliver or Basic.Return begins."""
    returned = payload.startswith(RETURN)
    try:
        method: Any = (Basic.Return if returned else Basic.Deliver)()
        method.unmarshal(payload[4:])
    except Exception as error:  # noqa: BLE001 - whatever a publisher wrote into its address
        return _misaddressed(payload, returned=returned, reason=repr(error))
    message = Incoming(0 if returned else method.delivery_tag, returned=returned)
    message.exchange, message.routing_key = method.exchange, method.routing_key
    if not returned:
        message.consumer_tag, message.redelivered = method.consumer_tag, method.redelivered
    return message


def _misaddressed(payload: bytes, *, returned: bool, reason: str) -> Incoming:
    """A message whose exchange or routing key is not UTF-8; the broker accepts any bytes.

    The consumer tag and the delivery tag come first in the frame, and no publisher chooses them,
    so the message can still be rejected.
    """
    message = Incoming(returned=returned)
    if not returned:
        try:
            # Layout: class and method id (4 bytes), the tag's length (1), the tag, the delivery tag
            # (8).
            at = 5 + payload[4]
            message.delivery_tag = NUMBER.unpack_from(payload, at)[0]
        except (IndexError, struct.error):
            raise BrokerLost("a delivery without its number") from None
        message.consumer_tag = payload[5:at].decode("utf-8", "replace")
    message.error = f"its address can't be read: {reason}"
    return message


def _describe(message: Incoming, payload: bytes) -> None:
    """Read the header frame: the size of the body, and the properties."""
    header = pamqp.header.ContentHeader()
    if (reason := costly(payload)) is not None:
        message.error = message.error or reason
    else:
        try:
            header.unmarshal(payload)
            message.properties = header.properties
        except Exception as error:  # noqa: BLE001 - properties are the publisher's, of any depth
            message.error = message.error or f"its properties can't be read: {error!r}"
    # The size is read on its own: without it the end of the body is unknown, so it must be found
    # even where pamqp could not decode the properties behind it.
    if len(payload) < struct.calcsize(">HHQ"):
        raise BrokerLost("a header frame that is cut off")
    message.missing = struct.unpack_from(">HHQ", payload)[2]
    if message.missing > MAX_BODY:
        message.error = f"its body of {message.missing} bytes is larger than any we read"


def method(channel: int, frame: Method) -> bytes:
    """The bytes of a method on a channel."""
    return pamqp.frame.marshal(frame, channel)


def content(
    channel: int,
    body: bytes,
    properties: Basic.Properties,
    address: bytes,
    max_frame: int = MAX_FRAME,
) -> bytes:
    """The bytes of a message whose ``address`` is what ``publish_to`` made.

    Raises ValueError for properties that AMQP has no form for, or that don't fit into one frame:
    they can't be split.
    """
    try:
        header = pamqp.frame.marshal(pamqp.header.ContentHeader(0, len(body), properties), channel)
    except (TypeError, OverflowError, struct.error) as error:
        raise ValueError(f"the properties of a message can't be written: {error}") from error
    if len(header) > max_frame:
        raise ValueError(f"the headers of a message take {len(header)} bytes")
    # A body is split over frames, unlike properties; small ones take the shorter path.
    room = max_frame - OVERHEAD
    if len(body) <= room:
        last = HEAD.pack(BODY, channel, len(body)) + body + b"\xce" if body else b""
        return address + header + last
    frames = [address, header]
    for start in range(0, len(body), room):
        chunk = body[start : start + room]
        frames += (HEAD.pack(BODY, channel, len(chunk)), chunk, b"\xce")
    return b"".join(frames)


@lru_cache(KNOWN_ADDRESSES)
def publish_to(channel: int, exchange: str, routing_key: str, mandatory: bool) -> bytes:
    """The first frame of a message to that exchange. Raises ValueError for names too long."""
    frame = Basic.Publish(exchange=exchange, routing_key=routing_key, mandatory=mandatory)
    try:
        return pamqp.frame.marshal(frame, channel)
    except TypeError as error:
        raise ValueError(f"a message can't be sent there: {error}") from error
