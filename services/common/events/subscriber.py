"""Handling events: ``@on("project:delete", …)`` on a service's method.

Each handling method has a durable quorum queue of its own, read in order. A handler works in a
transaction that also records ``(event id, handler)`` in the inbox, so a redelivered event changes
nothing. While the database is away the event waits; a handler that fails for another reason is
retried with growing pauses, then the event goes to the dead letters (``dead_letters``).
"""

from __future__ import annotations

import logging
import uuid
from collections import deque
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import eventlet
import msgspec
import sqlalchemy as sa
from nameko.extensions import Entrypoint
from sqlalchemy.dialects.postgresql import insert

from services.common.database.sql_errors import as_service_errors
from services.common.errors import Unavailable
from services.common.observability import metrics
from services.common.observability.tracing import TRACEPARENT
from services.common.runtime.service import CONFIG
from services.common.wire.link import Link
from services.common.wire.topology import (
    DEAD,
    HISTORY,
    REPLACED,
    SERVICES,
    declare_exchanges,
    exchange_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.common.config import ServiceSettings
    from services.common.wire.frames import Incoming
    from services.common.wire.session import Session

log = logging.getLogger(__name__)

PAUSES: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
DELIVERIES: Final = 20
F = TypeVar("F", bound="Callable[..., Any]")


class Delivery(msgspec.Struct, frozen=True):
    """An event as it arrived: its name, payload, and the headers all events carry."""

    name: str
    payload: dict[str, Any]
    event_id: uuid.UUID
    time: str
    source: str
    actor_id: uuid.UUID | None = None
    project_id: uuid.UUID | None = None
    request_id: str = ""
    traceparent: str = ""

    @classmethod
    def read(cls, message: Incoming) -> Delivery:
        """Read an AMQP message; one without our headers (a foreign publisher) gets an id."""
        headers = message.headers
        actor, project = headers.get("actor_id"), headers.get("project_id")
        ident = headers.get("event_id") or message.properties.message_id
        return cls(
            name=headers.get("name") or message.routing_key,
            payload=msgspec.json.decode(message.body),
            event_id=uuid.UUID(ident) if ident else uuid.uuid4(),
            time=str(headers.get("time", "")),
            source=message.exchange.removesuffix(".events"),
            actor_id=uuid.UUID(actor) if actor else None,
            project_id=uuid.UUID(project) if project else None,
            request_id=str(headers.get("request_id", "")),
            traceparent=str(headers.get(TRACEPARENT, "")),
        )


class Handler(Entrypoint):  # type: ignore[misc]
    """A method that handles events, one at a time or (``batch``) as many as are waiting."""

    def __init__(
        self,
        *names: str,
        batch: int = 0,
        inbox: bool = True,
        history: bool = False,
        gather: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(expected_exceptions=(Unavailable,), **kwargs)
        self.names, self.batch, self.inbox = names, batch, inbox
        self.history, self.gather = history, gather

    def setup(self) -> None:
        """Prepare before the container starts."""
        settings: ServiceSettings = self.container.config[CONFIG]
        self.queue = f"{self.container.service_name}.{self.method_name}"
        metrics.subscribed(self.queue)
        self.arrived: deque[Any] = deque()
        self.waiting = eventlet.semaphore.Semaphore(0)
        self.link = Link(
            settings.amqp_uri, self._consume, lost=self._forget, name=f"{self.queue} events"
        )

    def start(self) -> None:
        """Begin to act."""
        self.container.spawn_managed_thread(self.link.run, identifier=f"{self.queue} reader")
        self.container.spawn_managed_thread(self._work, identifier=f"{self.queue} worker")

    def stop(self) -> None:
        """Leave in good order."""
        self.link.stop()
        self.waiting.release()

    def _consume(self, session: Session) -> None:
        declare_exchanges(session)
        session.queue_declare(
            self.queue,
            arguments={
                "x-queue-type": "quorum",
                "x-delivery-limit": DELIVERIES,
                "x-dead-letter-exchange": DEAD,
                "x-dead-letter-strategy": "at-least-once",
                "x-overflow": "reject-publish",
            },
        )
        for name in self.names:
            for service in SERVICES:
                session.queue_bind(self.queue, exchange_of(service), name)
        if self.history:
            session.queue_bind(self.queue, HISTORY)
        session.prefetch(self.batch or 8)
        session.consume(self.queue, self._arrive, tag=self.queue)

    def _arrive(self, message: Any) -> None:
        self.arrived.append(message)
        self.waiting.release()

    def _forget(self) -> None:
        """What was not acknowledged on a broken connection will come again."""
        self.arrived.clear()

    def _work(self) -> None:
        while not self.link.stopping:
            self.waiting.acquire()
            if self.gather and len(self.arrived) < self.batch:
                eventlet.sleep(self.gather)
            messages: list[Any] = []
            while self.arrived and len(messages) < max(1, self.batch):
                messages.append(self.arrived.popleft())
            if messages:
                self._handle(messages)

    def _handle(self, messages: list[Any]) -> None:
        attempt, deliveries = 0, list[Delivery]()
        while not self.link.stopping:
            error = self._attempt(messages, deliveries)
            if error is None:
                self.link.ack(messages[-1], multiple=True)
                self._count(deliveries, "handled")
                return
            self._count(deliveries, "retried")
            if not isinstance(error, Unavailable):
                attempt += 1
            if attempt > len(PAUSES):
                break
            eventlet.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
        for message in messages:
            self.link.reject(message, requeue=self.link.stopping)
        if not self.link.stopping:
            self._count(deliveries, "dead")
            requests = sorted({one.request_id for one in deliveries})
            log.error("%s gave events up", self.queue, extra={"requests": requests})

    def _count(self, deliveries: list[Delivery], outcome: str) -> None:
        """Count events; what can't be read is one, whatever it holds."""
        times = [one.time for one in deliveries] or [""]
        metrics.handled(self.queue, times, outcome)

    def _attempt(self, messages: list[Any], deliveries: list[Delivery]) -> Exception | None:
        """Run the method once, as a nameko worker. Answers its exception, or None.

        The first time ``deliveries`` is filled with what the messages hold.
        """
        try:
            if not deliveries:
                deliveries += [one for message in messages for one in self._read(message)]
        except (ValueError, KeyError, msgspec.DecodeError) as error:
            log.exception("an event on %s is unreadable", self.queue)
            return error
        done = eventlet.event.Event()

        def finish(worker_ctx: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
            error = exc_info[1] if exc_info else self._commit(worker_ctx, deliveries)
            done.send(error)
            return result, exc_info

        argument = deliveries if self.batch else deliveries[0]
        first = deliveries[0]
        context = {
            "request_id": first.request_id,
            "deliveries": deliveries,
            TRACEPARENT: first.traceparent or None,
        }
        self.container.spawn_worker(
            self, (argument,), {}, context_data=context, handle_result=finish
        )
        return cast("Exception | None", done.wait())

    def _read(self, message: Any) -> list[Delivery]:
        if self.history and "event_id" not in message.headers:
            return msgspec.json.decode(message.body, type=list[Delivery])
        return [Delivery.read(message)]  # also what a relay of the last release sends to the log

    def _commit(self, worker_ctx: Any, _deliveries: list[Delivery]) -> Exception | None:
        try:
            worker_ctx.service.commit_now()
        except Exception as error:
            if not isinstance(error, Unavailable):
                log.exception("committing %s failed", self.queue)
            return error
        return None


def on(
    *names: str,
    batch: int = 0,
    inbox: bool = True,
    history: bool = False,
    gather: float = 0.0,
) -> Callable[[F], F]:
    """Handle the events called ``names`` (``*`` and ``#`` as in AMQP topics), of any service.

    The method gets a Delivery, or with ``batch`` a list of them. ``inbox=False`` is for handlers
    that are idempotent by themselves. With ``history`` come all events that enter the log, as
    relays hand them over, many in a message. ``gather`` is how many seconds a batch waits for more,
    where a batch costs hardly more than one.
    """

    def decorate(function: F) -> F:
        @wraps(function)
        def run(self: Any, delivery: Any) -> Any:
            with as_service_errors():
                if inbox and not _first_time(self, delivery, function.__name__):
                    return None
                if not inbox and not (delivery := _still_true(self, delivery)):
                    return None
                return function(self, delivery)

        return cast(
            "F",
            Handler.decorator(*names, batch=batch, inbox=inbox, history=history, gather=gather)(
                run
            ),
        )

    return decorate


def _first_time(service: Any, delivery: Delivery, handler: str) -> bool:
    """Record the delivery; whether it is new, and of the rows that are here (see ``importing``)."""
    table: sa.Table = service.metadata.tables["inbox"]
    row = sa.select(sa.literal(delivery.event_id, sa.Uuid), sa.literal(handler))
    if moment := _moment(delivery):
        row = row.where(~sa.exists(_replaced(table).where(table.c.created_at > moment)))
    statement = insert(table).from_select(["event_id", "handler"], row).on_conflict_do_nothing()
    return bool(service.tx.session.execute(statement).rowcount)


def _still_true(service: Any, given: Any) -> Any:
    """What is given, without the events of before all rows were replaced.

    Read outside the transaction, so that the handler may ask other services.
    """
    with service.database.read() as connection:
        replaced = connection.scalar(_replaced(service.metadata.tables["inbox"]))
    deliveries = given if isinstance(given, list) else [given]
    kept = [d for d in deliveries if not (replaced and (m := _moment(d)) and m < replaced)]
    return kept if isinstance(given, list) else next(iter(kept), None)


def _replaced(inbox: sa.Table) -> sa.Select[Any]:
    event_id, handler = REPLACED
    return sa.select(inbox.c.created_at).where(
        inbox.c.event_id == uuid.UUID(event_id), inbox.c.handler == handler
    )


def _moment(delivery: Delivery) -> datetime | None:
    return datetime.fromisoformat(delivery.time).replace(tzinfo=UTC) if delivery.time else None
