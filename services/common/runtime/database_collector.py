"""Database metrics that are read when Prometheus scrapes a service: pools, outbox, dead letters.

The service reads its outbox, not the relay: the figures must show a relay that is down.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

import eventlet
from prometheus_client.registry import Collector

from services.common.errors import Unavailable
from services.common.observability.metrics import (
    DEAD_LETTERS,
    OUTBOX_AGE,
    OUTBOX_ROWS,
    POOL_SIZE,
    POOL_USED,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import Metric

    from services.common.database.pools import Database

WAITING: Final = (
    "SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0) "
    "FROM outbox"
)
#: Seconds the database may take to answer before its figures are left out of a scrape.
SECONDS: Final = 0.4
GAUGES: Final = (POOL_SIZE, POOL_USED, OUTBOX_ROWS, OUTBOX_AGE, DEAD_LETTERS)


class DatabaseCollector(Collector):
    """Updates the gauges of one service's database at each scrape.

    A scrape takes ``SECONDS`` at most: without an answer in time the outbox gauges are absent, and
    all other metrics are served.
    """

    def __init__(self, service: str, database: Database, dead_letters: str = "") -> None:
        self.service, self.database, self.dead_letters = service, database, dead_letters
        self._lock = threading.Lock()

    def describe(self) -> Iterable[Metric]:
        """Names and labels; registering asks for them, before there is a database to ask."""
        return [metric for gauge in GAUGES for metric in gauge.describe()]

    def collect(self) -> Iterable[Metric]:
        """The gauges as they are now."""
        # Two scrapes at once share the gauges: without the lock, one would read what the other
        # has just cleared.
        with self._lock:
            self._look_at_pools()
            self._look_at_events()
            return [metric for gauge in GAUGES for metric in gauge.collect()]

    def _look_at_pools(self) -> None:
        for name, engine in self.database.engines.items():
            pool: Any = engine.pool
            POOL_SIZE.labels(name).set(pool.size())
            POOL_USED.labels(name).set(pool.checkedout())

    def _look_at_events(self) -> None:
        # Cleared first: an old figure must not be served as if it were current.
        for gauge in (OUTBOX_ROWS, OUTBOX_AGE, DEAD_LETTERS):
            gauge.clear()
        try:
            with eventlet.Timeout(SECONDS), self.database.read() as connection:
                rows, age = connection.exec_driver_sql(WAITING).one()
                if self.dead_letters:
                    count = f"SELECT count(*) FROM {self.dead_letters}"  # noqa: S608 - our table
                    letters = connection.exec_driver_sql(count).scalar_one()
                    DEAD_LETTERS.labels(self.service).set(letters)
        except (Unavailable, eventlet.Timeout):
            return
        OUTBOX_ROWS.labels(self.service).set(rows)
        OUTBOX_AGE.labels(self.service).set(max(0.0, float(age)))
