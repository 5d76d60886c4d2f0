"""Review rooms on the socket: what clients send, and who may send and hear it."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec
from engineio.packet import MESSAGE, Packet

from gateway.live.event import NAMESPACE
from gateway.live.room_stream import Message, RoomStream
from gateway.live.rooms import BESIDE, Member, Room, Rooms, Seat
from services.common.errors import ServiceError, Unavailable
from services.common.wire.rpc_protocol import ACTOR

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gateway.live.event import LiveEvent
    from gateway.live.hub import Hub
    from gateway.live.sockets import Connection, Sockets
    from services.common.wire.rpc_protocol import Reply

    Call = Callable[..., Awaitable[Reply]]
    Payload = dict[str, Any]

PREFIX: Final = "preview-room:"
#: Messages that everybody in the room gets as they came.
PASSED_ON: Final = (
    "add-annotation",
    "remove-annotation",
    "update-annotation",
    "change-version",
    "panzoom-changed",
    "comparison-panzoom-changed",
)
#: Bytes of a message, and messages that a socket may send in a second.
MAX_MESSAGE: Final = 256 * 1024
RATE: Final = 100.0
#: Packets that may wait for a client; one that doesn't read misses the others.
QUEUED: Final = 1000
#: Seconds before each further attempt to ask for somebody's rights.
RETRY_SECONDS: Final = (0.2, 0.5, 1.0, 2.0)
#: Events after which somebody may no longer read a playlist.
PLAYLISTS: Final = frozenset({"playlist:update", "playlist:delete"})


class Guest:
    """What a socket does in rooms."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        #: The rooms that it hears, and those that it is in.
        self.opened: set[str] = set()
        self.joined: set[str] = set()
        self._allowance, self._since = RATE, time.monotonic()

    @property
    def rooms(self) -> set[str]:
        """All rooms that it has to do with."""
        return self.opened | self.joined

    def may_speak(self, playlist: str) -> bool:
        """Whether what it does in the room is for the others: not of accounts that only read."""
        return playlist in self.rooms and not self.connection.listener.only_reads

    def may_send(self) -> bool:
        """Count a message; False for one too many."""
        now = time.monotonic()
        self._allowance = min(RATE, self._allowance + (now - self._since) * RATE)
        self._since = now
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True


class Review:
    """Review rooms; refused messages are dropped in silence, as clients expect."""

    def __init__(self, sockets: Sockets, hub: Hub, call: Call) -> None:
        self.sockets, self.call, self.rooms = sockets, call, Rooms()
        self.guests: dict[str, Guest] = {}
        self._hearing: defaultdict[str, set[Connection]] = defaultdict(set)
        self._checks: set[asyncio.Task[None]] = set()
        self.stream = RoomStream(hub.broker, self._receive, self._own_seats, self._process_ended)
        hub.setups.append(self.stream.listen)
        hub.watchers.append(self._note)
        hub.services.append(self.stream.run)
        sockets.leaving.append(self._left)
        sockets.changed.append(self._changed)
        on = sockets.server.on
        on(f"{PREFIX}open-playlist", self._open, namespace=NAMESPACE)
        on(f"{PREFIX}close-playlist", self._close, namespace=NAMESPACE)
        on(f"{PREFIX}join", self._join, namespace=NAMESPACE)
        on(f"{PREFIX}leave", self._leave, namespace=NAMESPACE)
        on(f"{PREFIX}room-updated", self._update, namespace=NAMESPACE)
        for name in PASSED_ON:
            on(f"{PREFIX}{name}", self._passing(name), namespace=NAMESPACE)

    # --- what clients send ----------------------------------------------------------------------

    async def _open(self, sid: str, payload: Any = None, *_: Any) -> None:
        guest, playlist = await self._sender(sid, payload)
        if guest and playlist and await self._may_read(guest.connection, playlist):
            guest.opened.add(playlist)
            self._hearing[playlist].add(guest.connection)
            self._send("open", guest, playlist)

    async def _close(self, sid: str, payload: Any = None, *_: Any) -> None:
        guest, playlist = await self._sender(sid, payload)
        if guest and playlist:
            self._stop_hearing(guest, playlist)

    async def _join(self, sid: str, payload: Any = None, *_: Any) -> None:
        guest, playlist = await self._sender(sid, payload)
        if guest and playlist and await self._may_read(guest.connection, playlist):
            guest.joined.add(playlist)
            self._send("join", guest, playlist, payload=payload)

    async def _leave(self, sid: str, payload: Any = None, *_: Any) -> None:
        guest, playlist = await self._sender(sid, payload)
        if guest and playlist and playlist in guest.rooms:
            guest.joined.discard(playlist)
            self._send("leave", guest, playlist)

    async def _update(self, sid: str, payload: Any = None, newcomer: Any = None, *_: Any) -> None:
        guest, playlist = await self._sender(sid, payload)
        if guest and playlist and guest.may_speak(playlist):
            only = newcomer is True
            self._send("update", guest, playlist, payload=payload, only_newcomer=only)

    def _passing(self, name: str) -> Callable[..., Awaitable[None]]:
        async def pass_on(sid: str, payload: Any = None, *_: Any) -> None:
            guest, playlist = await self._sender(sid, payload)
            if guest and playlist and guest.may_speak(playlist):
                own = _signed(payload, str(guest.connection.listener.actor.id))
                self._send("pass", guest, playlist, name=name, payload=own)

        return pass_on

    async def _sender(self, sid: str, payload: Any) -> tuple[Guest | None, str | None]:
        """The sender, and the room of a message that may be handled."""
        connection = self.sockets.connections.get(sid)
        if connection is None:
            return None, None
        # Whose rights are in doubt waits for them; its messages stay in their order.
        await connection.listener.settled.wait()
        if connection.listener.ended or sid not in self.sockets.connections:
            return None, None
        guest = self.guests.setdefault(sid, Guest(connection))
        if not guest.may_send() or not isinstance(payload, dict):
            return None, None
        try:
            playlist = str(UUID(payload["playlist_id"]))
        except (KeyError, ValueError, TypeError, AttributeError):
            return None, None
        return (guest, playlist) if _is_sendable(payload) else (None, None)

    def _send(self, kind: str, guest: Guest, playlist: str, **more: Any) -> None:
        connection = guest.connection
        self.stream.send(
            Message(
                kind,
                self.stream.process,
                playlist=playlist,
                socket=connection.sid,
                person=str(connection.listener.actor.id),
                **more,
            )
        )

    # --- what all processes are told ------------------------------------------------------------

    def _receive(self, message: Message, place: int) -> None:
        """Apply a message, and tell this process's clients of it."""
        seat, playlist = Seat(message.process, message.socket), message.playlist
        match message.kind:
            case "open":
                self._tell_people(playlist)
            case "join":
                member = Member(message.person, place)
                self.rooms.join(playlist, seat, member, message.payload)
                self._tell_people(playlist)
                self._tell(playlist, "room-updated", _shown(playlist, self.rooms.get(playlist)))
            case "leave":
                self.rooms.leave(playlist, seat)
                self._tell_people(playlist)
            case "update":
                self._updated(message, place)
            case "pass":
                self._tell(playlist, message.name, message.payload)
            # Its own, too: what it sent while the broker was away is in them.
            case "seats":
                for concerned in self.rooms.merge(message.process, message.payload, message.asked):
                    self._tell_people(concerned)

    def _updated(self, message: Message, place: int) -> None:
        room = self.rooms.update(message.playlist, message.person, message.payload, place)
        state = _shown(message.playlist, room)
        state |= {name: message.payload[name] for name in BESIDE if name in message.payload}
        state["only_newcomer"] = message.only_newcomer
        self._tell(message.playlist, "room-updated", state)

    def _process_ended(self, process: str) -> None:
        for playlist in self.rooms.leave_all(process):
            self._tell_people(playlist)

    def _own_seats(self) -> Payload:
        seats: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for sid, guest in self.guests.items():
            for playlist in guest.joined:
                seats[playlist][sid] = str(guest.connection.listener.actor.id)
        return self.rooms.snapshot(self.stream.process, seats)

    def _tell_people(self, playlist: str) -> None:
        self._tell(playlist, "room-people-updated", _people(playlist, self.rooms.get(playlist)))

    def _tell(self, playlist: str, name: str, payload: Payload) -> None:
        """Send to all who hear the room, the sender too."""
        if hearing := self._hearing.get(playlist):
            packet = _packet(name, payload)
            for connection in hearing:
                _put(connection, packet)

    @staticmethod
    def _tell_one(connection: Connection, name: str, payload: Payload) -> None:
        _put(connection, _packet(name, payload))

    # --- rights ---------------------------------------------------------------------------------

    async def _may_read(self, connection: Connection, playlist: str) -> bool:
        arguments = msgspec.json.encode({"path": "playlists", "ident": playlist})
        headers = {ACTOR: msgspec.json.encode(connection.listener.actor).decode()}
        for pause in (*RETRY_SECONDS, None):
            try:
                await self.call("crud", "read_row", arguments, headers=headers)
            except Unavailable:
                # Nobody is told that a message was dropped: it should not be for a busy moment.
                if pause is not None:
                    await asyncio.sleep(pause)
            except ServiceError:
                return False
            else:
                return True
        return False

    def _changed(self, connection: Connection) -> None:
        """Their actor was read anew: look whether they may still be where they are."""
        guest = self.guests.get(connection.sid)
        if guest is not None and guest.rooms and connection.listener.is_ready:
            for playlist in guest.rooms:
                self._check(guest, playlist)

    def _note(self, event: LiveEvent) -> None:
        """A playlist has changed: look whether all may still read it."""
        if event.name in PLAYLISTS:
            playlist = str(event.payload.get("playlist_id"))
            for guest in list(self.guests.values()):
                if playlist in guest.rooms:
                    self._check(guest, playlist)

    def _check(self, guest: Guest, playlist: str) -> None:
        async def check() -> None:
            if not await self._may_read(guest.connection, playlist):
                self._put_out(guest, playlist)
            elif playlist in guest.opened:
                # What others did while their rights were in doubt, they were not told.
                room = self.rooms.get(playlist)
                self._tell_one(guest.connection, "room-people-updated", _people(playlist, room))
                self._tell_one(guest.connection, "room-updated", _shown(playlist, room))

        task = asyncio.get_running_loop().create_task(check())
        self._checks.add(task)
        task.add_done_callback(self._checks.discard)

    def _put_out(self, guest: Guest, playlist: str) -> None:
        self._stop_hearing(guest, playlist)
        if playlist in guest.joined:
            guest.joined.discard(playlist)
            self._send("leave", guest, playlist)

    def _stop_hearing(self, guest: Guest, playlist: str) -> None:
        guest.opened.discard(playlist)
        self._hearing[playlist].discard(guest.connection)
        if not self._hearing[playlist]:
            del self._hearing[playlist]

    def _left(self, connection: Connection) -> None:
        """A socket has gone."""
        guest = self.guests.pop(connection.sid, None)
        if guest is not None:
            for playlist in guest.rooms:
                self._put_out(guest, playlist)


def _is_sendable(payload: Payload) -> bool:
    """Whether a message can be passed on: clients send more than JSON can tell others."""
    try:
        return len(msgspec.json.encode(payload)) <= MAX_MESSAGE
    # Half characters; integers of more than 64 bits; nested too deeply.
    except (ValueError, OverflowError, RecursionError):
        return False


def _packet(name: str, payload: Payload) -> Packet:
    body = msgspec.json.encode([PREFIX + name, payload]).decode()
    return Packet(MESSAGE, f"2{NAMESPACE},{body}")


def _put(connection: Connection, packet: Packet) -> None:
    if connection.listener.is_ready and connection.packets.qsize() < QUEUED:
        connection.packets.put_nowait(packet)


def _people(playlist: str, room: Room) -> Payload:
    """Who is in a room, as clients get it."""
    return {"people": room.people(), "playlist_id": playlist, "id": playlist}


def _shown(playlist: str, room: Room) -> Payload:
    """A room's state, as clients get it."""
    return {"playlist_id": playlist, "people": room.people(), **room.state}


def _signed(payload: Payload, person: str) -> Payload:
    """A message whose sender is who sent it."""
    signed = dict(payload)
    inner = signed.get("data")
    if isinstance(inner, dict) and "user_id" in inner:
        signed["data"] = {**inner, "user_id": person}
    if "user_id" in signed:
        signed["user_id"] = person
    return signed
