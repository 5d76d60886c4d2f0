"""What a service shows of its database: the events that wait for the relay, and its pools.

The service looks, not the relay: a relay that is away is what the figures are to show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import eventlet

from services.common.errors import Unavailable
from services.common.observability.metrics import OUTBOX_AGE, OUTBOX_ROWS, pools

if TYPE_CHECKING:
    from services.common.database.transaction import Database

WAITING: Final = (
    "SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0) "
    "FROM outbox"
)
SECONDS: Final = 0.4
"""How long the database may take to answer before the figures are left out."""


def look(service: str, database: Database) -> None:
    """Bring the gauges up to date; what the database doesn't say is absent."""
    pools(database.engines)
    OUTBOX_ROWS.clear()
    OUTBOX_AGE.clear()
    try:
        with eventlet.Timeout(SECONDS), database.read() as connection:
            rows, age = connection.exec_driver_sql(WAITING).one()
    except (Unavailable, eventlet.Timeout):
        return
    OUTBOX_ROWS.labels(service).set(rows)
    OUTBOX_AGE.labels(service).set(max(0.0, float(age)))
