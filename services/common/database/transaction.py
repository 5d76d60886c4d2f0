"""The unit of work: what a call writes, and the events about it, commit together."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import UUID, uuid4

import msgspec
import psycopg2
import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.common.database.pools import Database, tagged
from services.common.database.prepared import Rendered, Statement
from services.common.database.sql_errors import as_service_errors
from services.common.database.sql_types import Select
from services.common.errors import NotFound
from services.common.json_types import Parameters, Values
from services.common.observability import tracing
from services.common.wire.position import GATEWAY, LOG, Place, Position, joined
from services.common.wire.topology import CACHED_BY_GATEWAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection

    from services.common.actor import Actor
    from services.common.contracts import Event

log = logging.getLogger(__name__)

T = TypeVar("T")
#: The unit of work of the running call.
_current: ContextVar[Transaction | None] = ContextVar("transaction", default=None)
#: Inserts any number of events with one parameter. Ordered by position: the outbox's ids are the
#: order in which the relay publishes.
OUTBOX: Final = """
INSERT INTO outbox
  (event_id, name, payload, actor_id, project_id, request_id, stored, traceparent)
SELECT event_id, name, payload, actor_id, project_id, request_id, stored, traceparent
FROM ROWS FROM (json_to_recordset(%(events)s) AS (event_id uuid, name text, payload text,
  actor_id uuid, project_id uuid, request_id text, stored boolean, traceparent text))
  WITH ORDINALITY AS event(
  event_id, name, payload, actor_id, project_id, request_id, stored, traceparent, place)
ORDER BY place
"""
#: Read by the triggers that fill ``row_change``.
UNNOTED: Final = sa.text("SET LOCAL callboard.changes = 'off'")
NOTED: Final = sa.text("SET LOCAL callboard.changes = 'on'")
#: Makes deferred constraints check what was written so far. It can't be prepared.
CHECKS: Final = Rendered(*["SET CONSTRAINTS ALL IMMEDIATE"] * 2)


def refuse_in_transaction(operation: str) -> None:
    """Raise RuntimeError if the running call has an open transaction.

    For what takes long: meanwhile its connection and its locks would be held.
    """
    current = _current.get()
    if current is not None and current.opened:
        message = f"{operation} was called inside an open transaction"
        raise RuntimeError(message)


class Transaction:
    """A unit of work: nothing is sent to the database before the first statement.

    The RPC or event entrypoint that created it commits, after the method has returned.
    """

    def __init__(
        self,
        database: Database,
        *,
        actor: Actor,
        request_id: str = "",
        caller: str = "",
        service: str = "",
    ) -> None:
        self.database = database
        self.service = service
        self.caller = caller
        self.actor = actor
        #: Who caused what is done here, where that isn't the actor: an event's author.
        self.author: UUID | None = None
        self.request_id = request_id
        #: Called with the session when the transaction begins, before any other statement.
        self.on_begin: Callable[[Session], None] | None = None
        #: Whether a part of the work has been committed already.
        self.committed = False
        #: The newest event of each kind that another process handles, see ``wire.position``.
        self.position: dict[Place, frozenset[UUID]] = {}
        #: Events whose handlers emit events themselves, by the handling service.
        self.awaited: dict[str, list[UUID]] = {}
        self._session: Session | None = None
        self._events: list[Values] = []
        self._written: list[Rendered] = []
        self._afterwards: list[Callable[[], object]] = []
        self._notes = True
        # Each call runs on a green thread with a context of its own, and makes its unit of work.
        _current.set(self)

    @property
    def opened(self) -> bool:
        """Whether a transaction is open, and a connection held for it."""
        return self._session is not None and self._session.in_transaction()

    @property
    def session(self) -> Session:
        """The ORM session, begun at first use; deferred writes are sent first."""
        session = self._begun()
        self._send()
        return session

    def _begun(self) -> Session:
        if self._session is None:
            self._session = self.database.session()
            if self.on_begin is not None:
                self.on_begin(self._session)
        return self._session

    @cached_property
    def _raw(self) -> Any:
        """The pooled psycopg2 connection that this transaction holds until it ends."""
        return self._begun().connection().connection

    @property
    def connection(self) -> Connection:
        """The transaction's connection, for statements about tables rather than objects."""
        return self.session.connection()

    def run(self, statement: Statement, **parameters: object) -> list[tuple[Any, ...]]:
        """The rows of a prepared statement, executed by psycopg2 directly: for hot paths.

        Ids are passed as text. The statement must be one of a few that are built once (see
        ``prepared``).
        """
        # The events join the deferred writes, and so need no round trip of their own later.
        if self._written:
            self.write_events()
        return self._send(self._call(statement, parameters))

    def defer(self, sql: str, **parameters: object) -> None:
        """Queue a write in SQL; it is sent before anything else is read or committed.

        Deferred writes are sent in one message, together with the next ``run`` if there is one:
        one round trip for all of them. Their errors are raised there, not here.
        """
        self._written.append(self._call(sql, parameters))

    def _call(self, statement: Statement, parameters: Parameters) -> Rendered:
        with self._watched():
            raw = self._raw
            return self.database.statements.render(raw.cursor(), raw.info, statement, parameters)

    def _send(self, *last: Rendered) -> list[tuple[Any, ...]]:
        """Send the deferred writes, then ``last``, in one message; returns the rows of ``last``."""
        if not last and not self._written:
            return []
        calls, self._written = [*self._written, *last], []
        if len(calls) > len(last):
            self._begun().flush()  # they may refer to rows that the session has not flushed yet
        message = ";\n".join(call.message for call in calls)
        with self._watched():
            cursor = self._raw.cursor()
            cursor.run(tagged(message), None, ";\n".join(call.readable for call in calls))
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Dispose of the pool if the connection was lost: then the others are dead, too."""
        try:
            yield
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            connection = self._begun().connection()
            if getattr(connection.connection.dbapi_connection, "closed", True):
                connection.invalidate(error)
                self.database.engine.dispose()
            raise

    def text(self, statement: Select, **parameters: object) -> str | None:
        """The single text value that a prepared statement selects, in this transaction."""
        rows = self.run(statement, **parameters)
        return rows[0][0] if rows else None

    def get(self, model: type[T], ident: UUID, *, lock: bool = False) -> T:
        """The object with that id, locked FOR UPDATE if ``lock``. Raises NotFound."""
        row = self.session.get(model, ident, with_for_update=True if lock else None)
        if row is None:
            raise NotFound
        return row

    def locked(self, table: sa.Table, ident: UUID) -> Values:
        """The row with that id, locked FOR UPDATE until the transaction ends. Raises NotFound."""
        query = sa.select(table).where(table.c.id == ident).with_for_update()
        row = self.connection.execute(query).mappings().first()
        if row is None:
            raise NotFound
        return dict(row)

    def lock_key(self, key: str) -> None:
        """Wait for the advisory lock that ``key`` names; it is held until the transaction ends."""
        lock = sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(key, 0))
        self.connection.execute(sa.select(lock))

    @contextmanager
    def unnoted(self) -> Iterator[None]:
        """Have triggers note no changed rows meanwhile.

        For writes of thousands of rows without events of single ones: nobody would read the notes.
        """
        with self._noting(on=False):
            yield

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Have triggers note the rows that are changed meanwhile, also while ``unnoted``."""
        with self._noting(on=True):
            yield

    @contextmanager
    def _noting(self, *, on: bool) -> Iterator[None]:
        before = self._notes
        self._set_noting(on)
        yield
        self._set_noting(before)

    def _set_noting(self, on: bool) -> None:
        if on != self._notes:
            self.connection.execute(NOTED if on else UNNOTED)
            self._notes = on

    def emit(self, event: Event, *, project: UUID | None = None) -> None:
        """Queue an event for the outbox; the relay publishes it after the commit.

        ``project`` is the production whose version changes, where the payload has none.
        """
        ident = uuid4()
        self._note_handlers(event, ident)
        self._events.append(
            {
                "event_id": ident,
                "name": event.event_name,
                "payload": event.payload_json(),
                "actor_id": self.author or self.actor.id,
                "project_id": event.project or project,
                "request_id": self.request_id or None,
                "stored": event.stored,
                "traceparent": tracing.traceparent(),
            }
        )

    def _note_handlers(self, event: Event, ident: UUID) -> None:
        """Note who must have handled the event before the caller reads there."""
        name, newest = event.event_name, frozenset({ident})
        for handler in event.handlers:
            if event.awaited:
                self.awaited.setdefault(handler, []).append(ident)
            else:
                self.position[Place(handler, name, self.service)] = newest
        if event.stored:
            self.position[Place(LOG, LOG, self.service)] = newest
        subject = name.partition(":")[0]
        for cache, subjects in CACHED_BY_GATEWAYS.items():
            if subject in subjects:
                self.position[Place(GATEWAY, cache, self.service)] = newest

    def join_position(self, position: Position) -> None:
        """Add what other services wrote for this call, maybe at the same time."""
        self.position = dict(joined(self.position, position))

    def flush_events(self) -> None:
        """Write the queued events to the outbox, in the order they were emitted."""
        if self._events:
            # Rows first: their SQL errors are raised before any event is sent.
            self.session.flush()
            self.write_events()
        if self._written:
            # Deferred checks with the last writes, in one message; of a transaction without any,
            # the commit makes them.
            self._written.append(CHECKS)
        self._send()

    def write_events(self) -> None:
        """Defer the INSERT of the events queued so far."""
        if self._events:
            events, self._events = self._events, []
            self.defer(OUTBOX, events=msgspec.json.encode(events).decode())

    def after_commit(self, function: Callable[[], object]) -> None:
        """Call ``function`` once this has committed; not at all if it is rolled back.

        The process may die in between, and an exception is only logged: what must happen is an
        event or a row, or is done later by a periodic job.
        """
        self._afterwards.append(function)

    def commit(self) -> None:
        """Commit if a transaction was begun, then do what waits for it.

        Raises Integrity or Unavailable.
        """
        if self._session is not None:
            with as_service_errors():
                self._send()
                self.__dict__.pop("_raw", None)
                self._session.commit()
                self.committed = True
        waiting, self._afterwards = self._afterwards, []
        for function in waiting:
            try:
                function()
            except Exception as error:
                log.warning("after the commit: %s", error, exc_info=True)

    def close(self) -> None:
        """Roll back what was not committed, and return the connection to the pool."""
        if self._session is not None:
            self._session.close()
            self._session = None
            self.__dict__.pop("_raw", None)
        self._events, self._written, self._afterwards = [], [], []
        if not self.committed:
            self.position, self.awaited = {}, {}
