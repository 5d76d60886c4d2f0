"""The RPC client: one connection per process, any number of calls in flight."""

from __future__ import annotations

import itertools
import os
import threading
import time
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from services.common.contracts.former_methods import former_name
from services.common.errors import MethodUnknown, Unavailable
from services.common.observability import tracing
from services.common.wire.link import AWAY, Link
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
    from collections.abc import Callable

    from services.common.wire.frames import Incoming
    from services.common.wire.session import Session

#: Seconds between checks of the heartbeats, once a reply is later than ``SILENCE``.
CHECK_SECONDS: Final = 0.1


class _Waiter:
    __slots__ = ("failure", "lock", "message", "service", "started")

    def __init__(self, service: str) -> None:
        self.service = service
        self.started = time.monotonic()
        self.lock = threading.Lock()
        # Released when the reply comes. A bare lock is cheaper than an Event, which holds one.
        self.lock.acquire()
        self.message: Incoming | None = None
        self.failure: str | None = None

    def fail(self, reason: str) -> None:
        self.failure = reason
        self.release()

    def release(self) -> None:
        if self.lock.locked():
            self.lock.release()


class RpcClient:
    """Sends calls and matches replies by correlation id; thread-safe.

    ``deadline`` is in seconds; ``also(session)`` adds declarations after each connect, and ``lost``
    is called when the connection breaks.
    """

    def __init__(
        self,
        uri: str,
        *,
        name: str,
        deadline: float = 8.0,
        also: Callable[[Session], None] = lambda _session: None,
        lost: Callable[[], None] = lambda: None,
    ) -> None:
        self.deadline = deadline
        self.also, self.on_lost = also, lost
        self.link = Link(uri, self._setup, lost=self._lost, name=name)
        self.heartbeats = Heartbeats()
        self._prefix = f"{os.getpid():x}-"
        self._numbers = itertools.count()
        self._waiting: dict[str, _Waiter] = {}

    def _setup(self, session: Session) -> None:
        session.returned = self._returned
        session.exchange_declare(RPC_EXCHANGE, "topic")
        session.exchange_declare(BEATS, "fanout", durable=False)
        # RabbitMQ's direct reply-to: no reply queue has to be declared, and replies are never
        # stored.
        session.consume(DIRECT_REPLY, self._replied, tag="replies", no_ack=True)
        beats = f"beats-{uuid4()}"
        # One queue per process: every process must see every heartbeat.
        session.queue_declare(beats, durable=False, exclusive=True, auto_delete=True)
        session.queue_bind(beats, BEATS)
        session.consume(beats, self.heartbeats.hear, tag="beats", no_ack=True)
        self.also(session)

    def _waiter_for(self, message: Incoming) -> _Waiter | None:
        return self._waiting.pop(message.properties.correlation_id or "", None)

    def _replied(self, message: Incoming) -> None:
        if (waiter := self._waiter_for(message)) is not None:
            waiter.message = message
            waiter.release()

    def _returned(self, message: Incoming) -> None:
        if (waiter := self._waiter_for(message)) is not None:
            waiter.fail(f"The {waiter.service} service has not been started.")

    def _lost(self) -> None:
        # A copy of the keys: callers on other threads add to the dictionary meanwhile.
        for number in list(self._waiting):
            if (waiter := self._waiting.pop(number, None)) is not None:
                waiter.fail("The message broker went away.")
        self.on_lost()

    def alive(self, service: str) -> bool:
        """Whether a heartbeat of the service is recent; it beats while its database answers."""
        return self.heartbeats.alive(service)

    def call(
        self,
        service: str,
        method: str,
        kwargs: bytes,
        *,
        headers: dict[str, Any] | None = None,
        deadline: float | None = None,
    ) -> Reply:
        """Call ``service.method``; ``kwargs`` is a JSON object, ``deadline`` is in seconds.

        Re-raises the service's ServiceError. Raises Unavailable at once without a broker, after
        ``SILENCE`` seconds without heartbeats of the service, and at the deadline in any case.
        """
        options = (kwargs, headers or {}, deadline or self.deadline)
        with tracing.span(f"call {service}.{method}", "client"):
            try:
                return self._call(service, method, *options)
            except MethodUnknown:  # by a process of the last release, during an upgrade
                former = former_name(service, method)
                if former is None:
                    raise
                return self._call(service, former, *options)

    def _call(
        self, service: str, method: str, kwargs: bytes, headers: dict[str, Any], seconds: float
    ) -> Reply:
        number = self._prefix + str(next(self._numbers))
        connection = self.link.connection
        frames = call_bytes(connection.session, (service, method), kwargs, number, headers, seconds)
        waiter = self._waiting[number] = _Waiter(service)
        try:
            self.link.send(connection, frames)
            # Lost before the waiter was registered: nobody else would fail it.
            if connection is not self.link.connection:
                raise Unavailable(AWAY)
            return read_reply(self._wait(waiter, seconds))
        finally:
            # Also after a timeout: a late reply must find no waiter, and the dictionary must not
            # grow.
            self._waiting.pop(number, None)

    def _wait(self, waiter: _Waiter, seconds: float) -> Incoming:
        end, patience = waiter.started + seconds, min(SILENCE, seconds)
        # The first wait is the long one, as most replies arrive within it. Afterwards heartbeats
        # tell a slow service from one that is down, so that callers of the latter fail early.
        while not waiter.lock.acquire(timeout=patience):
            now, patience = time.monotonic(), CHECK_SECONDS
            if now >= end:
                raise Unavailable(f"The {waiter.service} service did not answer in time.")
            if not self.alive(waiter.service):
                raise Unavailable(f"The {waiter.service} service is away.")
        if waiter.message is None:
            raise Unavailable(waiter.failure or AWAY)
        return waiter.message
