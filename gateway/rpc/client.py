"""Calling services: any number of calls in flight over one connection of the process."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
import uuid
from typing import TYPE_CHECKING, Final, Protocol

from gateway.rpc.broker import Broker
from services.common.errors import Unavailable
from services.common.observability import tracing
from services.common.wire.errors import BrokerLost
from services.common.wire.link import AWAY
from services.common.wire.rpc_protocol import (
    BEATS,
    DIRECT_REPLY,
    RPC_EXCHANGE,
    SILENCE,
    Heartbeats,
    Reply,
    call_bytes,
    read_reply,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.common.wire.frames import Incoming
    from services.common.wire.session import Session

#: Seconds between looks at calls that have no answer yet.
LOOK_SECONDS: Final = 0.1


class Listener(Protocol):
    """Who else uses the connection."""

    def listen(self, session: Session) -> None:
        """Declare and consume, after each connect."""

    def lost(self) -> None:
        """The connection broke."""


class _Call:
    """A call that waits for its reply."""

    __slots__ = ("end", "patient_until", "reply", "service")

    def __init__(self, service: str, seconds: float) -> None:
        now = time.monotonic()
        self.service, self.end = service, now + seconds
        self.patient_until = now + SILENCE
        self.reply: asyncio.Future[Incoming] = asyncio.get_running_loop().create_future()

    def fail(self, reason: str) -> None:
        if not self.reply.done():
            self.reply.set_exception(Unavailable(reason))


class RpcClient:
    """Sends calls and matches replies by correlation id.

    ``listener`` consumes more on the same connection.
    """

    def __init__(self, uri: str, *, name: str, deadline: float) -> None:
        self.deadline = deadline
        self.broker = Broker(
            uri, self._setup, name=name, returned=self._returned, lost=self._lost_connection
        )
        self.heartbeats = Heartbeats()
        self.listener: Listener | None = None
        self._prefix = f"{os.getpid():x}-{uuid.uuid4().hex[:8]}-"
        self._numbers = itertools.count()
        self._calls: dict[str, _Call] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Connect in the background, and stay connected."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self.broker.run()), loop.create_task(self._look())]

    async def stop(self) -> None:
        """Close the connection; what waits for a reply fails."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def in_flight(self) -> int:
        """How many calls wait for their replies."""
        return len(self._calls)

    def alive(self, service: str) -> bool:
        """Whether the service gave a heartbeat lately; it does while its database answers."""
        return self.heartbeats.alive(service)

    async def call(
        self,
        service: str,
        method: str,
        kwargs: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> Reply:
        """Call ``service.method`` with a JSON object of keyword arguments.

        Raises the ServiceError that the service raised, or Unavailable: at once when the broker is
        away, after ``SILENCE`` when the service is, and after ``seconds`` in any case.
        """
        with tracing.span(f"call {service}.{method}", "client"):
            return read_reply(
                await self._call((service, method), kwargs, headers or {}, seconds or self.deadline)
            )

    async def _call(
        self, route: tuple[str, str], kwargs: bytes, headers: Mapping[str, str], seconds: float
    ) -> Incoming:
        session = self.broker.session
        if session is None:
            raise Unavailable(AWAY)
        ident = self._prefix + str(next(self._numbers))
        data = call_bytes(session, route, kwargs, ident, headers, seconds)
        call = self._calls[ident] = _Call(route[0], seconds)
        try:
            self.broker.send(data)
            return await call.reply
        except BrokerLost:
            raise Unavailable(AWAY) from None
        finally:
            self._calls.pop(ident, None)

    async def _look(self) -> None:
        """Give up calls whose time is over, or whose service is away."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = time.monotonic()
            for call in list(self._calls.values()):
                if now >= call.end:
                    call.fail(f"The {call.service} service did not answer in time.")
                elif now >= call.patient_until and not self.alive(call.service):
                    call.fail(f"The {call.service} service is away.")

    # --- what arrives ---------------------------------------------------------------------------

    def _setup(self, session: Session) -> None:
        session.exchange_declare(RPC_EXCHANGE, "topic")
        session.exchange_declare(BEATS, "fanout", durable=False)
        session.consume(DIRECT_REPLY, self._replied, tag="replies", no_ack=True)
        beats = f"callboard.beats.{uuid.uuid4()}"
        session.queue_declare(beats, durable=False, exclusive=True, auto_delete=True)
        session.queue_bind(beats, BEATS)
        session.consume(beats, self.heartbeats.hear, tag="beats", no_ack=True)
        if self.listener is not None:
            self.listener.listen(session)

    def _replied(self, message: Incoming) -> None:
        call = self._calls.get(message.properties.correlation_id or "")
        if call is not None and not call.reply.done():
            call.reply.set_result(message)

    def _returned(self, message: Incoming) -> None:
        call = self._calls.get(message.properties.correlation_id or "")
        if call is not None:
            call.fail(f"The {call.service} service has not been started.")

    def _lost_connection(self) -> None:
        for call in list(self._calls.values()):
            call.fail("The message broker went away.")
        if self.listener is not None:
            self.listener.lost()
