"""An event as the connections of this process share it: decoded once, encoded once a form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec
from engineio.packet import MESSAGE, Packet
from wsproto.frame_protocol import FrameProtocol

from services.common.contracts.full_events import Audience

if TYPE_CHECKING:
    from collections.abc import Collection

#: The namespace of events, as Socket.IO writes it in front of a packet: type EVENT, without ack.
NAMESPACE: Final = "/events"
_PREFIX: Final = f"2{NAMESPACE},"


class _Named(msgspec.Struct):
    id: UUID


class _About(msgspec.Struct):
    entity: _Named | None = None
    task: _Named | None = None
    person: _Named | None = None


class _Body(msgspec.Struct):
    """What is read of a ``FullEvent``; the rest is passed on as it came."""

    id: str
    name: str
    data: msgspec.Raw
    about: _About
    project_id: UUID | None = None


#: Makes frames of whole messages, as a server sends them: unmasked, so the same for all clients.
_frames: Final = FrameProtocol(client=False, extensions=[])
_body: Final = msgspec.json.Decoder(_Body)
_audience: Final = msgspec.json.Decoder(Audience)
#: Of payloads, which are flat.
_fields: Final = msgspec.json.Decoder(dict[str, Any])


class LiveEvent:
    """A described event: what rights and filters look at, and what clients get."""

    __slots__ = (
        "_chunks",
        "_frames",
        "_packet",
        "_payload",
        "_text_frame",
        "audience",
        "body",
        "entity",
        "id",
        "name",
        "person",
        "position",
        "project",
        "task",
    )

    def __init__(self, position: int, audience: bytes, body: bytes) -> None:
        """Decode. Raises msgspec.DecodeError for what is no described event."""
        found = _body.decode(body)
        self.position, self.body = position, body
        self.audience = _audience.decode(audience)
        self.id, self.name, self.project = found.id, found.name, found.project_id
        self.entity, self.task, self.person = (
            named.id if named else None
            for named in (found.about.entity, found.about.task, found.about.person)
        )
        self._payload = bytes(found.data)
        self._packet: Packet | None = None
        self._frames: dict[frozenset[str], bytes] = {}
        self._chunks: dict[frozenset[str], bytes] = {}
        self._text_frame: bytes | None = None

    @property
    def payload(self) -> dict[str, Any]:
        """The flat payload."""
        return _fields.decode(self._payload)

    @property
    def size(self) -> int:
        """Bytes that it takes in memory, about."""
        return len(self.body) + len(self._payload)

    def shown(self, hidden: Collection[str]) -> bytes:
        """The body without the changes of these fields."""
        if not hidden:
            return self.body
        whole = msgspec.json.decode(self.body, type=dict[str, msgspec.Raw])
        changes = msgspec.json.decode(whole["changes"], type=dict[str, msgspec.Raw])
        if not changes.keys() & set(hidden):
            return self.body
        left = {field: change for field, change in changes.items() if field not in hidden}
        return msgspec.json.encode(whole | {"changes": msgspec.Raw(msgspec.json.encode(left))})

    def frame(self, hidden: frozenset[str]) -> bytes:
        """The event of a stream, without the changes of these fields."""
        frame = self._frames.get(hidden)
        if frame is None:
            # A JSON text of ours has no line breaks, so it is one line of ``data``.
            head = f"id: {self.position}\nevent: {self.name}\ndata: ".encode()
            frame = self._frames[hidden] = head + self.shown(hidden) + b"\n\n"
        return frame

    def chunk(self, hidden: frozenset[str]) -> bytes:
        """The same as a chunk of an HTTP/1.1 body."""
        chunk = self._chunks.get(hidden)
        if chunk is None:
            frame = self.frame(hidden)
            chunk = self._chunks[hidden] = b"%x\r\n%b\r\n" % (len(frame), frame)
        return chunk

    @property
    def text_frame(self) -> bytes:
        """The packet as a WebSocket's frame, from a server."""
        if self._text_frame is None:
            self._text_frame = _frames.send_data(self.packet.encode(), fin=True)
        return self._text_frame

    @property
    def packet(self) -> Packet:
        """The packet of a socket: the event's name, and its payload unchanged."""
        if self._packet is None:
            name = msgspec.json.encode(self.name).decode()
            self._packet = Packet(MESSAGE, f"{_PREFIX}[{name},{self._payload.decode()}]")
        return self._packet
