"""Reaching the database: the pools, and the transaction in which a change and its events commit."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import UUID, uuid4

import msgspec
import psycopg2
import sqlalchemy as sa
from sqlalchemy import event as sa_event
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, InvalidRequestError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from services.common.errors import Integrity, NotFound, ServiceError, Unavailable
from services.common.log import request_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection, Engine

    from services.common.contracts import Event
    from services.common.permissions import Actor

T = TypeVar("T")
IDLE_SECONDS_BEFORE_PING: Final = 5.0


def with_driver(url: str) -> sa.URL:
    """The URL for SQLAlchemy, whose own default driver would block the hub."""
    return sa.make_url(url).set(drivername="postgresql+psycopg2")


def plain_url(url: str) -> str:
    """The URL as libpq reads it."""
    return with_driver(url).set(drivername="postgresql").render_as_string(hide_password=False)


class Database:
    """One service's connections: a pool for single-statement reads, one for transactions.

    Reading connections stay in autocommit, so that taking and giving back one costs nothing on
    the wire. One that sat idle is probed before use: a restarted database costs no request.
    """

    def __init__(self, url: str, *, pool_size: int = 10, application: str = "callboard") -> None:
        options: dict[str, Any] = {
            "pool_size": pool_size,
            "max_overflow": 0,
            "pool_timeout": 1.5,
            "pool_use_lifo": True,
            "connect_args": {
                "connect_timeout": 2,
                "application_name": application,
                "keepalives_idle": 5,
                "keepalives_interval": 2,
                "keepalives_count": 2,
                "tcp_user_timeout": 5000,
            },
        }
        self.engine: Engine = sa.create_engine(with_driver(url), **options)
        self.reading: Engine = sa.create_engine(
            with_driver(url), isolation_level="AUTOCOMMIT", pool_reset_on_return=None, **options
        )
        self._compiled: dict[sa.Select[Any], tuple[str, dict[str, Any]]] = {}
        for engine in (self.engine, self.reading):
            sa_event.listen(engine, "checkout", _probe_when_idle)
            sa_event.listen(engine, "checkin", _note_use)
            sa_event.listen(engine, "before_cursor_execute", _tag, retval=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection without a transaction: each statement sees the newest committed state.

        Raises Unavailable when the database doesn't answer.
        """
        with translated(), self.reading.connect() as connection:
            yield connection

    def text(self, statement: sa.Select[Any], **parameters: Any) -> str | None:
        """The one text that ``statement`` selects, on the shortest path there is.

        For the reads that come a thousand times a second: the SQL is compiled once and handed to
        psycopg2 directly, which halves what a read costs: so it is one of a few that are made once.
        Raises Unavailable.
        """
        sql, constants = self.prepared(statement)
        found: str | None = self.scalar(sql, **{**constants, **parameters})
        return found

    def scalar(self, sql: str, **parameters: Any) -> Any:
        """The one value that hand-written SQL selects, on the same path. Raises Unavailable."""
        with translated():
            connection = self.reading.raw_connection()
            try:
                cursor = connection.cursor()
                cursor.execute(tagged(sql), parameters)
                row = cursor.fetchone()
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                connection.invalidate()
                self.reading.dispose()
                raise
            finally:
                connection.close()
        return row[0] if row else None

    def prepared(self, statement: sa.Select[Any]) -> tuple[str, dict[str, Any]]:
        """The statement as psycopg2 takes it, and its constants; compiled once."""
        found = self._compiled.get(statement)
        if found is None:
            compiled = statement.compile(
                dialect=self.engine.dialect, compile_kwargs={"render_postcompile": True}
            )
            found = self._compiled[statement] = (str(compiled), dict(compiled.params))
        return found

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
        self.reading.dispose()


def tagged(sql: str) -> str:
    """The statement with its request's id, as PostgreSQL's logs and activity view show it."""
    ident = request_id.get()
    return f"{sql} /* {ident} */" if ident else sql


def _tag(
    _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    return tagged(statement), parameters


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used"] = time.monotonic()


def _probe_when_idle(connection: Any, record: Any, _proxy: Any) -> None:
    if time.monotonic() - record.info.get("used", 0.0) < IDLE_SECONDS_BEFORE_PING:
        return
    if "used" not in record.info:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not connection.autocommit:
            connection.rollback()
    except Exception as error:
        # One that is dead means that all are: the database was restarted.
        raise InvalidatePoolError from error


UNIQUE, FOREIGN, NOT_NULL, CHECK = "23505", "23503", "23502", "23514"
MESSAGES: Final = {
    UNIQUE: "A record with the same unique values already exists.",
    FOREIGN: "The change conflicts with records referencing this one.",
    NOT_NULL: "A required field is missing.",
    CHECK: "The data conflicts with database integrity rules.",
}
AWAY: Final = frozenset({"08", "40", "53", "55", "57"})
"""Classes of SQLSTATE that say: not now. Connection, rollback, resources, locks, shutdown."""
NUL: Final = "NUL (0x00)"
"""What psycopg2 says of a text that PostgreSQL could not hold, before it asks."""
BAD_VALUE: Final = "One of the provided values has an invalid format."


@contextmanager
def translated() -> Iterator[None]:
    """Turn the database's complaints into the kinds of ``errors``; its text never leaves here."""
    try:
        yield
    except (DBAPIError, InvalidRequestError, PoolTimeoutError, ValueError, psycopg2.Error) as error:
        known = _known(error)
        if known is None:
            raise
        raise known from error


def _known(error: Exception) -> ServiceError | None:
    """What a complaint means to a caller; None if it is a fault of ours."""
    if isinstance(error, PoolTimeoutError):
        return Unavailable("The database is busy.")
    away = Unavailable("The database does not answer.")
    if isinstance(error, DBAPIError | psycopg2.Error):
        code = str(getattr(getattr(error, "orig", error), "pgcode", None) or "")
        if code in MESSAGES:
            return Integrity(MESSAGES[code])
        if code.startswith("22"):
            return Integrity(BAD_VALUE)
        return away if not code or code[:2] in AWAY else None
    if isinstance(error, InvalidRequestError):
        return away if "closed" in str(error) or "invalid" in str(error) else None
    return Integrity(BAD_VALUE) if NUL in str(error) else None


OUTBOX: Final = """
INSERT INTO outbox (event_id, name, payload, actor_id, project_id, request_id, stored)
SELECT event_id, name, payload, actor_id, project_id, request_id, stored
FROM ROWS FROM (json_to_recordset(%(events)s) AS (event_id uuid, name text, payload text,
  actor_id uuid, project_id uuid, request_id text, stored boolean)) WITH ORDINALITY AS event(
  event_id, name, payload, actor_id, project_id, request_id, stored, place)
ORDER BY place
"""


class Transaction:
    """One unit of work: nothing is sent to the database before the first statement.

    Whoever opened it commits: the RPC or event entrypoint, after the method returned.
    """

    def __init__(
        self, database: Database, *, actor: Actor, request_id: str = "", caller: str = ""
    ) -> None:
        self.database = database
        self.caller = caller
        self.actor = actor
        self.request_id = request_id
        self.opening: Callable[[Session], None] | None = None
        """What is done first of all, once the transaction begins."""
        self._session: Session | None = None
        self._events: list[dict[str, Any]] = []

    @property
    def opened(self) -> bool:
        """Whether a connection is held."""
        return self._session is not None

    @property
    def session(self) -> Session:
        """The session of this transaction, begun at first use."""
        if self._session is None:
            self._session = Session(self.database.engine, autoflush=True, expire_on_commit=False)
            if self.opening is not None:
                self.opening(self._session)
        return self._session

    @property
    def connection(self) -> Connection:
        """The transaction's connection, for statements about tables rather than objects."""
        return self.session.connection()

    def run(self, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """The rows of hand-written SQL, handed to psycopg2 directly: for what must be quick.

        Ids go in as text and come out as such.
        """
        connection = self.connection
        try:
            cursor: Any = connection.connection.cursor()
            cursor.execute(tagged(sql), parameters)
            return cursor.fetchall() if cursor.description else []
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            if getattr(connection.connection.dbapi_connection, "closed", True):
                connection.invalidate(error)
                self.database.engine.dispose()
            raise

    def text(self, statement: sa.Select[Any], **parameters: Any) -> str | None:
        """The one text that ``statement`` selects, as ``Database.text``, in this transaction."""
        sql, constants = self.database.prepared(statement)
        rows = self.run(sql, **{**constants, **parameters})
        return rows[0][0] if rows else None

    def get(self, model: type[T], ident: UUID, *, lock: bool = False) -> T:
        """The row with that id, locked for update if asked. Raises NotFound."""
        row = self.session.get(model, ident, with_for_update=True if lock else None)
        if row is None:
            raise NotFound
        return row

    def locked(self, table: sa.Table, ident: UUID) -> dict[str, Any]:
        """The row with that id as it is now, which nobody else changes. Raises NotFound."""
        query = sa.select(table).where(table.c.id == ident).with_for_update()
        row = self.connection.execute(query).mappings().first()
        if row is None:
            raise NotFound
        return dict(row)

    def alone(self, key: str) -> None:
        """Wait until nobody else is at what ``key`` names, and be alone at it until the end."""
        lock = sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(key, 0))
        self.connection.execute(sa.select(lock))

    def emit(self, event: Event, *, project: UUID | None = None) -> None:
        """Queue ``event`` in this transaction; the relay publishes it once it committed.

        ``project`` is the production concerned where the payload doesn't name it.
        """
        self._events.append(
            {
                "event_id": uuid4(),
                "name": event.event_name,
                "payload": event.payload_json(),
                "actor_id": self.actor.id,
                "project_id": event.project or project,
                "request_id": self.request_id or None,
                "stored": event.stored,
            }
        )

    def flush_events(self) -> None:
        """Write the queued events to the outbox, in the order they were emitted."""
        if self._events:
            self.session.flush()
            self.run(OUTBOX, events=msgspec.json.encode(self._events).decode())
            self._events = []

    def commit(self) -> None:
        """Commit if anything was begun. Raises Integrity or Unavailable."""
        if self._session is not None:
            with translated():
                self._session.commit()

    def close(self) -> None:
        """Give the connection back; what did not commit is rolled back."""
        if self._session is not None:
            self._session.close()
            self._session = None
        self._events = []
