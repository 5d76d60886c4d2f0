"""The base class of services: a call's transaction, its actor, and the RPC client."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar, cast

import msgspec
import sqlalchemy as sa
from nameko.extensions import DependencyProvider
from prometheus_client import REGISTRY

from services.common import etags
from services.common.access.context import CallContext, Question
from services.common.actor import SYSTEM, Actor
from services.common.config import ServiceSettings
from services.common.database import change_version
from services.common.database.pools import Database
from services.common.database.sql_errors import as_service_errors
from services.common.database.transaction import Transaction
from services.common.json_types import Json, JsonObject
from services.common.observability import tracing
from services.common.observability.log import request_id
from services.common.runtime import positions
from services.common.runtime.database_collector import DatabaseCollector
from services.common.runtime.inbox_listener import InboxListener
from services.common.runtime.positions import HandledEvents
from services.common.runtime.spawned import spawned
from services.common.wire.position import position_text
from services.common.wire.rpc_client import RpcClient
from services.common.wire.rpc_protocol import ACTOR, POSITION, REQUEST, Reply

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

F = TypeVar("F", bound="Callable[..., Any]")
CONFIG: Final = "settings"
SPAN: Final = "span"
NOT_MODIFIED: Final = 304
encode: Final = msgspec.json.Encoder().encode


class _Actors:
    """A cache of decoded actors by their JSON: the same few callers send most requests."""

    def __init__(self, size: int = 2048) -> None:
        self.size = size
        self.cache: dict[str, Actor] = {}
        self.decode = msgspec.json.Decoder(Actor).decode

    def read(self, text: str | None) -> Actor:
        if not text:
            return SYSTEM
        actor = self.cache.get(text)
        if actor is None:
            # Cleared as a whole: decoding again costs less than an LRU's bookkeeping.
            if len(self.cache) >= self.size:
                self.cache.clear()
            actor = self.cache[text] = self.decode(text)
        return actor


class TransactionProvider(DependencyProvider):  # type: ignore[misc]
    """``self.tx``: the unit of work of a call; it holds no connection until it is used.

    Also sets the service's ``database`` (pools shared by the process) and ``call`` (the headers).
    """

    actors = _Actors()

    def setup(self) -> None:
        """Create the connection pools and register their metrics; nothing connects yet."""
        settings: ServiceSettings = self.container.config[CONFIG]
        self.database = Database(
            settings.database_url,
            pool_size=settings.pool_size,
            application=f"callboard-{self.container.service_name}",
            slow_seconds=settings.slow_query_seconds,
        )
        self.collector = DatabaseCollector(
            self.container.service_name, self.database, self.container.service_cls.dead_letters
        )
        REGISTRY.register(self.collector)
        self.listener = InboxListener(self.container.service_name, settings.database_url)
        self.container.listener = self.listener
        log = self.container.service_cls.event_log
        self.handled = HandledEvents(self.database, self.listener, log)

    def start(self) -> None:
        """Listen for handled events."""
        self.listener.start()

    def stop(self) -> None:
        """Close every connection and unregister the metrics."""
        self.listener.stop()
        REGISTRY.unregister(self.collector)
        self.database.close()

    def get_dependency(self, worker_ctx: Any) -> Transaction:
        """Begin a call: its request id, its span, and its lazy unit of work."""
        data, service = worker_ctx.data, worker_ctx.service
        ident = data.get("request_id", "")
        request_id.set(ident)
        name, kind = f"{worker_ctx.service_name}.{worker_ctx.entrypoint.method_name}", "server"
        data[SPAN] = tracing.begin(name, kind, data.get(tracing.TRACEPARENT))
        service.call, service.database = data, self.database
        service.handled = self.handled
        service.settings = self.container.config[CONFIG]
        return Transaction(
            self.database,
            actor=self.actors.read(data.get("actor")),
            request_id=ident,
            caller=data.get("actor") or "",
            service=worker_ctx.service_name,
        )

    def worker_teardown(self, worker_ctx: Any) -> None:
        """Roll back what was not committed, and end the call's span."""
        worker_ctx.service.tx.close()
        tracing.end(worker_ctx.data[SPAN])


class ClientProvider(DependencyProvider):  # type: ignore[misc]
    """``self.client``: the process's multiplexing RPC client."""

    def setup(self) -> None:
        """Create the client; ``start`` connects it."""
        settings: ServiceSettings = self.container.config[CONFIG]
        self.client = RpcClient(
            settings.amqp_uri,
            name=f"{self.container.service_name} calls",
            deadline=settings.rpc_deadline,
        )

    def start(self) -> None:
        """Connect, and reconnect for as long as the process runs."""
        self.container.spawn_managed_thread(self.client.link.run, identifier="rpc client")

    def stop(self) -> None:
        """Close the connection; calls in flight raise Unavailable."""
        self.client.link.stop()

    def get_dependency(self, _worker_ctx: Any) -> RpcClient:
        """The one client of this process."""
        return self.client


class Service:
    """Base class of services. An instance serves one call; pools and client are shared."""

    name: str
    settings_class: type[ServiceSettings] = ServiceSettings
    metadata: sa.MetaData
    settings: Any
    database: Database
    handled: HandledEvents
    #: The table of the event log, in the service that keeps it.
    event_log: ClassVar[str] = ""
    #: The table of dead letters, in the service that keeps them.
    dead_letters: ClassVar[str] = ""
    call: JsonObject
    tx: Transaction = cast("Transaction", TransactionProvider())
    client: RpcClient = cast("RpcClient", ClientProvider())

    @property
    def actor(self) -> Actor:
        """Who is calling."""
        return self.tx.actor

    def commit_now(self) -> None:
        """Commit changes and events so far; later exceptions don't undo them."""
        with as_service_errors():
            self.tx.flush_events()
        self.tx.commit()

    def not_modified_or(
        self,
        build: Callable[[], Reply],
        *,
        project: UUID | None = None,
        elsewhere: tuple[str, ...] = (),
    ) -> Reply:
        """``build()``'s reply with an ETag, or a 304 without building it.

        The ETag covers the change versions of the production (of all data, without one) here and
        in the services ``elsewhere``, the caller and the arguments. Versions are read before the
        reply is built, so a tag is never newer than its reply.
        """
        question = {"project_id": str(project) if project else None}
        # Sent before our own version is read, so that all of them are fetched concurrently.
        pending = [self.ask_ahead(name, "read_change_version", **question) for name in elsewhere]
        counts = [change_version.version(self.database, project), *(wait() for wait in pending)]
        # The caller is part of the tag: two people may see different rows of the same version.
        arguments = self.call.get("body", b"").decode()
        tag = etags.of_parts([self.name, self.call["route"], arguments, self.tx.caller, *counts])
        if etags.holds(self.call.get("match"), tag):
            return Reply(b"", status=NOT_MODIFIED, headers={"etag": tag})
        reply = build()
        return reply._replace(headers={**reply.headers, "etag": tag})

    def skip_idempotency(self) -> None:
        """Don't store the answer under the call's Idempotency-Key: it holds secrets."""
        self.call["key"] = None

    def ask(self, service: str, method: str, /, **kwargs: Json) -> Any:
        """Call another service as the same actor and return its decoded reply.

        Raises RuntimeError inside an open transaction: a connection must not be held while waiting.
        """
        body = self.ask_raw(service, method, **kwargs)
        return msgspec.json.decode(body) if body else None

    def ask_raw(self, service: str, method: str, /, **kwargs: Json) -> bytes:
        """Call another service as the same actor and return its reply as JSON bytes."""
        self._check_may_ask(service, method)
        return self.call_service(service, method, kwargs)

    def _check_may_ask(self, service: str, method: str) -> None:
        if self.tx.opened:
            message = f"{service}.{method} was called inside an open transaction"
            raise RuntimeError(message)

    def call_service(
        self, service: str, method: str, kwargs: JsonObject, *, seconds: float | None = None
    ) -> bytes:
        """Call another service, also after the commit; ``ask`` and its like are for before.

        The other service waits for what our caller must be able to read there, too.
        """
        headers = {ACTOR: encode(self.actor).decode(), REQUEST: self.tx.request_id}
        if position := self.call.get(positions.POSITION):
            headers[POSITION] = position_text(position)
        reply = self.client.call(service, method, encode(kwargs), headers=headers, deadline=seconds)
        positions.join(self, reply.headers)
        return reply.plain()

    def ask_ahead(self, service: str, method: str, /, **kwargs: Json) -> Callable[[], Any]:
        """Start a call; the function returned waits for its decoded reply.

        For what our reply needs and the transaction does not: both run concurrently.
        """
        wait = self.ask_ahead_raw(service, method, **kwargs)
        return lambda: msgspec.json.decode(wait())

    def ask_ahead_raw(self, service: str, method: str, /, **kwargs: Json) -> Callable[[], bytes]:
        """Start a call; the function returned waits for its reply, as JSON bytes."""
        self._check_may_ask(service, method)
        thread = spawned(self.call_service, service, method, kwargs)
        return cast("Callable[[], bytes]", thread.wait)

    def ask_all(self, questions: list[Question]) -> list[Any]:
        """Make several calls ``(service, method, arguments)`` concurrently; replies are in order.

        Raises the error of the first one that failed.
        """
        bodies = self.ask_all_raw(questions)
        return [msgspec.json.decode(body) if body else None for body in bodies]

    def ask_all_raw(self, questions: list[Question]) -> list[bytes]:
        """Make several calls concurrently; returns their replies in order, as JSON bytes."""
        if len(questions) == 1:
            service, method, kwargs = questions[0]
            return [self.ask_raw(service, method, **kwargs)]
        threads = [
            spawned(self.ask_raw, service, method, **kwargs)
            for service, method, kwargs in questions
        ]
        return [thread.wait() for thread in threads]


if TYPE_CHECKING:
    # Has the type checker compare the class with the protocol.
    _CONTEXT: type[CallContext] = Service


def versioned(*elsewhere: str) -> Callable[[F], F]:
    """Answer a read with an ETag from change versions, see ``not_modified_or``.

    The answer may cover several productions, so any change here or in the services ``elsewhere``
    changes the tag. For vendors, who see what they are assigned to, changes in ``tasks`` do, too.
    """

    def decorate(function: F) -> F:
        @wraps(function)
        def run(self: Service, *args: Any, **kwargs: Any) -> Any:
            vendor = self.actor.works_as_vendor and self.name != "tasks"
            services = (*elsewhere, "tasks") if vendor else elsewhere
            return self.not_modified_or(lambda: function(self, *args, **kwargs), elsewhere=services)

        return cast("F", run)

    return decorate
