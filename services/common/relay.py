"""The process that publishes the outbox.

``python -m services.common.relay [service …]``: for each service a thread that waits for the
NOTIFY of a commit, reads the outbox in order, publishes with pipelined confirms, and deletes what
the broker confirmed. One relay per service is active (advisory lock); another may stand by. Nothing
is lost when it, the broker or the database dies: an unconfirmed row stays, and is sent again.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import psycopg2
from amqp import Message
from kombu import Connection
from psycopg2.extras import register_uuid

from services.common.amqp import BACKOFF, BROKEN, QUIET_ATTEMPTS
from services.common.config import ConfigError, ServiceSettings
from services.common.log import configure
from services.common.signs import Signs
from services.common.topology import SERVICES, declare_exchanges, exchange_of
from services.common.versions import STUDIO

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger(__name__)

BATCH: Final = 500
LONG_ENOUGH: Final = 5.0
POLL_SECONDS: Final = 2.0
SWEEP_SECONDS: Final = 600.0
SIGN_SECONDS: Final = 1.0
KEPT: Final = {"inbox": "7 days", "idempotency_key": "24 hours"}
SELECT: Final = (
    "SELECT id, event_id, name, payload, actor_id, project_id, request_id, stored, "
    "to_char(created_at AT TIME ZONE 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US') "
    "FROM outbox ORDER BY id LIMIT %s"
)

FOLD: Final = """
WITH sent AS (DELETE FROM outbox WHERE id = ANY(%s) RETURNING project_id)
INSERT INTO change_count AS known (project_id, changes)
SELECT coalesce(project_id, %s::uuid), count(*) FROM sent GROUP BY 1
ON CONFLICT (project_id) DO UPDATE SET changes = known.changes + excluded.changes
"""
"""What was confirmed leaves the outbox and is counted, in one statement: see ``versions``."""


class Confirms:
    """The broker's confirms on one channel, so that a batch waits once.

    They come in any order, alone or for all up to a tag, so the tags not yet confirmed are kept.
    """

    def __init__(self, channel: Any) -> None:
        self.published = 0
        self.open: set[int] = set()
        self.refused = False
        channel.confirm_select()
        channel.events["basic_ack"].add(self._ack)
        channel.events["basic_nack"].add(self._nack)

    def expect(self) -> None:
        """One more message was published."""
        self.published += 1
        self.open.add(self.published)

    def _ack(self, tag: int, multiple: bool) -> None:
        if multiple:
            self.open = {number for number in self.open if number > tag}
        else:
            self.open.discard(tag)

    def _nack(self, _tag: int, _multiple: bool) -> None:
        self.refused = True

    def wait(self, connection: Any, timeout: float = 10.0) -> None:
        """Until all that was published is confirmed. Raises OSError when it isn't."""
        end = time.monotonic() + timeout
        while self.open:
            if self.refused or time.monotonic() > end:
                message = "the broker did not confirm"
                raise OSError(message)
            connection.drain_events(timeout=timeout)


class Relay(threading.Thread):
    """Moves one service's events from its outbox to its exchange."""

    def __init__(self, service: str, settings: ServiceSettings) -> None:
        super().__init__(name=f"relay {service}", daemon=True)
        self.service, self.settings = service, settings
        self.stopping = threading.Event()

    def run(self) -> None:
        """Relay until stopped; start over, with pauses, when the database or broker is away."""
        attempt = 0
        while not self.stopping.is_set():
            began = time.monotonic()
            try:
                self._relay()
            except (psycopg2.Error, *BROKEN) as error:
                worked = time.monotonic() - began > LONG_ENOUGH
                attempt = 0 if worked else attempt + 1
                if worked or attempt == QUIET_ATTEMPTS:
                    log.warning("relay of %s pauses: %s", self.service, type(error).__name__)
                self.stopping.wait(BACKOFF[min(attempt, len(BACKOFF) - 1)])

    def _relay(self) -> None:
        database = psycopg2.connect(
            self.settings.database_url.replace("+psycopg2", "", 1), connect_timeout=2
        )
        try:
            register_uuid(conn_or_curs=database)  # type: ignore[no-untyped-call]
            database.autocommit = True
            self._take_over(database)
            with Connection(
                self.settings.amqp_uri, heartbeat=10, connect_timeout=2,
                transport_options={"client_properties": {"connection_name": self.name}},
            ) as broker:  # fmt: skip
                broker.ensure_connection(max_retries=1, timeout=2)
                channel = broker.channel()
                declare_exchanges(channel)
                self._pump(database, broker.connection, channel)
        finally:
            database.close()

    def _take_over(self, database: Any) -> None:
        """Become the active relay of this outbox, then listen."""
        with database.cursor() as cursor:
            while not self.stopping.is_set():
                cursor.execute(
                    "SELECT pg_try_advisory_lock(hashtext('outbox ' || current_schema()))"
                )
                if cursor.fetchone()[0]:
                    break
                self.stopping.wait(POLL_SECONDS)
            cursor.execute(f"LISTEN outbox_{self.service}")

    def _pump(self, database: Any, broker: Any, channel: Any) -> None:
        confirms = Confirms(channel)
        swept = 0.0
        while not self.stopping.is_set():
            while self._batch(database, broker, channel, confirms) == BATCH:
                pass
            if time.monotonic() - swept > SWEEP_SECONDS:
                swept = time.monotonic()
                self._sweep(database)
            self._sleep(database, broker)

    def _batch(self, database: Any, broker: Any, channel: Any, confirms: Confirms) -> int:
        """Publish and delete up to BATCH rows; answer how many."""
        with database.cursor() as cursor:
            cursor.execute(SELECT, (BATCH,))
            rows = cursor.fetchall()
            if not rows:
                return 0
            for row in rows:
                self._publish(channel, row)
                confirms.expect()
            confirms.wait(broker)
            cursor.execute(FOLD, ([row[0] for row in rows], str(STUDIO)))
        return len(rows)

    def _publish(self, channel: Any, row: Sequence[Any]) -> None:
        _, event_id, name, payload, actor_id, project_id, request_id, stored, when = row
        headers = {"event_id": str(event_id), "time": when, "stored": "1" if stored else "0"}
        optional = {"actor_id": actor_id, "project_id": project_id, "request_id": request_id}
        headers |= {key: str(value) for key, value in optional.items() if value is not None}
        message = Message(
            payload,
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=2,
            message_id=str(event_id),
            application_headers=headers,
        )
        # The plain publish: py-amqp's confirming one waits for each message by itself.
        channel._basic_publish(message, exchange_of(self.service), name)  # noqa: SLF001

    def _sleep(self, database: Any, broker: Any) -> None:
        """Until a commit notifies, or for the slow poll that stands behind it."""
        while not self.stopping.is_set():
            readable, _, _ = select.select([database, broker.sock], [], [], POLL_SECONDS)
            if broker.sock in readable:
                with suppress(TimeoutError):
                    broker.drain_events(timeout=0.01)
            broker.heartbeat_tick()
            database.poll()
            if database.notifies or not readable:
                database.notifies.clear()
                return

    @staticmethod
    def _sweep(database: Any) -> None:
        with database.cursor() as cursor:
            for table, age in KEPT.items():
                cursor.execute(
                    f"DELETE FROM {table} WHERE created_at < now() - %s::interval",  # noqa: S608
                    (age,),
                )


def main(names: Sequence[str], environ: Any, stop: threading.Event) -> None:
    """Run the relays of ``names`` until told to stop."""
    wanted = names or SERVICES
    relays = [Relay(name, ServiceSettings.for_service(name, environ)) for name in wanted]
    configure("relay", relays[0].settings.log_level, relays[0].settings.log_format)
    for relay in relays:
        relay.start()
    log.info("relaying the events of %s", ", ".join(wanted))
    signs = Signs(relays[0].settings.signs_dir)
    while not stop.wait(SIGN_SECONDS):
        if all(relay.is_alive() for relay in relays):
            signs.give("alive")
            signs.give("ready")  # one that stands by is ready, too
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
