"""The partitions of the history: one a day, made ahead, dropped by age without a lock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from services.common.crud.resource_service import ResourceService
from services.common.runtime.scheduler import every
from services.crud.models.history import event_history_cut

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from services.crud.config import CrudSettings

#: Seconds between looks at the partitions.
ROUND_SECONDS: Final = 3600.0
#: Days for which partitions are made ahead.
AHEAD: Final = 2
#: One process at a time makes and drops partitions.
LOCK: Final = "SELECT pg_try_advisory_lock(hashtextextended('event_history partitions', 0))"
UNLOCK: Final = "SELECT pg_advisory_unlock(hashtextextended('event_history partitions', 0))"
EXISTING: Final = """
SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'event_history'::regclass
"""
PREFIX: Final = "event_history_"


class HistoryPartitionRpc(ResourceService):
    """Makes partitions ahead of time, and drops old ones."""

    settings: CrudSettings

    @every(ROUND_SECONDS)
    def keep_history_partitions(self) -> None:
        """Make the next days' partitions; drop those that are older than ``HISTORY_DAYS``."""
        # Not in a transaction: DETACH … CONCURRENTLY can't be, and nothing is to be held.
        engine = self.database.engine.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            if not connection.scalar(sa.text(LOCK)):
                return
            try:
                keep(connection, datetime.now(UTC).date(), self.settings.history_days)
            finally:
                connection.execute(sa.text(UNLOCK))


def keep(connection: Connection, today: date, days: int) -> None:
    """Make and drop partitions as of ``today``, on a connection without a transaction."""
    existing = set(connection.scalars(sa.text(EXISTING)))
    for ahead in range(AHEAD + 1):
        day = today + timedelta(days=ahead)
        if _name(day) not in existing:
            _make(connection, day)
    oldest = _name(today - timedelta(days=days))
    for name in sorted(existing):
        if name < oldest:
            _drop(connection, name)


def _name(day: date) -> str:
    return f"{PREFIX}{day:%Y%m%d}"


def _make(connection: Connection, day: date) -> None:
    name = _name(day)
    # Attached rather than made as a partition: that would lock out readers of the whole history.
    connection.exec_driver_sql(
        f"CREATE TABLE IF NOT EXISTS {name} (LIKE event_history INCLUDING ALL)"
    )
    connection.exec_driver_sql(
        f"ALTER TABLE event_history ATTACH PARTITION {name} "
        f"FOR VALUES FROM ('{day}T00:00Z') TO ('{day + timedelta(days=1)}T00:00Z')"
    )


def _drop(connection: Connection, name: str) -> None:
    last = connection.exec_driver_sql(f"SELECT max(position) FROM {name}").scalar()  # noqa: S608
    if last is not None:
        # Noted first: whoever reads in between learns of a gap, and doesn't miss one.
        connection.execute(sa.insert(event_history_cut).values(position=last))
        connection.execute(sa.delete(event_history_cut).where(event_history_cut.c.position < last))
    connection.exec_driver_sql(f"ALTER TABLE event_history DETACH PARTITION {name} CONCURRENTLY")
    connection.exec_driver_sql(f"DROP TABLE {name}")
