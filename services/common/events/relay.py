"""The relay: the process that publishes the outboxes.

``python -m services.common.events.relay [service …]``: for each service a thread that waits for the
NOTIFY of a commit, reads the outbox in order, publishes with pipelined confirms, and deletes what
the broker confirmed. One relay per service is active (advisory lock); others stand by. Delivery is
at least once: when the relay, the broker or the database dies, unconfirmed rows stay in the outbox
and are published again.

The batch size is halved after a failure, down to one event, and doubled after a success. An event
that the broker refuses permanently (larger than its ``max_message_size``) is set aside: it stays in
the outbox, where its age raises an alert, later events overtake it, and it is retried alone every
``SWEEP_SECONDS``.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final

import psycopg2
from psycopg2.extras import register_uuid

from services.common.config import ConfigError, ProcessSettings, ServiceSettings
from services.common.database.connect_options import CONNECT_OPTIONS
from services.common.events import batches, outbox
from services.common.observability import metrics, metrics_server, tracing
from services.common.observability.health_files import HealthFiles
from services.common.observability.log import configure
from services.common.wire.errors import BrokerLost
from services.common.wire.link import BACKOFF, QUIET_ATTEMPTS
from services.common.wire.publisher import Publisher
from services.common.wire.topology import (
    CHANGES,
    HISTORY,
    SERVICES,
    declare_exchanges,
    exchange_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.common.events.outbox import Row

log = logging.getLogger(__name__)

#: Events published before their confirms are awaited.
BATCH: Final = 500
#: Seconds of work after which a failure counts as the first one again, for the backoff.
LONG_ENOUGH: Final = 5.0
#: Seconds between looks at the outbox when no NOTIFY comes.
POLL_SECONDS: Final = 2.0
#: Least seconds from one round to the next: what commits meanwhile is published together.
LINGER_SECONDS: Final = 0.01
#: Seconds between removals of old inbox and idempotency rows, and between retries of events set
#: aside.
SWEEP_SECONDS: Final = 600.0
#: Seconds without a try after which a relay counts as stuck: longer than any of its timeouts.
STUCK_SECONDS: Final = 60.0
#: Seconds without a pass over the outbox after which a relay is not ready.
READY_SECONDS: Final = 10.0
#: Seconds between touches of the health files.
HEALTH_SECONDS: Final = 1.0
#: AMQP's reply code for a message over the broker's size limit.
PRECONDITION_FAILED: Final = 406
#: Retention by table: an older redelivery or retried request counts as new. ``gone_row`` refuses
#: references to deleted rows by whoever saw them before the delete: a request does so for its
#: deadline, some seconds, but an event that names a row may be handled days later.
RETENTION: Final = {
    "inbox": "7 days",
    "idempotency_key": "24 hours",
    "gone_row": "7 days",
    # Of transactions that emitted no event, or whose relay died; the others' are removed after
    # their events, which may have to wait for a broker.
    "row_change": "3 days",
}


class Relay(threading.Thread):
    """Moves one service's events from its outbox to its exchange."""

    def __init__(self, service: str, settings: ServiceSettings) -> None:
        super().__init__(name=f"relay {service}", daemon=True)
        self.service, self.settings = service, settings
        self.stopping = threading.Event()
        self.size = BATCH
        #: When it last did anything, even if it failed, and when it last reached what it needs.
        self.tried = self.passed = time.monotonic()
        #: Events that the broker refused permanently, with the time of the last attempt.
        self.aside: dict[int, float] = {}
        #: Transactions of published events, whose changes are still noted.
        self.told: set[int] = set()

    def run(self) -> None:
        """Relay until stopped; reconnect with a backoff when the database or broker is away."""
        attempt = 0
        while not self.stopping.is_set():
            began = time.monotonic()
            try:
                self._relay()
            except Exception as error:
                if not isinstance(error, (psycopg2.Error, OSError)):
                    log.exception("relay of %s restarts after an unexpected error", self.service)
                was_busy = time.monotonic() - began > LONG_ENOUGH
                attempt = 0 if was_busy else attempt + 1
                if was_busy or attempt == QUIET_ATTEMPTS:
                    kind = type(error).__name__
                    log.warning("relay of %s pauses: %s: %s", self.service, kind, error)
                self.tried = time.monotonic()
                self.stopping.wait(BACKOFF[min(attempt, len(BACKOFF) - 1)])

    def _relay(self) -> None:
        url = self.settings.database_url.replace("+psycopg2", "", 1)
        database = psycopg2.connect(url, **CONNECT_OPTIONS)
        try:
            register_uuid(conn_or_curs=database)  # type: ignore[no-untyped-call]
            # LISTEN gets its notifications between transactions only, and an open one would hold
            # back vacuum.
            database.autocommit = True
            self._take_over(database)
            publisher = Publisher(self.settings.amqp_uri, declare_exchanges, name=self.name)
            try:
                self._pump(database, publisher)
            finally:
                publisher.close()
        finally:
            database.close()

    def _take_over(self, database: Any) -> None:
        """Wait for the advisory lock that makes this the active relay, then LISTEN."""
        with database.cursor() as cursor:
            while not self.stopping.is_set():
                # A session lock: PostgreSQL releases it when this connection ends, however this
                # process dies. Two active relays would publish everything twice, and out of order.
                cursor.execute(
                    "SELECT pg_try_advisory_lock(hashtext('outbox ' || current_schema()))"
                )
                locked = cursor.fetchone()[0]
                self._note_pass()
                if locked:
                    break
                self.stopping.wait(POLL_SECONDS)
            cursor.execute(f"LISTEN outbox_{self.service}")
            # A deletion that is lost in a crash of the database means that an event is published
            # again, which consumers expect; so no fsync has to be waited for.
            cursor.execute("SET synchronous_commit = off")

    def _pump(self, database: Any, publisher: Publisher) -> None:
        swept = -SWEEP_SECONDS
        while not self.stopping.is_set():
            # Until a batch is not full: notifications that came meanwhile are for rows it has read
            # already.
            while self._batch(database, publisher):
                self._note_pass()
            self._note_pass()
            ended = time.monotonic()
            if ended - swept > SWEEP_SECONDS:
                swept = ended
                self._sweep(database)
            self._retry_set_aside(database, publisher)
            self._sleep(database, publisher)
            self.stopping.wait(max(0.0, ended + LINGER_SECONDS - time.monotonic()))

    def _note_pass(self) -> None:
        self.tried = self.passed = time.monotonic()

    def _batch(self, database: Any, publisher: Publisher) -> bool:
        """Publish and delete up to ``size`` rows; returns whether there may be more."""
        size = self.size
        with database.cursor() as cursor:
            events = outbox.read(cursor, size, self.aside)
        self._relay_these(events, database, publisher)
        self.size = min(BATCH, 2 * size)
        # Not between full batches: the whole outbox is read for it, and they may be of one
        # transaction.
        if len(events) < size:
            with database.cursor() as cursor:
                outbox.forget(cursor, self.told)
            self.told.clear()
        return len(events) == size

    def _retry_set_aside(self, database: Any, publisher: Publisher) -> None:
        """Retry one event that the broker refused: its limit may have been raised since."""
        due_before = time.monotonic() - SWEEP_SECONDS
        number = next((ident for ident, tried in self.aside.items() if tried < due_before), None)
        if number is None:
            return
        # Set aside again if it is refused again, with a new time. The broker closes the connection
        # over it, so it is alone in its batch.
        del self.aside[number]
        with database.cursor() as cursor:
            events = outbox.read_one(cursor, number)
        self._relay_these(events, database, publisher)

    def _relay_these(self, events: list[Row], database: Any, publisher: Publisher) -> None:
        """Publish rows, then delete them. Raises OSError if the broker does not confirm them."""
        try:
            published = [row for event in events if (row := self._publish(publisher, event))]
            # In the same confirm as the events themselves: all are in the broker before the rows
            # are deleted.
            for message in batches.for_log(self.service, published):
                publisher.add(message, HISTORY, "")
            for message in batches.with_changes(self.service, published):
                publisher.add(message, CHANGES, "")
            publisher.confirm()
        except OSError as error:
            if isinstance(error, BrokerLost) and error.code == PRECONDITION_FAILED:
                self._isolate(events, str(error))
            # Every event of the failed batch may have arrived: a smaller one repeats fewer.
            self.size = max(1, len(events) // 2)
            raise
        if published:
            with database.cursor() as cursor:
                outbox.remove(cursor, published)
            self.told.update(row.tx for row in published if row.tx is not None)
            metrics.published(self.service, [event.time for event in published])

    def _isolate(self, events: list[Row], reason: str) -> None:
        """Set aside the event that the broker refused, once halving has isolated it."""
        if len(events) == 1:
            self._set_aside(events[0], reason)

    def _set_aside(self, event: Row, reason: str) -> None:
        self.aside[event.id] = time.monotonic()
        extra = {"event_id": str(event.event_id), "event": event.name, "reason": reason}
        log.error("an event of %s can't be published; set aside", self.service, extra=extra)

    def _publish(self, publisher: Publisher, event: Row) -> Row | None:
        """Buffer one event; returns it with the span's traceparent, None if it can't be sent."""
        headers = {
            "event_id": str(event.event_id),
            "time": event.time,
            "stored": "1" if event.stored else "0",
            **event.headers,
        }
        for name in ("actor_id", "project_id", "request_id"):
            if (value := getattr(event, name)) is not None:
                headers[name] = str(value)
        with tracing.span(f"publish {event.name}", "producer", event.traceparent):
            try:
                publisher.add(
                    event.payload,
                    exchange_of(self.service),
                    event.name,
                    message_id=headers["event_id"],
                    headers=headers | tracing.headers(),
                )
            # Its properties exceed a frame, or its name is too long: a retry would not help.
            except ValueError as error:
                self._set_aside(event, str(error))
                return None
            return event._replace(traceparent=tracing.traceparent())

    def _sleep(self, database: Any, publisher: Publisher) -> None:
        """Wait for the NOTIFY of a commit, or for ``POLL_SECONDS`` in case one was lost."""
        while not self.stopping.is_set():
            readable, _, _ = select.select([database, publisher], [], [], POLL_SECONDS)
            # The idle connection must be read, too: for the broker's heartbeats, and to notice its
            # end.
            if publisher in readable:
                publisher.read()
            publisher.beat()
            database.poll()
            if database.notifies or not readable:
                database.notifies.clear()
                return

    @staticmethod
    def _sweep(database: Any) -> None:
        with database.cursor() as cursor:
            for table, age in RETENTION.items():
                cursor.execute(
                    f"DELETE FROM {table} WHERE created_at < now() - %s::interval",  # noqa: S608
                    (age,),
                )


def main(names: Sequence[str], environ: Any, stop: threading.Event) -> None:
    """Run the relays of ``names`` (default: all services) until ``stop``. Raises ConfigError."""
    services = names or SERVICES
    relays = [Relay(name, ServiceSettings.for_service(name, environ)) for name in services]
    settings = ProcessSettings.for_service("relay", environ)
    configure("relay", settings.log_level, settings.log_format)
    tracing.configure("relay", settings.otel_exporter_otlp_endpoint)
    metrics_server.start(settings.metrics_host, settings.metrics_port)
    for relay in relays:
        relay.start()
    log.info("relaying the events of %s", ", ".join(services))
    health = HealthFiles(settings.health_dir)
    while not stop.wait(HEALTH_SECONDS):
        now = time.monotonic()
        # A relay that waits for a database or a broker is alive: restarting it would not bring them
        # back. One that neither works nor fails is stuck.
        if all(relay.is_alive() and now - relay.tried < STUCK_SECONDS for relay in relays):
            health.touch("alive")
        # A standby is ready, too: it looks for its turn in the database.
        if all(now - relay.passed < READY_SECONDS for relay in relays):
            health.touch("ready")
    for relay in relays:
        relay.stopping.set()
    for relay in relays:
        relay.join(timeout=POLL_SECONDS + 1)


if __name__ == "__main__":
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        main(sys.argv[1:], os.environ, stop)
    except ConfigError as error:
        sys.exit(str(error))
