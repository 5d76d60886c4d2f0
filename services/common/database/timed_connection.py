"""Database connections that time each statement, for metrics, traces and the slow query log.

They subclass psycopg2's, so that SQLAlchemy's statements and direct ones are both timed. It costs
two or three microseconds a statement.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Final, cast

from psycopg2 import extensions

from services.common.database.connect_options import CONNECT_OPTIONS
from services.common.observability import tracing
from services.common.observability.metrics import SLOW_STATEMENTS, SQL_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

#: Characters of a statement that the slow query log shows.
SHOWN: Final = 2000
_statement_seconds: Final = SQL_SECONDS.labels("statement")
_commit_seconds: Final = SQL_SECONDS.labels("commit")


class TimedCursor(extensions.cursor):
    """Times what it executes. Logs and traces show statements without their values."""

    def execute(self, query: Any, values: Any = None) -> None:
        """Execute and time a statement."""
        self.run(query, values, query)

    def run(self, query: Any, values: Any, readable: Any) -> None:
        """Execute a query that traces and the slow query log show as ``readable``."""
        began = time.perf_counter()
        try:
            with tracing.span("sql", "client", statement=readable):
                super().execute(query, values)
        finally:
            seconds = time.perf_counter() - began
            _statement_seconds.observe(seconds)
            if seconds > cast("TimedConnection", self.connection).slow_seconds:
                _log_slow(readable, seconds)


class TimedConnection(extensions.connection):
    """Times its commits, and all its cursors time their statements."""

    slow_seconds: float = float("inf")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cursor_factory = TimedCursor

    def commit(self) -> None:
        """Commit and time it."""
        began = time.perf_counter()
        try:
            with tracing.span("commit", "client"):
                super().commit()
        finally:
            seconds = time.perf_counter() - began
            _commit_seconds.observe(seconds)
            if seconds > self.slow_seconds:
                _log_slow("COMMIT", seconds)


def timed(slow_seconds: float) -> Callable[..., TimedConnection]:
    """A connection factory; statements that take more than ``slow_seconds`` are logged."""

    def connect(*args: Any, **kwargs: Any) -> TimedConnection:
        connection = TimedConnection(*args, **kwargs)
        connection.slow_seconds = slow_seconds
        return connection

    return connect


def _log_slow(query: Any, seconds: float) -> None:
    SLOW_STATEMENTS.inc()
    text = query.decode("utf-8", "replace") if isinstance(query, bytes) else str(query)
    readable = " ".join(text[:SHOWN].split())
    log.warning("a statement took %.3f s", seconds, extra={"seconds": seconds, "sql": readable})


def connect_args(application: str, slow_seconds: float) -> dict[str, Any]:
    """What psycopg2 passes to libpq, and the class that times statements."""
    return {
        **CONNECT_OPTIONS,
        "connection_factory": timed(slow_seconds),
        "application_name": application,
        # One plan for all values of a prepared statement, from its first execution on: planning
        # takes longer than most of them run.
        "options": "-c plan_cache_mode=force_generic_plan",
    }
