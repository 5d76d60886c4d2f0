"""The messages between the processes that hold the review rooms.

They go over one short stream, from which all processes read the same messages in the same order. A
process that starts asks the others for the seats that they have. One that is silent has ended, and
its seats are emptied.
"""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
from pamqp.commands import Basic

from services.common.wire.errors import BrokerLost
from services.common.wire.session import ack_bytes, message_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.rpc.broker import Broker
    from services.common.wire.frames import Incoming
    from services.common.wire.session import Session

QUEUE: Final = "callboard.rooms"
ARGUMENTS: Final = {
    "x-queue-type": "stream",
    # Nobody reads old messages.
    "x-max-length-bytes": 20_000_000,
    "x-stream-max-segment-size-bytes": 5_000_000,
}
OFFSET: Final = "x-stream-offset"
#: Seconds between signs of life of a process with seats, and without one until it counts as ended.
BEAT_SECONDS: Final = 1.0
SILENCE_SECONDS: Final = 5.0


class Message(msgspec.Struct, omit_defaults=True):
    """What one process tells all, itself included."""

    #: ``hello``, ``seats``, ``alive``; or what a client did: ``open``, ``join``, ``leave``,
    #: ``update``, ``pass``.
    kind: str
    process: str
    playlist: str = ""
    socket: str = ""
    person: str = ""
    #: The message's name, where it is passed on.
    name: str = ""
    payload: dict[str, Any] = {}
    only_newcomer: bool = False
    #: The place of the ``hello`` that ``seats`` answers.
    asked: int = -1


_message: Final = msgspec.json.Decoder(Message)


class RoomStream:
    """Sends and receives; ``receive(message, place)`` gets all messages in their order."""

    def __init__(
        self,
        broker: Broker,
        receive: Callable[[Message, int], None],
        seats: Callable[[], dict[str, Any]],
        ended: Callable[[str], None],
    ) -> None:
        self.process = f"{os.getpid()}-{uuid.uuid4().hex[:12]}"
        self._broker, self._receive, self._seats, self._ended = broker, receive, seats, ended
        #: When each other process was heard of last.
        self._heard: dict[str, float] = {}
        self._connected = True

    def listen(self, session: Session) -> None:
        """Declare and read the stream; called after each connect."""
        session.queue_declare(QUEUE, arguments=ARGUMENTS)
        session.consume(QUEUE, self._arrived, tag="rooms", arguments={OFFSET: "next"})
        self._connected = False

    def send(self, message: Message) -> None:
        """Send a message; without a broker it is lost, as those are that nobody can hear."""
        session = self._broker.session
        if session is None:
            return
        data = message_bytes(
            session, msgspec.json.encode(message), "", QUEUE, Basic.Properties(delivery_mode=2)
        )
        try:
            self._broker.send(data)
        except BrokerLost:
            return

    async def run(self) -> None:
        """Tell that this process is alive, and notice which are not; never returns."""
        while True:
            await self._broker.ready.wait()
            if not self._connected:
                # What was said while this process was not connected, it has not heard.
                self._connected = True
                self._tell_seats(-1)
                self.send(Message("hello", self.process))
            elif self._seats():
                self.send(Message("alive", self.process))
            await asyncio.sleep(BEAT_SECONDS)
            if self._broker.ready.is_set():
                self._notice_ended()

    def _notice_ended(self) -> None:
        now = time.monotonic()
        for process, heard in list(self._heard.items()):
            if now - heard > SILENCE_SECONDS:
                del self._heard[process]
                self._ended(process)

    def _tell_seats(self, asked: int) -> None:
        self.send(Message("seats", self.process, payload=self._seats(), asked=asked))

    def _arrived(self, incoming: Incoming) -> None:
        session = cast("Session", incoming.origin)
        session.write(ack_bytes(incoming.delivery_tag))
        try:
            message = _message.decode(incoming.body)
            place = int(incoming.headers[OFFSET])
        except (msgspec.DecodeError, KeyError, TypeError, ValueError):
            return
        if message.process != self.process:
            self._heard[message.process] = time.monotonic()
            if message.kind == "hello":
                self._tell_seats(place)
        self._receive(message, place)
