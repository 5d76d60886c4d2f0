"""Database connections that time each statement: for the metrics, the traces, the slow log.

psycopg2's own classes, so that every way to the database passes here: SQLAlchemy's and the direct
one. A statement costs two or three microseconds more.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Final, cast

from psycopg2 import extensions

from services.common.observability import tracing
from services.common.observability.metrics import SLOW_STATEMENTS, SQL_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

#: Characters of a statement that the slow log and the traces show.
SHOWN: Final = 2000
_statement_seconds: Final = SQL_SECONDS.labels("statement")
_commit_seconds: Final = SQL_SECONDS.labels("commit")


class TimedCursor(extensions.cursor):
    """Times what it executes; the statement's values are never shown."""

    def execute(self, query: Any, values: Any = None) -> None:
        """As psycopg2's."""
        self.run(query, values, query)

    def run(self, query: Any, values: Any, shown: Any) -> None:
        """Execute a query that traces and the slow log shall show as ``shown``."""
        began = time.perf_counter()
        try:
            with tracing.span("sql", "client", statement=shown):
                super().execute(query, values)
        finally:
            seconds = time.perf_counter() - began
            _statement_seconds.observe(seconds)
            if seconds > cast("TimedConnection", self.connection).slow_seconds:
                _tell(shown, seconds)


class TimedConnection(extensions.connection):
    """Times its commits, and all its cursors time their statements."""

    slow_seconds: float = float("inf")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cursor_factory = TimedCursor

    def commit(self) -> None:
        """As psycopg2's."""
        began = time.perf_counter()
        try:
            with tracing.span("commit", "client"):
                super().commit()
        finally:
            seconds = time.perf_counter() - began
            _commit_seconds.observe(seconds)
            if seconds > self.slow_seconds:
                _tell("COMMIT", seconds)


def timed(slow_seconds: float) -> Callable[..., TimedConnection]:
    """What makes connections that complain of statements slower than that."""

    def connect(*args: Any, **kwargs: Any) -> TimedConnection:
        connection = TimedConnection(*args, **kwargs)
        connection.slow_seconds = slow_seconds
        return connection

    return connect


def _tell(query: Any, seconds: float) -> None:
    SLOW_STATEMENTS.inc()
    text = query.decode("utf-8", "replace") if isinstance(query, bytes) else str(query)
    shown = " ".join(text[:SHOWN].split())
    log.warning("a statement took %.3f s", seconds, extra={"seconds": seconds, "sql": shown})
