"""Calling other services: one connection per process, any number of calls in flight.

The wire is nameko's: exchange ``nameko-rpc``, routing key ``service.method``, a JSON body of
``args`` and ``kwargs``. Callers here add three headers a stock caller lacks: who is asking, until
when the answer is of use, and that they want the answer's bytes bare instead of wrapped in
``{"result": …, "error": …}``, so that nobody decodes what only passes through.
"""

from __future__ import annotations

import gzip
import itertools
import os
import threading
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from services.common.errors import ServiceError, Unavailable
from services.common.observability import tracing
from services.common.wire.link import DIRECT_REPLY, RPC_EXCHANGE, Link

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BEATS: Final = "callboard.beats"
SILENCE: Final = 1.6
"""Seconds without a sign of life after which a service counts as away."""
LOOK_AGAIN: Final = 0.1
"""Seconds between looks at the signs of life, once an answer is that late."""

ACTOR, REQUEST, DEADLINE, BARE, KEY, FINGERPRINT, MATCH, AUTHOR = (
    "nameko.actor",
    "nameko.request_id",
    "nameko.deadline",
    "nameko.bare",
    "nameko.idempotency_key",
    "nameko.fingerprint",
    "nameko.if_none_match",
    "nameko.author",
)
"""``FINGERPRINT`` says what a request is the same as, where its own bytes differ each time;
``AUTHOR`` is the caller's whole person, for what shows who wrote it."""


class Reply(NamedTuple):
    """An answer: JSON bytes, possibly compressed (``encoding``), and a status if not the usual."""

    body: bytes
    encoding: str | None = None
    status: int | None = None
    headers: Mapping[str, Any] = {}

    def decoded(self) -> Any:
        """The answer as builtins, for callers that look inside."""
        body = self.plain()
        return msgspec.json.decode(body) if body else None

    def plain(self) -> bytes:
        """The answer's JSON, unpacked."""
        return gzip.decompress(self.body) if self.encoding else self.body


class _Waiter:
    __slots__ = ("failure", "lock", "message", "service", "started")

    def __init__(self, service: str) -> None:
        self.service = service
        self.started = time.monotonic()
        self.lock = threading.Lock()
        self.lock.acquire()
        self.message: Any = None
        self.failure: str | None = None

    def fail(self, reason: str) -> None:
        self.failure = reason
        self.release()

    def release(self) -> None:
        if self.lock.locked():
            self.lock.release()


class RpcClient:
    """Sends calls and matches replies by correlation id; safe to share between threads."""

    def __init__(
        self,
        uri: str,
        *,
        name: str,
        deadline: float = 8.0,
        also: Callable[[Any], None] = lambda _channel: None,
        lost: Callable[[], None] = lambda: None,
    ) -> None:
        self.deadline = deadline
        self.also, self.on_lost = also, lost
        self.link = Link(uri, self._setup, lost=self._lost, name=name)
        self.seen: dict[str, float] = {}
        self._prefix = f"{os.getpid():x}-"
        self._numbers = itertools.count()
        self._waiting: dict[str, _Waiter] = {}

    def _setup(self, channel: Any) -> None:
        channel.exchange_declare(RPC_EXCHANGE, "topic", durable=True, auto_delete=False)
        channel.exchange_declare(BEATS, "fanout", durable=False, auto_delete=False)
        channel.events["basic_return"].add(self._returned)
        channel.basic_consume(DIRECT_REPLY, no_ack=True, callback=self._replied)
        beats = channel.queue_declare("", exclusive=True, auto_delete=True).queue
        channel.queue_bind(beats, BEATS)
        channel.basic_consume(beats, no_ack=True, callback=self._beat)
        self.also(channel)

    def _beat(self, message: Any) -> None:
        self.seen[message.body.decode()] = time.monotonic()

    def _replied(self, message: Any) -> None:
        waiter = self._waiting.pop(message.properties.get("correlation_id"), None)
        if waiter is not None:
            waiter.message = message
            waiter.release()

    def _returned(self, _error: Any, _exchange: str, _key: str, message: Any) -> None:
        waiter = self._waiting.pop(message.properties.get("correlation_id"), None)
        if waiter is not None:
            waiter.fail(f"The {waiter.service} service has not been started.")

    def _lost(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for waiter in waiting.values():
            waiter.fail("The message broker went away.")
        self.on_lost()

    def alive(self, service: str) -> bool:
        """Whether the service gave a sign of life lately; it does while its database answers."""
        return time.monotonic() - self.seen.get(service, 0.0) < SILENCE

    def call(
        self,
        service: str,
        method: str,
        kwargs: bytes,
        *,
        headers: dict[str, Any] | None = None,
        deadline: float | None = None,
    ) -> Reply:
        """Call ``service.method`` with a JSON object of keyword arguments.

        Raises the ServiceError the service raised, or Unavailable: at once when the broker is
        away, after ``SILENCE`` when the service is, and at the deadline in any case.
        """
        with tracing.span(f"call {service}.{method}", "client"):
            return self._call(service, method, kwargs, headers or {}, deadline or self.deadline)

    def _call(
        self, service: str, method: str, kwargs: bytes, headers: dict[str, Any], seconds: float
    ) -> Reply:
        cid = self._prefix + str(next(self._numbers))
        waiter = self._waiting[cid] = _Waiter(service)
        try:
            self.link.publish(
                b'{"args":[],"kwargs":' + kwargs + b"}",
                RPC_EXCHANGE,
                f"{service}.{method}",
                mandatory=True,
                content_type="application/json",
                content_encoding="utf-8",
                delivery_mode=1,
                reply_to=DIRECT_REPLY,
                correlation_id=cid,
                expiration=str(int(seconds * 1000)),
                application_headers={
                    **headers,
                    **tracing.headers(),
                    BARE: "1",
                    DEADLINE: str(time.time() + seconds),
                },
            )
            self._wait(waiter, seconds)
        finally:
            self._waiting.pop(cid, None)
        return self._read(waiter.message)

    def _wait(self, waiter: _Waiter, seconds: float) -> None:
        end, patience = waiter.started + seconds, min(SILENCE, seconds)
        while not waiter.lock.acquire(timeout=patience):
            now, patience = time.monotonic(), LOOK_AGAIN
            if now >= end:
                message = f"The {waiter.service} service did not answer in time."
                raise Unavailable(message)
            if not self.alive(waiter.service):
                message = f"The {waiter.service} service is away."
                raise Unavailable(message)
        if waiter.failure is not None:
            raise Unavailable(waiter.failure)

    @staticmethod
    def _read(message: Any) -> Reply:
        headers = message.properties.get("application_headers") or {}
        body: bytes = message.body
        if "error" in headers:
            raise ServiceError.build(msgspec.json.decode(body))
        encoding = message.properties.get("content_encoding")
        return Reply(body, encoding if encoding == "gzip" else None, headers.get("status"), headers)
