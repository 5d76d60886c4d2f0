"""RPC entrypoints: nameko's protocol, with deadlines, idempotency and one commit per call.

``@query`` methods read: no transaction, safe to run again. ``@command`` methods write: the
entrypoint opens a transaction, the method works in it, and the change, its events and the
idempotency record commit together before the reply is sent. A command that the broker redelivers
(its first worker died at an unknown point) is refused, not run twice.
"""

from __future__ import annotations

import gzip
import inspect
import logging
import time
import uuid
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import eventlet
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint, SharedExtension

from services.common.config import ServiceSettings
from services.common.contracts.former_methods import FORMER_METHODS
from services.common.database.sql_errors import as_service_errors, gave_way
from services.common.database.transaction import Transaction
from services.common.errors import (
    Integrity,
    InvalidInput,
    MethodUnknown,
    ServiceError,
    Unavailable,
)
from services.common.observability.health_files import HealthFiles
from services.common.observability.metrics import REFUSED, UNKNOWN, answered
from services.common.runtime import idempotency, positions
from services.common.runtime.positions import with_position
from services.common.runtime.rpc_request import (
    DEFAULT_SECONDS,
    NESTED,
    MessageRefused,
    decode,
    read_request,
)
from services.common.runtime.service import CONFIG, encode
from services.common.wire.link import Link
from services.common.wire.rpc_protocol import (
    BARE,
    BEATS,
    DIRECT_REPLY,
    RPC_EXCHANGE,
    Reply,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.common.wire.frames import Incoming
    from services.common.wire.session import Session

log = logging.getLogger(__name__)

#: Seconds between heartbeats.
BEAT_SECONDS: Final = 0.5
#: Characters of a refused message's content that go into the log.
DETAIL: Final = 200
F = TypeVar("F", bound="Callable[..., Any]")


# --- the consumer ---------------------------------------------------------------------------------


class RpcServer(SharedExtension):  # type: ignore[misc]
    """Consumes ``rpc-<service>`` for all methods of the service, and sends its heartbeats."""

    def __init__(self) -> None:
        super().__init__()
        self.methods: dict[str, Method] = {}
        self.draining = False

    def setup(self) -> None:
        """Create the link; nothing connects yet."""
        self.settings: ServiceSettings = self.container.config[CONFIG]
        self.service: str = self.container.service_name
        self.tag = uuid.uuid4().hex
        self.link = Link(self.settings.amqp_uri, self._consume, name=f"{self.service} rpc")

    def start(self) -> None:
        """Start consuming and sending heartbeats, each on a green thread."""
        self.container.spawn_managed_thread(self.link.run, identifier="rpc server")
        self.container.spawn_managed_thread(self._beat, identifier="heartbeats")

    def stop(self) -> None:
        """Close the connection; called once every method has stopped."""
        self.link.stop()

    def quiesce(self) -> None:
        """Stop consuming: new requests stay in the queue, those received still get replies.

        Called by every method as the process stops; only the first call has an effect.
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
        # No more than can be worked on: the rest stays in the queue for other replicas.
        session.prefetch(min(self.settings.prefetch_count, self.container.max_workers))
        if not self.draining:
            session.consume(queue, self._receive, tag=self.tag)

    def _beat(self) -> None:
        provider = next(d for d in self.container.dependencies if d.attr_name == "tx")
        health = HealthFiles(self.settings.health_dir)
        while not self.link.stopping:
            health.touch("alive")
            try:
                # A service whose database does not answer must not get calls: no heartbeat lets its
                # callers fail early, while ``alive`` keeps it from being restarted.
                with eventlet.Timeout(BEAT_SECONDS * 2), provider.database.read() as connection:
                    connection.exec_driver_sql("SELECT 1")
                self.link.publish(self.service, BEATS, "", delivery_mode=1)
                health.touch("ready")
            except (Unavailable, eventlet.Timeout):
                log.debug("no heartbeat from %s", self.service)
            eventlet.sleep(BEAT_SECONDS)

    def _receive(self, message: Incoming) -> None:
        """Start a worker for a request, or reply with an error and acknowledge it.

        Raises nothing: an exception would end the reading loop, and the broker would redeliver the
        same message for ever.
        """
        message.began = time.perf_counter()
        try:
            self._spawn(message)
        except MessageRefused as refusal:
            count_refused(self.service, refusal.reason, str(refusal))
            self.reply(message, None, refusal.error)
        except ContainerBeingKilled:
            self.link.reject(message, requeue=True)
        except Exception as error:
            log.exception("a request could not be begun")
            self.reply(message, None, error)

    def _spawn(self, message: Incoming) -> None:
        """Validate a request and start its worker. Raises MessageRefused."""
        name = _method_of(message)
        method = self.methods.get(name)
        if method is None:
            raise MessageRefused("method", MethodUnknown(f"no method {name!r}"))
        request = read_request(message, method.method_name)
        # The first worker may have committed before it died; only an idempotency key could tell.
        # Reads are simply repeated.
        if message.redelivered and method.writes:
            sentence = "The service stopped while it worked on this; the outcome is unknown."
            raise MessageRefused("redelivered", Unavailable(sentence))
        self.container.spawn_worker(
            method,
            request.arguments.args,
            request.arguments.kwargs,
            context_data=request.context,
            handle_result=partial(method.finish, partial(self.reply, message)),
        )

    def reply(self, message: Incoming, reply: Reply | None, error: Exception | None) -> None:
        """Send the reply in the caller's format and acknowledge the request. Raises nothing."""
        name = _method_of(message)
        answered(name if name in self.methods else UNKNOWN, message.began, error)
        try:
            self._send(message, reply, error)
        except Unavailable:
            # If the connection is lost, this does nothing and the broker redelivers the request. If
            # the broker is only slow, the caller times out, and repeating the work would not help.
            self.link.ack(message)
        except Exception:
            log.exception("the answer of %s can't be sent", name)
            self._reply_unsendable(message)

    def _reply_unsendable(self, message: Incoming) -> None:
        """Reply with an error in place of an answer that can't be sent."""
        try:
            self._send(message, None, ServiceError("The answer can't be sent."))
        except Exception:
            log.exception("nor can the error be sent")
            self.link.ack(message)

    def _send(self, message: Incoming, reply: Reply | None, error: Exception | None) -> None:
        """Send the reply, if the caller expects one, and the acknowledgement in one write."""
        reply_to = message.properties.reply_to
        if not reply_to:
            self.link.ack(message)
            return
        body, extra = (_bare if BARE in message.headers else _wrapped)(reply, error)
        self.link.publish(
            body,
            "" if reply_to.startswith(DIRECT_REPLY) else RPC_EXCHANGE,
            reply_to,
            done=message,
            content_type="application/json",
            correlation_id=message.properties.correlation_id,
            delivery_mode=1,
            **extra,
        )


def count_refused(service: str, reason: str, detail: str) -> None:
    """Count and log a refused request."""
    REFUSED.labels(f"rpc-{service}", reason).inc()
    extra = {"reason": reason, "detail": detail[:DETAIL]}
    log.warning("a request to %s was refused", service, extra=extra)


def _method_of(message: Incoming) -> str:
    return message.routing_key.rpartition(".")[2]


def _bare(reply: Reply | None, error: Exception | None) -> tuple[bytes, dict[str, Any]]:
    if reply is None:
        return encode(_as_error(error).as_dict()), {"headers": {"error": "1"}}
    extra: dict[str, Any] = {}
    headers = dict(reply.headers)
    if reply.status:
        headers["status"] = reply.status
    if headers:
        extra["headers"] = headers
    if reply.encoding:
        extra["content_encoding"] = reply.encoding
    return reply.body, extra


def _wrapped(reply: Reply | None, error: Exception | None) -> tuple[bytes, dict[str, Any]]:
    """The reply in nameko's own format, for stock clients."""
    extra = {"content_encoding": "utf-8"}
    if reply is None:
        refusal = _as_error(error)
        description = {
            "exc_type": type(refusal).__name__,
            "exc_path": f"{type(refusal).__module__}.{type(refusal).__name__}",
            "exc_args": [refusal.message],
            "value": refusal.message,
        }
        return encode({"result": None, "error": description}), extra
    body = reply.body
    # Stock clients don't know the encoding.
    if reply.encoding == "gzip":
        body = gzip.decompress(body)
    # Concatenated, not decoded and encoded again: the body is JSON already.
    return b'{"result":' + (body or b"null") + b',"error":null}', extra


def _as_error(error: Exception | None) -> ServiceError:
    return error if isinstance(error, ServiceError) else ServiceError("Internal server error.")


# --- the entrypoints ------------------------------------------------------------------------------


class Method(Entrypoint):  # type: ignore[misc]
    """The entrypoint of a method that reads."""

    server = RpcServer()
    writes = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(expected_exceptions=(ServiceError,), **kwargs)

    def setup(self) -> None:
        """Register the method with the server, under the name of the last release, too."""
        self.server.methods[self.method_name] = self
        former = FORMER_METHODS.get(self.container.service_name, {})
        if self.method_name in former:
            self.server.methods[former[self.method_name]] = self

    def stop(self) -> None:
        """Stop consuming requests."""
        self.server.quiesce()

    def finish(
        self, send: Callable[..., None], worker_ctx: Any, result: Any, exc_info: Any
    ) -> tuple[Any, Any]:
        """Complete the call, then reply; called by the container, raises nothing."""
        reply, error = None, exc_info[1] if exc_info else None
        if error is None:
            try:
                reply = result if isinstance(result, Reply) else Reply(encode(result))
                reply = self.complete(worker_ctx, reply)
            except ServiceError as refused:
                reply, error = None, refused
            except Exception as unexpected:
                log.exception("completing %s failed", self.method_name)
                reply, error = None, unexpected
        send(reply, error)
        return result, exc_info

    def complete(self, worker_ctx: Any, reply: Reply) -> Reply:
        """Hook between the method and its reply; returns the reply with its headers."""
        return with_position(worker_ctx.service, reply)


class Command(Method):
    """The entrypoint of a method that writes."""

    writes = True

    def complete(self, worker_ctx: Any, reply: Reply) -> Reply:
        """Commit the change, its events and the idempotency record together."""
        service, data = worker_ctx.service, worker_ctx.data
        tx: Transaction = service.tx
        with as_service_errors():
            tx.flush_events()
            if data.get("key"):
                idempotency.remember(service, reply)
        tx.commit()
        positions.await_cascade(service)
        return with_position(service, reply)


def _bounded(function: Callable[..., Any], service: Any, args: Any, kwargs: Any) -> Any:
    """Run a method within the caller's deadline; database errors become ServiceErrors."""
    late = Unavailable("The request took too long and was given up.")
    with (
        eventlet.Timeout(service.call.get("remaining", DEFAULT_SECONDS), late),
        as_service_errors(),
    ):
        try:
            return function(service, *args, **kwargs)
        except TypeError:
            _check_arguments(function, service, args, kwargs)
            raise
        except RecursionError:  # some interpreters decode deeper JSON than they can traverse
            count_refused(service.name, "nesting", function.__name__)
            raise InvalidInput(NESTED) from None


def _check_arguments(function: Callable[..., Any], service: Any, args: Any, kwargs: Any) -> None:
    """Raise InvalidInput where the arguments don't match the method's signature.

    Called after a TypeError only: inspecting the signature costs more than an ordinary read.
    """
    expected = inspect.signature(function)
    try:
        expected.bind(service, *args, **kwargs)
    except TypeError as error:
        names = ", ".join(str(argument) for argument in list(expected.parameters.values())[1:])
        sentence = f"{function.__name__} takes ({names}): {error}."
        count_refused(service.name, "arguments", sentence)
        raise InvalidInput(sentence) from None


def query(function: F) -> F:
    """Make a method callable by RPC; it only reads."""

    @wraps(function)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        positions.catch_up(self)
        return _bounded(function, self, args, kwargs)

    return cast("F", Method.decorator(run))


def command(function: F) -> F:
    """Make a method callable by RPC; it writes in ``self.tx``, which is committed after it.

    It is retried once after it lost to another transaction (see ``sql_errors.gave_way``).
    """

    @wraps(function)
    def once(self: Any, *args: Any, **kwargs: Any) -> Any:
        stored = idempotency.earlier_answer(self)
        if stored is None:
            reply = function(self, *args, **kwargs)
            # Here already, and not with the commit: what its checks refuse may be run again.
            self.tx.flush_events()
            return reply
        self.call["key"] = None  # stored already: don't store it again
        return stored

    @wraps(function)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        positions.catch_up(self)
        try:
            return _bounded(once, self, args, kwargs)
        # Not after ``commit_now``: the part that has committed would be done twice.
        except (Unavailable, Integrity) as refusal:
            if self.tx.committed or not gave_way(refusal):
                raise
        self.tx.close()
        # Decoded again: the first run may have changed its arguments.
        body = decode(self.call["body"])
        return _bounded(once, self, body.args, body.kwargs)

    return cast("F", Command.decorator(run))
