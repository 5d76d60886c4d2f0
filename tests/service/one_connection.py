"""A service's database on one connection, whose writes are rolled back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from services.common.bulk.importing import ServiceImport
from services.common.bulk.suspended_constraints import ForeignKeys
from services.common.database.pools import Database, with_driver
from services.common.database.timed_connection import TimedConnection


class Lasting(TimedConnection):
    """A connection whose transaction only ``undo`` ends."""

    def commit(self) -> None:
        """Do nothing: a service's commit releases a savepoint of this transaction."""

    def rollback(self) -> None:
        """Do nothing, as ``commit``."""

    def undo(self) -> None:
        """Roll everything back."""
        super().rollback()


#: Of the current transaction, which is the whole test. Each call asks twice, and the view
#: ``pg_stat_xact_user_tables`` takes longer than most calls, for it counts index scans too.
CHANGES = """
SELECT relname, count FROM (
  SELECT relname, pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
    + pg_stat_get_xact_tuples_deleted(oid) AS count
  FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
  OFFSET 0
) AS counted WHERE count > 0
"""


class OneConnection(Database):
    """The database of one service. Its transactions are savepoints in one that never commits.

    What it reads outside a transaction, it reads on the same connection: with autocommit's eyes,
    except that it sees what is not committed yet.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.engine = self.reading = sa.create_engine(
            with_driver(url),
            poolclass=StaticPool,
            pool_reset_on_return=None,
            connect_args={
                "connection_factory": Lasting,
                "options": "-c plan_cache_mode=force_generic_plan",
            },
        )
        self.outer = self.engine.connect()

    @property
    def raw(self) -> Lasting:
        """The psycopg2 connection."""
        result = self.outer.connection.dbapi_connection
        assert isinstance(result, Lasting)
        return result

    def session(self) -> Session:
        """A session whose transaction is a savepoint."""
        return Session(self.outer, expire_on_commit=False, join_transaction_mode="create_savepoint")

    def fill(self, service: str, tables: Mapping[str, list[dict[str, Any]]]) -> None:
        """Import the rows of this service's tables; other tables are skipped."""
        complaints: list[Any] = []

        def complain(*found: Any) -> None:
            complaints.append(found)

        part = ServiceImport(service, "postgresql://", replace=False, complain=complain)
        part.connection, part.cursor = self.raw, self.raw.cursor()
        part.keys = ForeignKeys(part.cursor)
        part.begin()
        for name, rows in tables.items():
            if name in part.tables and rows:
                part.add(name, rows)
        part.keys.restore()
        assert not complaints

    def changes(self) -> dict[str, int]:
        """How many rows were inserted, updated and deleted so far, by table."""
        with self.read() as connection:
            return {str(name): int(count) for name, count in connection.exec_driver_sql(CHANGES)}

    def undo(self) -> None:
        """Take back everything that was written since the last time."""
        if self.outer.in_transaction():
            self.outer.rollback()
        self.raw.undo()
        self.outer.begin()

    def close(self) -> None:
        """Roll everything back and close the connection."""
        self.undo()
        self.outer.close()
        self.engine.dispose()
