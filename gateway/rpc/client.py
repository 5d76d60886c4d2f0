"""The RPC client: one AMQP connection per process, any number of calls in flight over it."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
import uuid
from typing import TYPE_CHECKING, Final, Protocol

from gateway.rpc.broker import Broker
from services.common.contracts.former_methods import former_name
from services.common.errors import MethodUnknown, Unavailable
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

#: Seconds between checks for expired calls.
CHECK_SECONDS: Final = 0.1


class Listener(Protocol):
    """Another consumer on the same connection."""

    def listen(self, session: Session) -> None:
        """Declare queues and start consumers; called after each connect."""

    def lost(self) -> None:
        """Called when the connection breaks."""


class _Call:
    """A call in flight."""

    __slots__ = ("deadline", "reply", "service", "silent_at")

    def __init__(self, service: str, seconds: float) -> None:
        now = time.monotonic()
        self.service, self.deadline = service, now + seconds
        #: From when on a service without heartbeats fails the call.
        self.silent_at = now + SILENCE
        self.reply: asyncio.Future[Incoming] = asyncio.get_running_loop().create_future()

    def fail(self, reason: str) -> None:
        if not self.reply.done():
            self.reply.set_exception(Unavailable(reason))


class RpcClient:
    """Sends calls and matches replies by correlation id.

    ``deadline`` is the default time limit of a call, in seconds. ``listener`` may start consumers
    of its own on the same connection.
    """

    def __init__(self, uri: str, *, name: str, deadline: float) -> None:
        self.deadline = deadline
        self.broker = Broker(
            uri, self._setup, name=name, returned=self._returned, lost=self._lost_connection
        )
        self.heartbeats = Heartbeats()
        self.listener: Listener | None = None
        # Correlation ids are unique across workers; counting is cheaper than a UUID per call.
        self._prefix = f"{os.getpid():x}-{uuid.uuid4().hex[:8]}-"
        self._numbers = itertools.count()
        self._calls: dict[str, _Call] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Connect in the background and keep reconnecting."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self.broker.run()), loop.create_task(self._expire())]

    async def stop(self) -> None:
        """Close the connection; calls in flight fail with Unavailable."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def in_flight(self) -> int:
        """Number of calls that wait for a reply."""
        return len(self._calls)

    def alive(self, service: str) -> bool:
        """Whether a heartbeat of the service is recent; it beats while its database answers."""
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
        """Call ``service.method`` with keyword arguments encoded as a JSON object.

        Re-raises the service's ServiceError. Raises Unavailable at once without a broker, after
        ``SILENCE`` seconds without heartbeats of the service, and in any case after ``seconds``
        (default: ``deadline``).
        """
        options = (kwargs, headers or {}, seconds or self.deadline)
        with tracing.span(f"call {service}.{method}", "client"):
            try:
                return read_reply(await self._call((service, method), *options))
            except MethodUnknown:  # by a process of the last release, during an upgrade
                former = former_name(service, method)
                if former is None:
                    raise
                return read_reply(await self._call((service, former), *options))

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
            # Also if the caller is cancelled: a late reply then finds no call and is dropped.
            self._calls.pop(ident, None)

    async def _expire(self) -> None:
        """Fail calls past their deadline, and calls to services without heartbeats."""
        # One loop for all calls: a timer per call costs more than the calls' own handling.
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            now = time.monotonic()
            for call in list(self._calls.values()):
                if now >= call.deadline:
                    call.fail(f"The {call.service} service did not answer in time.")
                elif now >= call.silent_at and not self.alive(call.service):
                    call.fail(f"The {call.service} service is away.")

    # --- consumers ------------------------------------------------------------------------------

    def _setup(self, session: Session) -> None:
        session.exchange_declare(RPC_EXCHANGE, "topic")
        session.exchange_declare(BEATS, "fanout", durable=False)
        # RabbitMQ's direct reply-to: no reply queue to declare, and replies are never stored.
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
        # Calls are published as mandatory: without a queue of the service they come back.
        call = self._calls.get(message.properties.correlation_id or "")
        if call is not None:
            call.fail(f"The {call.service} service has not been started.")

    def _lost_connection(self) -> None:
        for call in list(self._calls.values()):
            call.fail("The message broker went away.")
        if self.listener is not None:
            self.listener.lost()
