"""Handling events: ``@on("project:delete", …)`` on a service's method.

Each handling method has a durable quorum queue of its own. A handler works in a transaction that
also records ``(event id, handler)`` in the inbox, so a redelivered event changes nothing. While the
database or another service is away the event waits; one that fails for another reason is retried
with growing pauses and then dead-lettered (``dead_letters``), alone: a batch that fails twice is
halved until it is known which of its events it is.

A replica handles its events in the order they came, but replicas work beside each other. Where the
order matters (``ordered=True``: the handler sets a state from what the event says) the queue has a
*single active consumer*, however many replicas run: the others take over when it goes.

The arguments of a queue can't change, so an ordered handler's has a name of its own, ending in
``.ordered``. ``formerly`` names the handlers whose unordered queues it takes over: they are unbound
and drained by this release, so nothing is lost that lies there. While a rolling upgrade lasts,
replicas of the old release go on consuming them and may bind them again; then an event comes twice,
which the inbox knows, and order is what it was. When the old release is gone these queues are empty
and unbound, and the release that no longer names them in ``formerly`` may delete them. Back on the
old release, events pile up in the new queue besides; what was handled meanwhile is known to the
inbox for seven days.
"""

from __future__ import annotations

import logging
from collections import deque
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from uuid import UUID

import eventlet
import sqlalchemy as sa
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint
from sqlalchemy.dialects.postgresql import insert

from services.common.database.sql_errors import as_service_errors
from services.common.errors import Unavailable
from services.common.events.delivery import Delivery, Unreadable, moment_of, read_deliveries
from services.common.observability import metrics
from services.common.observability.log import checked_request_id
from services.common.observability.tracing import TRACEPARENT
from services.common.runtime.service import CONFIG
from services.common.wire.link import Link
from services.common.wire.publisher import Publisher
from services.common.wire.topology import (
    DEAD,
    HISTORY,
    REPLACED,
    SERVICES,
    declare_exchanges,
    exchange_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from services.common.config import ServiceSettings
    from services.common.wire.frames import Incoming
    from services.common.wire.session import Session

__all__ = ["Delivery", "Handler", "on"]

log = logging.getLogger(__name__)

#: Seconds between tries.
PAUSES: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
#: After which it is halved.
TRIES_OF_A_BATCH: Final = 2
PREFETCH: Final = 8
DELIVERIES: Final = 20
QUEUE: Final = {
    "x-queue-type": "quorum",
    "x-delivery-limit": DELIVERIES,
    "x-dead-letter-exchange": DEAD,
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}
F = TypeVar("F", bound="Callable[..., Any]")


class _GivenBackError(Exception):
    """The connection is gone or the service stops: others will handle these events."""


class Handler(Entrypoint):  # type: ignore[misc]
    """A method that handles events, one at a time or (``batch``) as many as are waiting."""

    def __init__(
        self,
        *names: str,
        batch: int = 0,
        inbox: bool = True,
        history: bool = False,
        gather: float = 0.0,
        ordered: bool = False,
        formerly: tuple[str, ...] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(expected_exceptions=(Unavailable,), **kwargs)
        self.names, self.batch, self.inbox = names, batch, inbox
        self.history, self.gather = history, gather
        self.ordered, self.formerly = ordered, formerly

    def setup(self) -> None:
        """Prepare before the container starts."""
        self.settings: ServiceSettings = self.container.config[CONFIG]
        service = self.container.service_name
        self.queue = f"{service}.{self.method_name}" + (".ordered" if self.ordered else "")
        self.old_queues = [f"{service}.{name}" for name in self.formerly]
        metrics.subscribed(self.queue)
        self.stopping = self.away = False
        self.arrived: deque[Incoming] = deque()
        self.waiting = eventlet.semaphore.Semaphore(0)
        self.link = Link(
            self.settings.amqp_uri, self._consume, lost=self._forget, name=f"{self.queue} events"
        )

    def start(self) -> None:
        """Consume on one green thread, handle on another."""
        self.container.spawn_managed_thread(self.link.run, identifier=f"{self.queue} reader")
        self.container.spawn_managed_thread(self._work, identifier=f"{self.queue} worker")

    def stop(self) -> None:
        """Begin nothing more; what is being handled is acknowledged when it is done."""
        self.stopping = True
        self.waiting.release()

    # --- the queue ------------------------------------------------------------------------------

    def _consume(self, session: Session) -> None:
        declare_exchanges(session)
        session.prefetch(self.batch or PREFETCH)
        for queue in self.old_queues:  # first, since what lies there is older
            session.queue_declare(queue, arguments=QUEUE)
            for exchange, key in self._bindings():
                session.queue_unbind(queue, exchange, key)
            session.consume(queue, self._arrive, tag=queue)
        single = {"x-single-active-consumer": True} if self.ordered else {}
        session.queue_declare(self.queue, arguments={**QUEUE, **single})
        for exchange, key in self._bindings():
            session.queue_bind(self.queue, exchange, key)
        session.consume(self.queue, self._arrive, tag=self.queue)

    def _bindings(self) -> Iterable[tuple[str, str]]:
        for name in self.names:
            for service in SERVICES:
                yield exchange_of(service), name
        if self.history:
            yield HISTORY, ""

    def _arrive(self, message: Incoming) -> None:
        self.arrived.append(message)
        self.waiting.release()

    def _forget(self) -> None:
        """What was not acknowledged on a broken connection will come again."""
        self.arrived.clear()

    def _work(self) -> None:
        while not self.stopping:
            self.waiting.acquire()
            if self.gather and len(self.arrived) < self.batch:
                eventlet.sleep(self.gather)
            messages: list[Incoming] = []
            while self.arrived and len(messages) < max(1, self.batch):
                messages.append(self.arrived.popleft())
            if messages and not self.stopping:
                self._handle_safely(messages)
        self.link.stop()

    # --- handling -------------------------------------------------------------------------------

    def _handle_safely(self, messages: list[Incoming]) -> None:
        """Handle messages; whatever is raised, the next ones are handled, too."""
        try:
            self._handle(messages)
        except (_GivenBackError, ContainerBeingKilled):
            return
        except Exception:
            # They come again, to this replica or another, until the delivery limit buries them.
            log.exception("%s failed outside of its method", self.queue)
            eventlet.sleep(PAUSES[0])
            for message in messages:
                self.link.reject(message, requeue=True)

    def _handle(self, messages: list[Incoming]) -> None:
        """Have all that messages hold handled or dead-lettered, then acknowledge them."""
        found: list[tuple[Incoming, list[Delivery]]] = []
        for message in messages:
            try:
                found.append((message, self._read(message)))
            except Unreadable as error:
                self._refuse(str(error))
                self.link.reject(message, requeue=False)
        if not found:
            return
        last = found[-1][0]
        given_up = self._settle([one for _, held in found for one in held], last)
        self._bury(given_up, [held for _, held in found if len(held) > 1])
        self._acknowledge(found, {id(one) for one in given_up}, all_of=len(found) == len(messages))

    def _acknowledge(
        self, found: list[tuple[Incoming, list[Delivery]]], given_up: set[int], *, all_of: bool
    ) -> None:
        """Acknowledge messages, and reject those that hold a single event which was given up."""
        if all_of and not given_up:
            self.link.ack(found[-1][0], multiple=True)
            return
        for message, held in found:
            if len(held) == 1 and id(held[0]) in given_up:
                self.link.reject(message, requeue=False)
            else:
                self.link.ack(message)

    def _read(self, message: Incoming) -> list[Delivery]:
        """The events in a message. Those of a batch that can't be read are dead-lettered alone."""
        read, odd = read_deliveries(message, many=self.history)
        for raw, reason in odd:
            self._refuse(reason)
            self._dead_letter(raw, {}, "")
        return read

    def _settle(
        self, deliveries: list[Delivery], message: Incoming, tries: int = TRIES_OF_A_BATCH
    ) -> list[Delivery]:
        """Have events handled, together or by halves; answers those that can't be.

        ``message`` is the last of those they came in. Raises _GivenBackError when they will come
        again, from a new connection.
        """
        failures = absences = 0
        while deliveries:
            error = self._attempt(deliveries)
            if error is None:
                self.away = False
                self._count(deliveries, "handled")
                break
            self._count(deliveries, "retried")
            if isinstance(error, Unavailable):
                self._note_absence(error)
                self._pause(absences, message)
                absences += 1
                continue
            failures += 1
            if len(deliveries) > 1 and failures >= tries:
                half = len(deliveries) // 2
                first = self._settle(deliveries[:half], message, 1)
                return first + self._settle(deliveries[half:], message, 1)
            if failures > len(PAUSES):
                return deliveries
            self._pause(failures - 1, message)
        return []

    def _pause(self, number: int, message: Incoming) -> None:
        eventlet.sleep(PAUSES[min(number, len(PAUSES) - 1)])
        if self.stopping or not self.link.holds(message):
            raise _GivenBackError

    def _note_absence(self, error: Unavailable) -> None:
        """Say once that this handler waits for something that is away."""
        if not self.away:
            self.away = True
            log.warning("%s waits: %s", self.queue, error.message)

    def _attempt(self, deliveries: list[Delivery]) -> Exception | None:
        """Run the method once, as a nameko worker. Answers its exception, or None."""
        done = eventlet.event.Event()

        def finish(worker_ctx: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
            done.send(exc_info[1] if exc_info else self._commit(worker_ctx))
            return result, exc_info

        first = deliveries[0]
        context = {
            "request_id": checked_request_id(first.request_id),
            "deliveries": deliveries,
            TRACEPARENT: first.traceparent or None,
        }
        argument = deliveries if self.batch else first
        self.container.spawn_worker(
            self, (argument,), {}, context_data=context, handle_result=finish
        )
        return cast("Exception | None", done.wait())

    def _commit(self, worker_ctx: Any) -> Exception | None:
        try:
            worker_ctx.service.commit_now()
        except Exception as error:
            if not isinstance(error, Unavailable):
                log.exception("committing %s failed", self.queue)
            return error
        return None

    # --- what can't be handled ------------------------------------------------------------------

    def _count(self, deliveries: list[Delivery], outcome: str) -> None:
        metrics.handled(self.queue, [one.time for one in deliveries], outcome)

    def _refuse(self, reason: str) -> None:
        """An event can't be read, however often it comes."""
        metrics.handled(self.queue, [""], "dead")
        metrics.REFUSED.labels(self.queue, "unreadable").inc()
        log.error(
            "an event on %s can't be read and was given up", self.queue, extra={"reason": reason}
        )

    def _bury(self, given_up: list[Delivery], shared: list[list[Delivery]]) -> None:
        """Say which events were given up, and dead-letter those that came with others."""
        if not given_up:
            return
        self._count(given_up, "dead")
        requests = sorted({one.request_id for one in given_up})
        log.error("%s gave events up", self.queue, extra={"requests": requests})
        together = {id(one) for held in shared for one in held}
        for one in given_up:
            if id(one) in together:
                self._dead_letter(one.body(), one.headers(), one.name)

    def _dead_letter(self, body: bytes, headers: dict[str, Any], name: str) -> None:
        """Put one event out of a message of many to the dead letters, as the broker does it.

        Confirmed, since the message is acknowledged next. Raises OSError.
        """
        death = {"queue": self.queue, "reason": "rejected", "exchange": HISTORY, "count": 1}
        publisher = Publisher(self.settings.amqp_uri, declare_exchanges, name=f"{self.queue} dead")
        try:
            publisher.add(
                body,
                DEAD,
                name,
                headers={**headers, "x-death": [{**death, "routing-keys": [name]}]},
            )
            publisher.confirm()
        finally:
            publisher.close()


def on(
    *names: str,
    batch: int = 0,
    inbox: bool = True,
    history: bool = False,
    gather: float = 0.0,
    ordered: bool = False,
    formerly: tuple[str, ...] = (),
) -> Callable[[F], F]:
    """Handle the events called ``names`` (``*`` and ``#`` as in AMQP topics), of any service.

    The method gets a Delivery, or with ``batch`` a list of them. ``inbox=False`` is for handlers
    that are idempotent by themselves. With ``history`` come all events that enter the log, as
    relays hand them over, many in a message. ``gather`` is how many seconds a batch waits for more,
    where a batch costs hardly more than one. ``ordered`` and ``formerly``: see above.
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

        options = {"batch": batch, "inbox": inbox, "history": history, "gather": gather}
        decorated = Handler.decorator(*names, ordered=ordered, formerly=formerly, **options)
        return cast("F", decorated(run))

    return decorate


def _first_time(service: Any, delivery: Delivery, handler: str) -> bool:
    """Record the delivery; whether it is new, and of the rows that are here (see ``importing``)."""
    table: sa.Table = service.metadata.tables["inbox"]
    row = sa.select(sa.literal(delivery.event_id, sa.Uuid), sa.literal(handler))
    if moment := moment_of(delivery):
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
    kept = [d for d in deliveries if not (replaced and (m := moment_of(d)) and m < replaced)]
    return kept if isinstance(given, list) else next(iter(kept), None)


def _replaced(inbox: sa.Table) -> sa.Select[Any]:
    event_id, handler = REPLACED
    return sa.select(inbox.c.created_at).where(
        inbox.c.event_id == UUID(event_id), inbox.c.handler == handler
    )
