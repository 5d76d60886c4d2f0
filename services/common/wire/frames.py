"""AMQP's frames, as far as they carry messages; the rest is py-amqp's.

py-amqp opens a connection, declares and consumes. But a message that it reads or writes costs it
some thirty microseconds of Python, and a request is four of them; here it takes half of that.
Whatever isn't a delivery is handed to py-amqp as it came.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections import deque
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

from amqp import spec
from amqp.serialization import dumps, loads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

READ_SIZE: Final = 65536
METHOD, HEADER, BODY = 1, 2, 3
"""Kinds of frames."""
FRAME_HEAD: Final = struct.Struct(">BHI")
FRAME_END: Final = 0xCE
END: Final = bytes([FRAME_END])
PUBLISH: Final = struct.pack(">HHH", *spec.Basic.Publish, 0)
DELIVER: Final = struct.pack(">HH", *spec.Basic.Deliver)
ACK: Final = struct.Struct(">HHQB")
CONTENT: Final = struct.Struct(">HHQH")
"""Of a header: the class, its weight, the size of the body, which properties it has."""
NUMBER: Final = struct.Struct(">Q")
SIZE: Final = struct.Struct(">I")
KNOWN_ADDRESSES: Final = 1024


# --- properties -----------------------------------------------------------------------------------


def _text(value: str) -> bytes:
    data = value.encode()
    return bytes((len(data),)) + data


@cache
def _header_name(name: str) -> bytes:
    return _text(name) + b"S"


def _table(headers: Mapping[str, Any]) -> bytes:
    pieces = [b""]
    for name, value in headers.items():
        if type(value) is not str:
            whole: bytes = dumps("F", [headers])
            return whole
        data = value.encode()
        pieces += (_header_name(name), SIZE.pack(len(data)), data)
    pieces[0] = SIZE.pack(sum(map(len, pieces)))
    return b"".join(pieces)


def _text_at(buffer: bytes, at: int) -> tuple[str, int]:
    end = at + 1 + buffer[at]
    return str(buffer[at + 1 : end], "utf-8"), end


def _octet_at(buffer: bytes, at: int) -> tuple[int, int]:
    return buffer[at], at + 1


def _number_at(buffer: bytes, at: int) -> tuple[int, int]:
    return NUMBER.unpack_from(buffer, at)[0], at + NUMBER.size


def _table_at(buffer: bytes, start: int) -> tuple[dict[str, Any], int]:
    at = start + SIZE.size
    end = at + SIZE.unpack_from(buffer, start)[0]
    found: dict[str, Any] = {}
    while at < end:
        name, at = _text_at(buffer, at)
        if buffer[at] != ord("S"):
            (mixed,), end = loads("F", buffer, start)
            return mixed, end
        value = at + 1 + SIZE.size
        at = value + SIZE.unpack_from(buffer, at + 1)[0]
        found[name] = str(buffer[value:at], "utf-8")
    return found, end


TEXT: Final = (_text, _text_at)
OCTET: Final = (lambda value: bytes((value,)), _octet_at)
PROPERTIES: Final[dict[str, tuple[Callable[[Any], bytes], Callable[[bytes, int], Any]]]] = {
    "content_type": TEXT,
    "content_encoding": TEXT,
    "application_headers": (_table, _table_at),
    "delivery_mode": OCTET,
    "priority": OCTET,
    "correlation_id": TEXT,
    "reply_to": TEXT,
    "expiration": TEXT,
    "message_id": TEXT,
    "timestamp": (NUMBER.pack, _number_at),
    "type": TEXT,
    "user_id": TEXT,
    "app_id": TEXT,
    "cluster_id": TEXT,
}
"""In the order that AMQP 0-9-1 gives them; the first has the highest bit."""
_writers: Final = [
    (name, 1 << (15 - place), write) for place, (name, (write, _)) in enumerate(PROPERTIES.items())
]


@cache
def _readers(flags: int) -> list[tuple[str, Callable[[bytes, int], Any]]]:
    return [(name, PROPERTIES[name][1]) for name, bit, _ in _writers if flags & bit]


# --- what arrives ---------------------------------------------------------------------------------


class Incoming:
    """A message that arrived, with the attributes that py-amqp's messages have."""

    __slots__ = (
        "began",
        "body",
        "channel",
        "delivery_info",
        "delivery_tag",
        "left",
        "pieces",
        "properties",
    )

    def __init__(self, channel: Any, info: dict[str, Any]) -> None:
        self.channel, self.delivery_info = channel, info
        self.delivery_tag: int = info["delivery_tag"]
        self.properties: dict[str, Any] = {}
        self.body, self.left = b"", 0
        self.pieces: list[bytes] = []
        self.began = 0.0
        """When a consumer began to work on it, for the consumer."""

    def head(self, buffer: bytes, at: int) -> None:
        """Take the header's frame."""
        _, _, self.left, flags = CONTENT.unpack_from(buffer, at)
        at += CONTENT.size
        for name, read in _readers(flags):
            self.properties[name], at = read(buffer, at)

    def add(self, piece: bytes) -> None:
        """Take a piece of the body."""
        self.left -= len(piece)
        if self.left or self.pieces:
            self.pieces.append(piece)
        if not self.left:
            self.body = b"".join(self.pieces) if self.pieces else piece
            self.pieces.clear()


class Frames:
    """Reads frames off a connection, many with one ``recv``.

    py-amqp's own loop takes three calls and two changes of the socket's timeout for each frame, and
    looks for "connection.blocked" before each publish, beside the reading thread.
    """

    def __init__(self, connection: Any) -> None:
        connection.client_properties.get("capabilities", {}).pop("connection.blocked", None)
        self.connection = connection
        self.socket = connection.transport.sock
        self.socket.settimeout(1.0)
        self.buffer = bytes(connection.transport._read_buffer)  # noqa: SLF001
        connection.transport._read_buffer = b""  # noqa: SLF001
        self.arriving: dict[int, Incoming] = {}

    def read(self) -> None:
        """Handle what has arrived, waiting for it a second at most. Raises OSError at the end."""
        try:
            chunk = self.socket.recv(READ_SIZE)
        except TimeoutError:
            return
        if not chunk:
            message = "the broker closed the connection"
            raise OSError(message)
        self.connection.bytes_recv += 1  # what missing heartbeats are told by
        buffer, start = self.buffer + chunk if self.buffer else chunk, 0
        while len(buffer) - start >= FRAME_HEAD.size:
            kind, channel, size = FRAME_HEAD.unpack_from(buffer, start)
            start += FRAME_HEAD.size
            end = start + size
            if len(buffer) <= end:
                start -= FRAME_HEAD.size
                break
            if buffer[end] != FRAME_END:
                message = "the broker sent a broken frame"
                raise OSError(message)
            if not self._delivers(kind, channel, buffer, start, end):
                self.connection.on_inbound_frame((kind, channel, buffer[start:end]))
            start = end + 1
        self.buffer = buffer[start:]

    def _delivers(self, kind: int, number: int, buffer: bytes, at: int, end: int) -> bool:
        """Whether the frame belongs to a delivery; the last one hands it to its consumer."""
        if kind == METHOD:
            return buffer.startswith(DELIVER, at) and self._begins(number, buffer, at)
        arriving = self.arriving.get(number)
        if arriving is None:
            return False
        if kind == HEADER:
            arriving.head(buffer, at)
        else:
            arriving.add(buffer[at:end])
        if not arriving.left:
            del self.arriving[number]
            channel, tag = arriving.channel, arriving.delivery_info["consumer_tag"]
            channel.callbacks[tag](arriving)
        return True

    def _begins(self, number: int, buffer: bytes, at: int) -> bool:
        tag, at = _text_at(buffer, at + len(DELIVER))
        channel = self.connection.channels[number]
        if tag not in channel.callbacks:
            return False
        delivery_tag, at = _number_at(buffer, at)
        exchange, place = _text_at(buffer, at + 1)
        self.arriving[number] = Incoming(
            channel,
            {
                "consumer_tag": tag,
                "delivery_tag": delivery_tag,
                "redelivered": bool(buffer[at]),
                "exchange": exchange,
                "routing_key": _text_at(buffer, place)[0],
            },
        )
        return True


# --- what leaves ----------------------------------------------------------------------------------


def _frame(kind: int, number: int, payload: bytes) -> bytes:
    return FRAME_HEAD.pack(kind, number, len(payload)) + payload + END


@lru_cache(KNOWN_ADDRESSES)
def addressed(number: int, exchange: str, routing_key: str, mandatory: bool) -> bytes:
    """The first frame of a message on a channel."""
    payload = PUBLISH + _text(exchange) + _text(routing_key) + bytes([mandatory])
    return _frame(METHOD, number, payload)


def message(
    number: int, address: bytes, body: bytes, properties: Mapping[str, Any], largest: int
) -> bytes:
    """The frames of a message on a channel, none with more than ``largest`` bytes of its body."""
    flags, pieces = 0, [b""]
    for name, bit, write in _writers:
        value = properties.get(name)
        if value is not None:
            flags |= bit
            pieces.append(write(value))
    pieces[0] = CONTENT.pack(spec.Basic.CLASS_ID, 0, len(body), flags)
    frames = [address, _frame(HEADER, number, b"".join(pieces))]
    frames += (_frame(BODY, number, body[at : at + largest]) for at in range(0, len(body), largest))
    return b"".join(frames)


class Outgoing:
    """What leaves on a connection: no thread waits for another one's small message to be sent.

    A thread that finds another at the socket leaves its frames to it, and they go out together.
    """

    def __init__(self, channel: Any) -> None:
        self.channel = channel
        self.number = channel.channel_id  # a channel that was closed has none any more
        self.socket = channel.connection.transport.sock
        self.largest = largest_body(channel.connection)
        self._alone = threading.Lock()
        self._frames: deque[bytes] = deque()

    def send(self, frames: bytes) -> None:
        """Send frames, or have them sent. Raises OSError when the connection broke."""
        self._frames.append(frames)
        self._flush()

    @contextmanager
    def alone(self) -> Iterator[Any]:
        """The channel, while nobody else sends."""
        with self._alone:
            yield self.channel
        self._flush()

    def _flush(self) -> None:
        while self._frames and self._alone.acquire(blocking=False):
            try:
                found = [self._frames.popleft() for _ in range(len(self._frames))]
                self.socket.sendall(b"".join(found))
            except OSError:
                with suppress(OSError):  # half a frame may be out: nothing can follow it
                    self.socket.shutdown(socket.SHUT_RDWR)
                raise
            finally:
                self._alone.release()

    def message(
        self,
        body: bytes,
        properties: Mapping[str, Any],
        exchange: str,
        routing_key: str,
        mandatory: bool,
    ) -> bytes:
        """The frames of a message."""
        address = addressed(self.number, exchange, routing_key, mandatory)
        return message(self.number, address, body, properties, self.largest)

    def ack(self, tag: int, multiple: bool) -> bytes:
        """The frame that acknowledges a delivery, or all up to it."""
        return _frame(METHOD, self.number, ACK.pack(*spec.Basic.Ack, tag, multiple))


def largest_body(connection: Any) -> int:
    """Bytes of a body that one frame of this connection can hold."""
    return int(min(READ_SIZE, connection.frame_max - FRAME_HEAD.size - len(END)))
