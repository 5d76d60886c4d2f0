"""RPC entrypoints with nameko's wire and a shorter path.

``@query`` methods read: one statement, no transaction, safe to run again. ``@command`` methods
write: the entrypoint opens a transaction, the method works in it, and events, the idempotency
record and the change commit together before the reply leaves. A command that the broker delivers a
second time (its first worker died at an unknown point) is refused, not run twice.
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import time
import uuid
from contextlib import suppress
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import eventlet
import msgspec
import sqlalchemy as sa
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint, SharedExtension

from services.common.config import ServiceSettings
from services.common.database.sql_errors import as_service_errors, gave_way
from services.common.database.transaction import Transaction
from services.common.errors import Conflict, InvalidInput, KeyReused, ServiceError, Unavailable
from services.common.observability.health_files import Signs
from services.common.observability.metrics import IDEMPOTENT, UNKNOWN, answered
from services.common.observability.tracing import TRACEPARENT
from services.common.runtime.service import CONFIG, encode
from services.common.wire.link import Link
from services.common.wire.rpc_protocol import (
    ACTOR,
    AUTHOR,
    BARE,
    BEATS,
    DEADLINE,
    DIRECT_REPLY,
    FINGERPRINT,
    KEY,
    MATCH,
    REQUEST,
    RPC_EXCHANGE,
    Reply,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import orm

    from services.common.wire.frames import Incoming
    from services.common.wire.session import Session

log = logging.getLogger(__name__)

BEAT_SECONDS: Final = 0.5
F = TypeVar("F", bound="Callable[..., Any]")


class _Request(msgspec.Struct):
    args: list[Any] = []
    kwargs: dict[str, Any] = {}


decode: Final = msgspec.json.Decoder(_Request).decode


# --- the consumer ---------------------------------------------------------------------------------


class RpcServer(SharedExtension):  # type: ignore[misc]
    """Consumes ``rpc-<service>`` for all its methods and gives signs of life."""

    def __init__(self) -> None:
        super().__init__()
        self.methods: dict[str, Method] = {}
        self.draining = False

    def setup(self) -> None:
        """Prepare before the container starts."""
        self.settings: ServiceSettings = self.container.config[CONFIG]
        self.service: str = self.container.service_name
        self.tag = uuid.uuid4().hex
        self.link = Link(self.settings.amqp_uri, self._consume, name=f"{self.service} rpc")

    def start(self) -> None:
        """Begin to act."""
        self.container.spawn_managed_thread(self.link.run, identifier="rpc server")
        self.container.spawn_managed_thread(self._beat, identifier="signs of life")

    def stop(self) -> None:
        """Leave in good order."""
        self.link.stop()

    def quiesce(self) -> None:
        """Take no new requests: they stay in the queue. What is here already gets its reply.

        Every method says so as the process ends; the first word counts.
        """
        if not self.draining:
            self.draining = True
            self.link.cancel(self.tag)

    def _consume(self, session: Session) -> None:
        queue = f"rpc-{self.service}"
        session.exchange_declare(RPC_EXCHANGE, "topic")
        session.exchange_declare(BEATS, "fanout", durable=False)
        session.queue_declare(queue)
        session.queue_bind(queue, RPC_EXCHANGE, f"{self.service}.*")
        session.prefetch(min(self.settings.prefetch_count, self.container.max_workers))
        if not self.draining:
            session.consume(queue, self._receive, tag=self.tag)

    def _beat(self) -> None:
        provider = next(d for d in self.container.dependencies if d.attr_name == "tx")
        signs = Signs(self.settings.signs_dir)
        while not self.link.stopping:
            signs.give("alive")
            try:
                with eventlet.Timeout(BEAT_SECONDS * 2), provider.database.read() as connection:
                    connection.exec_driver_sql("SELECT 1")
                self.link.publish(self.service, BEATS, "", delivery_mode=1)
                signs.give("ready")
            except (Unavailable, eventlet.Timeout):
                log.debug("no sign of life from %s", self.service)
            eventlet.sleep(BEAT_SECONDS)

    def _receive(self, message: Incoming) -> None:
        message.began = time.perf_counter()
        headers = message.headers
        reply = partial(self.reply, message, BARE in headers)
        name = message.routing_key.rpartition(".")[2]
        try:
            method = self.methods.get(name)
            if method is None:
                self.reply(message, BARE in headers, None, MethodUnknown(f"no method {name!r}"))
                return
            if message.redelivered and method.writes:
                reason = "The service stopped while it worked on this; the outcome is unknown."
                raise Unavailable(reason)
            remaining = _remaining(headers)
            request = decode(message.body)
            context = {
                "actor": headers.get(ACTOR),
                "request_id": headers.get(REQUEST, ""),
                "key": headers.get(KEY),
                "match": headers.get(MATCH),
                "author": headers.get(AUTHOR),
                "fingerprint": headers.get(FINGERPRINT),
                "route": name,
                "body": message.body,
                "remaining": remaining,
                TRACEPARENT: headers.get(TRACEPARENT),
            }
            self.container.spawn_worker(
                method,
                request.args,
                request.kwargs,
                context_data=context,
                handle_result=partial(method.finish, reply),
            )
        except ServiceError as error:
            self.reply(message, BARE in headers, None, error)
        except msgspec.DecodeError:
            self.reply(message, BARE in headers, None, InvalidInput("The request is not JSON."))
        except ContainerBeingKilled:
            self.link.reject(message, requeue=True)

    def reply(
        self, message: Incoming, bare: bool, answer: Reply | None, error: Exception | None
    ) -> None:
        """Answer in the form the caller reads, then acknowledge the request."""
        name = message.routing_key.rpartition(".")[2]
        answered(name if name in self.methods else UNKNOWN, message.began, error)
        properties = message.properties
        to = properties.reply_to
        if not to:
            self.link.ack(message)
            return
        exchange = "" if to.startswith(DIRECT_REPLY) else RPC_EXCHANGE
        body, extra = (_bare if bare else _wrapped)(answer, error)
        with suppress(Unavailable):
            self.link.publish(
                body,
                exchange,
                to,
                done=message,
                content_type="application/json",
                correlation_id=properties.correlation_id,
                delivery_mode=1,
                **extra,
            )


class MethodUnknown(ServiceError, kind="method-unknown"):
    """The service has no such method: a caller of another version."""


def _remaining(headers: Mapping[str, Any]) -> float:
    """Seconds until the caller stops waiting. Raises Unavailable if it has."""
    deadline = headers.get(DEADLINE)
    if deadline is None:
        return 60.0
    remaining = float(deadline) - time.time()
    if remaining <= 0:
        message = "Nobody waits for this answer any more."
        raise Unavailable(message)
    return remaining


def _bare(answer: Reply | None, error: Exception | None) -> tuple[bytes, dict[str, Any]]:
    if answer is None:
        return encode(_as_error(error).as_dict()), {"headers": {"error": "1"}}
    extra: dict[str, Any] = {}
    headers = dict(answer.headers)
    if answer.status:
        headers["status"] = answer.status
    if headers:
        extra["headers"] = headers
    if answer.encoding:
        extra["content_encoding"] = answer.encoding
    return answer.body, extra


def _wrapped(answer: Reply | None, error: Exception | None) -> tuple[bytes, dict[str, Any]]:
    """The reply of nameko's own protocol, for stock callers."""
    extra = {"content_encoding": "utf-8"}
    if answer is None:
        known = _as_error(error)
        described = {
            "exc_type": type(known).__name__,
            "exc_path": f"{type(known).__module__}.{type(known).__name__}",
            "exc_args": [known.message],
            "value": known.message,
        }
        return encode({"result": None, "error": described}), extra
    body = answer.body
    if answer.encoding == "gzip":
        body = gzip.decompress(body)
    return b'{"result":' + (body or b"null") + b',"error":null}', extra


def _as_error(error: Exception | None) -> ServiceError:
    return error if isinstance(error, ServiceError) else ServiceError("Internal server error.")


# --- the entrypoints ------------------------------------------------------------------------------


class Method(Entrypoint):  # type: ignore[misc]
    """A method callable by RPC."""

    server = RpcServer()
    writes = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(expected_exceptions=(ServiceError,), **kwargs)

    def setup(self) -> None:
        """Prepare before the container starts."""
        self.server.methods[self.method_name] = self

    def stop(self) -> None:
        """Leave in good order."""
        self.server.quiesce()

    def finish(
        self, reply: Callable[..., None], worker_ctx: Any, result: Any, exc_info: Any
    ) -> tuple[Any, Any]:
        """Commit what the method did, then reply; nothing raised here may kill the container."""
        answer, error = None, exc_info[1] if exc_info else None
        if error is None:
            try:
                answer = result if isinstance(result, Reply) else Reply(encode(result))
                self.complete(worker_ctx, answer)
            except ServiceError as refused:
                answer, error = None, refused
            except Exception as unexpected:
                log.exception("completing %s failed", self.method_name)
                answer, error = None, unexpected
        reply(answer, error)
        return result, exc_info

    def complete(self, worker_ctx: Any, answer: Reply) -> None:
        """What must happen between the method and its reply: nothing, for a reading one."""


class Command(Method):
    """A method that writes."""

    writes = True

    def complete(self, worker_ctx: Any, answer: Reply) -> None:
        """Commit: change, events and idempotency record together."""
        service, data = worker_ctx.service, worker_ctx.data
        tx: Transaction = service.tx
        tables = service.metadata.tables
        with as_service_errors():
            tx.flush_events()
            if data.get("key"):
                _remember(tx, tables["idempotency_key"], data, answer)
        tx.commit()


def _remember(tx: Transaction, table: sa.Table, data: dict[str, Any], answer: Reply) -> None:
    """Store the answer under its key, with what was done; unpacked, as it is answered again."""
    body = gzip.decompress(answer.body) if answer.encoding else answer.body
    row = {
        "key": _scoped_key(tx, data),
        "fingerprint": _fingerprint(data),
        "reply": encode([answer.status, body]),
    }
    tx.connection.execute(sa.insert(table).values(row))


def _scoped_key(tx: Transaction, data: dict[str, Any]) -> str:
    return f"{tx.actor.id}:{data['route']}:{data['key']}"


def _fingerprint(data: dict[str, Any]) -> str:
    return data.get("fingerprint") or hashlib.sha256(data["body"]).hexdigest()


def _earlier_answer(service: Any) -> Reply | None:
    """The stored answer to this idempotency key. Raises KeyReused if it was another request.

    Read outside the transaction, which must not be open yet: the method may have to ask others.
    Once it opens, the key is claimed.
    """
    data = service.call
    if not data.get("key"):
        return None
    table = service.metadata.tables["idempotency_key"]
    key = _scoped_key(service.tx, data)
    with service.database.read() as connection:
        row = connection.execute(sa.select(table).where(table.c.key == key)).mappings().first()
    if row is None:
        service.tx.on_begin = partial(_claim, table, key)
        return None
    same = row["fingerprint"] == _fingerprint(data)
    IDEMPOTENT.labels("repeated" if same else "refused").inc()
    if not same:
        message = "This Idempotency-Key was used with another request."
        raise KeyReused(message)
    status, body = msgspec.json.decode(row["reply"], type=tuple[int | None, bytes])
    return Reply(body, status=status)


def _bounded(function: Callable[..., Any], service: Any, args: Any, kwargs: Any) -> Any:
    """Run within the caller's deadline, with the database's errors raised as ours."""
    late = Unavailable("The request took too long and was given up.")
    with eventlet.Timeout(service.call.get("remaining", 60.0), late), as_service_errors():
        return function(service, *args, **kwargs)


def _claim(table: sa.Table, key: str, session: orm.Session) -> None:
    """Be the only one to work under the key. Raises Conflict if another does or just did."""
    lock = sa.func.pg_try_advisory_xact_lock(sa.func.hashtextextended(key, 0))
    known = sa.exists().where(table.c.key == key)
    if not session.scalar(sa.select(lock)) or session.scalar(sa.select(known)):
        message = "The first request with this Idempotency-Key was still running."
        raise Conflict(message)


def query(function: F) -> F:
    """An RPC method that only reads."""

    @wraps(function)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        return _bounded(function, self, args, kwargs)

    return cast("F", Method.decorator(run))


def command(function: F) -> F:
    """An RPC method that writes, in ``self.tx``.

    It is run once more if the database undid it in favour of another transaction (a deadlock).
    """

    def once(self: Any, *args: Any, **kwargs: Any) -> Any:
        earlier = _earlier_answer(self)
        if earlier is None:
            return function(self, *args, **kwargs)
        self.call["key"] = None  # recorded already
        return earlier

    @wraps(function)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return _bounded(once, self, args, kwargs)
        except Unavailable as refusal:
            if self.tx.committed or not gave_way(refusal):
                raise
        self.tx.close()
        asked = decode(self.call["body"])  # the arguments as they came
        return _bounded(once, self, asked.args, asked.kwargs)

    return cast("F", Command.decorator(run))
