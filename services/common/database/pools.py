"""A service's connection pools: how statements reach PostgreSQL outside of a transaction."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

import psycopg2
import sqlalchemy as sa
from sqlalchemy import event as sa_event
from sqlalchemy.exc import DisconnectionError, InvalidatePoolError
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from services.common.database.prepared import PreparedStatements, Statement
from services.common.database.sql_errors import as_service_errors
from services.common.database.sql_types import Select
from services.common.database.timed_connection import connect_args
from services.common.observability.log import REQUEST_ID, request_id
from services.common.observability.metrics import POOL_WAITS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import Counter
    from sqlalchemy.engine import Connection, Engine
    from sqlalchemy.pool import ConnectionPoolEntry

#: Seconds without use after which a pooled connection is pinged before it is used.
IDLE_SECONDS_BEFORE_PING: Final = 5.0
#: The execution option that holds a setting for the statement alone, such as ``"jit = off"``.
SET_LOCAL: Final = "set_local"


def with_driver(url: str) -> sa.URL:
    """The URL for SQLAlchemy, with the driver that eventlet's patch makes yield."""
    return sa.make_url(url).set(drivername="postgresql+psycopg2")


def plain_url(url: str) -> str:
    """The URL for libpq, without SQLAlchemy's driver suffix."""
    return with_driver(url).set(drivername="postgresql").render_as_string(hide_password=False)


class CountingPool(QueuePool):
    """A QueuePool that counts how often a caller had to wait for a connection."""

    waits: Counter

    def _do_get(self) -> ConnectionPoolEntry:
        if self.checkedout() >= self.size():
            self.waits.inc()
        return super()._do_get()

    def recreate(self) -> CountingPool:
        """The pool that replaces this one after ``dispose``; it keeps the counter."""
        pool = cast("CountingPool", super().recreate())
        pool.waits = self.waits
        return pool


class Database:
    """A service's two connection pools: for single-statement reads, and for transactions.

    Reading connections stay in autocommit, so checkout and checkin need no round trip. An idle one
    is pinged before use, so a restart of the database costs no request.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        application: str = "callboard",
        slow_seconds: float = float("inf"),
    ) -> None:
        options: dict[str, Any] = {
            "pool_size": pool_size,
            "max_overflow": 0,
            # Less than a caller's deadline: a busy pool is reported as such, not as a service that
            # is away.
            "pool_timeout": 1.5,
            # The connection used last first: fewer of them get idle and must be pinged.
            "pool_use_lifo": True,
            "poolclass": CountingPool,
            "connect_args": connect_args(application, slow_seconds),
        }
        self.engine: Engine = sa.create_engine(with_driver(url), **options)
        self.reading: Engine = sa.create_engine(
            with_driver(url), isolation_level="AUTOCOMMIT", pool_reset_on_return=None, **options
        )
        self.statements = PreparedStatements(self.engine.dialect)
        self.engines = {"transactions": self.engine, "reads": self.reading}
        for name, engine in self.engines.items():
            cast("CountingPool", engine.pool).waits = POOL_WAITS.labels(name)
            sa_event.listen(engine, "checkout", _probe_when_idle)
            sa_event.listen(engine, "checkin", _note_use)
            sa_event.listen(engine, "before_cursor_execute", _tag, retval=True)

    def session(self) -> Session:
        """A session for one transaction, on a connection of its own."""
        # Not expired at commit: methods build their answer from rows that have committed.
        return Session(self.engine, expire_on_commit=False)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection without a transaction: each statement sees the newest committed state.

        Raises Unavailable when the database doesn't answer.
        """
        with as_service_errors(), self.reading.connect() as connection:
            yield connection

    def text(self, statement: Select, **parameters: object) -> str | None:
        """The single text value that ``statement`` selects, past SQLAlchemy's execution.

        For reads that run a thousand times a second: the SQL is compiled once, prepared once on
        each connection and executed by psycopg2 directly, which halves the cost of a read. The
        statement must be one of a few that are built once. Raises Unavailable.
        """
        value: str | None = self.scalar(statement, **parameters)
        return value

    def scalar(self, statement: Statement, **parameters: object) -> Any:
        """The first value that a prepared statement selects, or None. Raises Unavailable."""
        rows = self.rows(statement, **parameters)
        return rows[0][0] if rows else None

    def rows(self, statement: Statement, **parameters: object) -> list[tuple[Any, ...]]:
        """The rows that a prepared statement selects. Raises Unavailable."""
        with as_service_errors():
            connection: Any = self.reading.raw_connection()
            try:
                cursor = connection.dbapi_connection.cursor()
                call = self.statements.render(cursor, connection.info, statement, parameters)
                cursor.run(tagged(call.message), None, call.readable)
                result = list(cursor.fetchall())
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                # One lost connection usually means that the database restarted: the others would
                # fail one by one.
                connection.invalidate()
                self.reading.dispose()
                raise
            finally:
                connection.close()
        return result

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
        self.reading.dispose()


def tagged(sql: str) -> str:
    """The statement with its request id as a comment, for PostgreSQL's log and activity view."""
    ident = request_id.get()
    # Ids are validated where they enter the process. Checked again: anything else would be SQL
    # injection, wherever it came from.
    return f"{sql} /* {ident} */" if REQUEST_ID.fullmatch(ident) else sql


def _tag(
    _connection: Any, _cursor: Any, statement: str, parameters: Any, context: Any, _many: bool
) -> tuple[str, Any]:
    # Sent together, both are one transaction, also on a connection in autocommit: the setting ends
    # with the statement, and takes no round trip.
    setting = context.execution_options.get(SET_LOCAL)
    text = f"SET LOCAL {setting}; {statement}" if setting else statement
    return tagged(text), parameters


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used"] = time.monotonic()


def _probe_when_idle(connection: Any, record: Any, _proxy: Any) -> None:
    # A deadline that ends a call in the midst of a statement closes its connection (psycopg2 can
    # do nothing else with it). The others are well: only this one is replaced.
    if connection.closed:
        raise DisconnectionError
    if time.monotonic() - record.info.get("used", 0.0) < IDLE_SECONDS_BEFORE_PING:
        return
    # New: it was connected a moment ago.
    if "used" not in record.info:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not connection.autocommit:
            connection.rollback()
    except Exception as error:
        # One dead connection means that all are dead: the database was restarted.
        raise InvalidatePoolError from error
