"""Handling events: ``@on("project:delete", …)`` on a service's method.

Each handler has a durable quorum queue of its own. It works in a transaction that also records
``(event id, handler)`` in the inbox, so handling is idempotent. While the database or another
service is away the event is retried for ever; one that fails for another reason is retried with a
backoff and then dead-lettered (``dead_letters``), alone: a batch that fails twice is halved until
the failing event is isolated.

A replica handles its events in order, but replicas run concurrently. Where the order matters
(``ordered=True``: the handler sets a state from the event's payload) the queue has a *single active
consumer*, however many replicas run: another one takes over when it goes.

The arguments of a queue can't change, so an ordered handler's has a name of its own, ending in
``.ordered``. ``formerly`` names the handlers whose unordered queues it takes over: they are unbound
and drained by this release, so no queued event is lost. During a rolling upgrade, replicas of the
old release go on consuming them and may bind them again; an event then arrives twice, which the
inbox detects, and is as unordered as before. Once the old release is gone these queues are empty
and unbound, and the release that no longer names them in ``formerly`` may delete them. After a
rollback, events also pile up in the new queue; what is handled meanwhile is in the inbox for seven
days.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import eventlet
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint

from services.common.database.sql_errors import as_service_errors
from services.common.errors import Unavailable
from services.common.events.attempts import PAUSES, Attempts, RequeuedError
from services.common.events.delivery import Delivery, Unreadable, read_deliveries
from services.common.events.given_up import GivenUp
from services.common.events.inbox import Inbox, record, record_caused, without_replaced
from services.common.observability import metrics
from services.common.observability.log import checked_request_id
from services.common.observability.tracing import TRACEPARENT
from services.common.runtime.service import CONFIG, Service
from services.common.wire.link import Link
from services.common.wire.topology import (
    ORDERED,
    QUEUE,
    SERVICES,
    declare_exchanges,
    exchange_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from services.common.config import ServiceSettings
    from services.common.wire.frames import Incoming
    from services.common.wire.session import Session

__all__ = ["Delivery", "Handler", "Inbox", "on"]

log = logging.getLogger(__name__)

#: Unacknowledged messages that the broker sends to a handler without ``batch``.
PREFETCH: Final = 8
F = TypeVar("F", bound="Callable[..., Any]")


class Handler(Entrypoint):  # type: ignore[misc]
    """A nameko entrypoint for events, one at a time or up to ``batch`` that are waiting."""

    def __init__(
        self,
        *names: str,
        batch: int = 0,
        inbox: Inbox = Inbox.FIRST,
        batches_of: str = "",
        gather: float = 0.0,
        ordered: bool = False,
        formerly: tuple[str, ...] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(expected_exceptions=(Unavailable,), **kwargs)
        self.names, self.batch, self.inbox = names, batch, inbox
        self.batches_of, self.gather = batches_of, gather
        self.ordered, self.formerly = ordered, formerly

    def setup(self) -> None:
        """Name the queues and create the link; nothing connects yet."""
        self.settings: ServiceSettings = self.container.config[CONFIG]
        service = self.container.service_name
        self.queue = self.queue_of(service, self.method_name)
        self.old_queues = [f"{service}.{name}" for name in self.formerly]
        metrics.subscribed(self.queue)
        self.stopping = False
        self.attempts = Attempts(self.queue, self._attempt, self._holds)
        self.given_up = GivenUp(self.settings.amqp_uri, self.queue, self.batches_of)
        self.last_batch = -self.gather
        self.arrived: deque[Incoming] = deque()
        self.waiting = eventlet.semaphore.Semaphore(0)
        self.link = Link(
            self.settings.amqp_uri, self._consume, lost=self._forget, name=f"{self.queue} events"
        )

    def queue_of(self, service: str, method: str) -> str:
        """The name of its queue."""
        return f"{service}.{method}" + (".ordered" if self.ordered else "")

    def start(self) -> None:
        """Consume on one green thread, handle on another."""
        self.container.spawn_managed_thread(self.link.run, identifier=f"{self.queue} reader")
        self.container.spawn_managed_thread(self._work, identifier=f"{self.queue} worker")

    def stop(self) -> None:
        """Start no new event; the ones in progress are acknowledged when they are done."""
        self.stopping = True
        self.waiting.release()

    # --- the queue ------------------------------------------------------------------------------

    def _consume(self, session: Session) -> None:
        declare_exchanges(session)
        session.prefetch(self.batch or PREFETCH)
        for queue in self.old_queues:  # first: they hold older events
            session.queue_declare(queue, arguments=QUEUE)
            for exchange, key in self._bindings():
                session.queue_unbind(queue, exchange, key)
            session.consume(queue, self._arrive, tag=queue)
        session.queue_declare(self.queue, arguments=ORDERED if self.ordered else QUEUE)
        for exchange, key in self._bindings():
            session.queue_bind(self.queue, exchange, key)
        session.consume(self.queue, self._arrive, tag=self.queue)

    def _bindings(self) -> Iterable[tuple[str, str]]:
        for name in self.names:
            for service in SERVICES:
                yield exchange_of(service), name
        if self.batches_of:
            yield self.batches_of, ""

    def _arrive(self, message: Incoming) -> None:
        self.arrived.append(message)
        self.waiting.release()

    def _forget(self) -> None:
        """Drop what was received on a broken connection: the broker redelivers it."""
        self.arrived.clear()

    def _work(self) -> None:
        while not self.stopping:
            self.waiting.acquire()
            if not self.arrived:  # handled with an earlier one, or forgotten
                continue
            # The first event after a lull is handled at once, for someone may be waiting for it;
            # under load, each transaction handles more of them.
            self._pause_between_batches()
            messages: list[Incoming] = []
            while self.arrived and len(messages) < max(1, self.batch):
                messages.append(self.arrived.popleft())
            if messages and not self.stopping:
                self._handle_safely(messages)
        self.link.stop()

    def _pause_between_batches(self) -> None:
        """Wait until ``gather`` seconds have passed since the last batch.

        Not if one is full, or somebody waits for an event of it.
        """
        remaining = self.last_batch + self.gather - time.monotonic()
        if remaining > 0 and len(self.arrived) < self.batch:
            self.container.listener.pause(remaining)
        self.last_batch = time.monotonic()

    # --- handling -------------------------------------------------------------------------------

    def _handle_safely(self, messages: list[Incoming]) -> None:
        """Handle messages; an exception must not end the worker loop."""
        try:
            self._handle(messages)
        # Unacknowledged, they are redelivered once the connection is closed.
        except (RequeuedError, ContainerBeingKilled):
            return
        except Exception:
            # They are redelivered, here or elsewhere, until the delivery limit dead-letters them.
            log.exception("%s failed outside of its method", self.queue)
            eventlet.sleep(PAUSES[0])
            for message in messages:
                self.link.reject(message, requeue=True)

    def _handle(self, messages: list[Incoming]) -> None:
        """Handle or dead-letter all events of these messages, then acknowledge them."""
        readable: list[tuple[Incoming, list[Delivery]]] = []
        for message in messages:
            try:
                readable.append((message, self._read(message)))
            except Unreadable as error:
                self.given_up.refuse(str(error))
                self.link.reject(message, requeue=False)
        if not readable:
            return
        # The newest: if the connection that delivered it is still there, so are all the others.
        last = readable[-1][0]
        failed = self.attempts.settle(
            [delivery for _, deliveries in readable for delivery in deliveries], last
        )
        # Dead-lettered before the acknowledgement: a crash in between leaves a duplicate, not a
        # loss.
        self.given_up.tell(
            failed, [deliveries for _, deliveries in readable if len(deliveries) > 1]
        )
        self._acknowledge(
            readable, {id(delivery) for delivery in failed}, complete=len(readable) == len(messages)
        )

    def _acknowledge(
        self, readable: list[tuple[Incoming, list[Delivery]]], failed: set[int], *, complete: bool
    ) -> None:
        """Acknowledge messages; reject (dead-letter) those whose single event was given up."""
        if complete and not failed:
            self.link.ack(readable[-1][0], multiple=True)
            return
        for message, deliveries in readable:
            if len(deliveries) == 1 and id(deliveries[0]) in failed:
                self.link.reject(message, requeue=False)
            else:
                self.link.ack(message)

    def _read(self, message: Incoming) -> list[Delivery]:
        """Decode a message. Events of a batch that can't be decoded are dead-lettered alone."""
        deliveries, undecodable = read_deliveries(message, many=bool(self.batches_of))
        for raw, reason in undecodable:
            self.given_up.refuse(reason)
            self.given_up.publish(raw, {}, "")
        return deliveries

    def _holds(self, message: Incoming) -> bool:
        """Whether the message is still this handler's to acknowledge."""
        return not self.stopping and self.link.holds(message)

    def _attempt(self, deliveries: list[Delivery]) -> Exception | None:
        """Run the method once in a nameko worker; returns its exception, or None."""
        finished = eventlet.event.Event()

        def finish(worker_ctx: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
            # Committed in the worker's own green thread, before nameko tears the transaction down.
            finished.send(exc_info[1] if exc_info else self._commit(worker_ctx))
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
        return cast("Exception | None", finished.wait())

    def _commit(self, worker_ctx: Any) -> Exception | None:
        try:
            worker_ctx.service.commit_now()
        except Exception as error:
            if not isinstance(error, Unavailable):
                log.exception("committing %s failed", self.queue)
            return error
        return None


def handler_queues(service: type[Service]) -> set[str]:
    """The queues of a service's event handlers."""
    return {
        entrypoint.queue_of(service.name, name)
        for name in dir(service)
        for entrypoint in getattr(getattr(service, name), "nameko_entrypoints", ())
        if isinstance(entrypoint, Handler)
    }


def _recorded(
    service: Any, delivery: Any, work: Callable[[Any], Any], handler: str, inbox: Inbox
) -> Any:
    """What a handler's method returns; its event is recorded in the inbox before it or after."""
    if inbox is Inbox.FIRST:
        if not record(service, delivery, handler):
            return None
    elif not (delivery := without_replaced(service, delivery)):
        return None
    result = work(delivery)
    if inbox is Inbox.LAST:
        record(service, delivery, handler)
    if inbox is not Inbox.NONE:
        record_caused(service, delivery.event_id, handler)
    return result


def on(
    *names: str,
    batch: int = 0,
    inbox: Inbox = Inbox.FIRST,
    batches_of: str = "",
    gather: float = 0.0,
    ordered: bool = False,
    formerly: tuple[str, ...] = (),
    concerns: Callable[[str, Delivery], bool] | None = None,
) -> Callable[[F], F]:
    """Subscribe a method to the events ``names`` (AMQP topic patterns) of all services.

    The method gets a Delivery, or with ``batch`` a list of up to so many. ``batches_of`` subscribes
    to an exchange on which relays send many events in a message (``topology``). ``gather`` is how
    many seconds pass at least from one batch to the next, unless it is full or a call waits for an
    event that is handled here. ``ordered`` and ``formerly``: see the module's docstring.

    What such a method changes is waited for by those who wrote (``runtime.positions``) if the event
    names the service in ``handled_by``; the method then records it in the inbox, and is
    ``ordered`` unless the event is ``awaited``.

    ``concerns`` says of an event whether this service, of that name, has anything to do about it;
    if not, there is no transaction, and nobody must wait for it here.
    """

    def decorate(function: F) -> F:
        name = function.__name__

        @wraps(function)
        def run(self: Any, delivery: Any) -> Any:
            if concerns and not concerns(self.name, delivery):
                return None
            with as_service_errors():
                return _recorded(self, delivery, partial(function, self), name, inbox)

        options = {"batch": batch, "inbox": inbox, "batches_of": batches_of, "gather": gather}
        decorated = Handler.decorator(*names, ordered=ordered, formerly=formerly, **options)
        return cast("F", decorated(run))

    return decorate
