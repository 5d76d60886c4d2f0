"""What senders read and write in the database: claims, pages of the history, progress."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import msgspec
import psycopg2
from psycopg2.extras import register_uuid

from services.common.contracts.crud.events import WebhookParked
from services.common.contracts.full_events import Recorded
from services.common.database.connect_options import CONNECT_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")
#: Threads that talk to the database, each on a connection of its own.
THREADS: Final = 4
#: Events read at once.
PAGE: Final = 200
#: Seconds that a claim lasts beyond the last progress: longer than a turn and one request. Webhooks
#: of a sender that dies are claimed by another one then.
LEASE_SECONDS: Final = 30
#: A sender that freezes in a transaction would hold its webhooks' rows for as long as it does.
TIMEOUTS: Final = "SET idle_in_transaction_session_timeout = '10s'; SET lock_timeout = '5s'"
#: Rows that a sweep deletes in one transaction.
SWEPT: Final = 5000

CLAIM: Final = """
UPDATE webhook_cursor AS mine SET claimed_by = %(turn)s, claimed_until = now() + %(lease)s
FROM webhook WHERE webhook.id = mine.webhook_id AND mine.id IN (
  SELECT waiting.id FROM webhook_cursor AS waiting JOIN webhook ON webhook.id = waiting.webhook_id
  WHERE waiting.next_at <= now()
    AND (waiting.claimed_until IS NULL OR waiting.claimed_until < now())
    AND CASE waiting.kind WHEN 'test' THEN waiting.next_at > now() - interval '1 minute'
      ELSE webhook.state = 'active' END
    AND (waiting.kind <> 'live' OR waiting.position < %(head)s)
  ORDER BY waiting.next_at LIMIT %(most)s FOR UPDATE OF waiting SKIP LOCKED)
RETURNING mine.id, mine.claimed_by, mine.kind, mine.position, mine.until, mine.ahead,
  mine.failures, webhook.id AS webhook_id, url, names, project_id, entity_id, task_id, person_id,
  ordered, created_by, secret,
  CASE WHEN old_secret_until > timezone('utc', now()) THEN old_secret END AS old_secret
"""
HEAD: Final = "SELECT coalesce(max(position), 0) FROM event_history"
READ: Final = """
SELECT position, id, name, project_id, body, audience FROM event_history
WHERE position > %s ORDER BY position LIMIT %s
"""
PROGRESS: Final = """
UPDATE webhook_cursor SET position = %(position)s, ahead = %(ahead)s, failures = %(failures)s,
  failing_since = CASE WHEN %(failures)s > 0 THEN coalesce(failing_since, now()) END,
  next_at = now() + %(pause)s,
  claimed_by = CASE WHEN %(ends)s THEN NULL ELSE claimed_by END,
  claimed_until = CASE WHEN %(ends)s THEN NULL ELSE now() + %(lease)s END
WHERE id = %(id)s AND claimed_by = %(claimed_by)s
"""
NOTE_DELIVERIES: Final = """
INSERT INTO webhook_delivery (webhook_id, kind, event_id, position, name, attempt, sent_at,
  duration_ms, status, headers, answer, error)
SELECT webhook_id, kind, event_id, position, name, attempt, sent_at, duration_ms, status, headers,
  answer, error
FROM json_to_recordset(%s) AS sent (webhook_id uuid, kind text, event_id uuid, position bigint,
  name text, attempt int, sent_at timestamptz, duration_ms int, status int, headers jsonb,
  answer text, error text)
"""
PARK: Final = """
UPDATE webhook SET state = 'parked', reason = %s, updated_at = timezone('utc', now())
WHERE id = %s AND state = 'active' RETURNING project_id, created_by
"""
EMIT: Final = """
INSERT INTO outbox (event_id, name, payload, project_id, stored) VALUES (%s, %s, %s, %s, true)
"""
ROLE_IN: Final = """
SELECT role FROM project_person_link WHERE project_id = %s AND person_id = %s
"""
#: After a restore there are webhooks without cursors: they begin with what happens then.
ADD_CURSORS: Final = """
INSERT INTO webhook_cursor (id, webhook_id, kind, position)
SELECT gen_random_uuid(), id, 'live', (SELECT coalesce(max(position), 0) FROM event_history)
FROM webhook ON CONFLICT DO NOTHING
"""
ORPHANS: Final = """
DELETE FROM webhook_cursor
WHERE NOT EXISTS (SELECT FROM webhook WHERE webhook.id = webhook_cursor.webhook_id)
  OR (kind = 'test' AND next_at < now() - interval '1 minute')
"""
SWEEP: Final = """
DELETE FROM webhook_delivery WHERE id IN (
  SELECT id FROM webhook_delivery WHERE sent_at < now() - %s * interval '1 day' LIMIT %s)
"""
COUNT: Final = "SELECT state, count(*) FROM webhook GROUP BY state"
WAITING: Final = """
SELECT coalesce(max(%s - waiting.position), 0), count(*) FILTER (WHERE failures > 0)
FROM webhook_cursor AS waiting JOIN webhook ON webhook.id = waiting.webhook_id
WHERE waiting.kind = 'live' AND webhook.state = 'active'
"""


class Claim(NamedTuple):
    """A cursor that this process works on, and its webhook."""

    id: UUID
    claimed_by: UUID
    kind: str
    position: int
    until: int | None
    ahead: list[int]
    failures: int
    webhook_id: UUID
    url: str
    names: list[str]
    project_id: UUID | None
    entity_id: UUID | None
    task_id: UUID | None
    person_id: UUID | None
    ordered: bool
    created_by: UUID | None
    secret: str
    old_secret: str | None


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt to send an event."""

    webhook_id: UUID
    kind: str
    event_id: UUID
    position: int | None
    name: str
    attempt: int
    sent_at: datetime
    duration_ms: int
    status: int | None
    headers: dict[str, Any]
    answer: str | None
    error: str | None


class Progress(NamedTuple):
    """How far a cursor has come."""

    position: int
    ahead: list[int]
    failures: int
    #: Seconds until it may be claimed again.
    pause: float = 0.0
    #: Whether the turn ends with it, and whether the cursor has nothing left to do.
    ends: bool = False
    is_done: bool = False
    #: Why nothing more is to be sent.
    parked: str = ""


class Store:
    """The database, for code that must not wait for it."""

    def __init__(self, url: str) -> None:
        self.url = url.replace("+psycopg2", "", 1)
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="database")
        self.local = threading.local()

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call a function with a cursor, in one transaction. Raises psycopg2.Error."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.threads, self._call, function, *arguments)

    def _call(self, function: Callable[..., T], *arguments: Any) -> T:
        connection = getattr(self.local, "connection", None)
        if connection is None or connection.closed:
            connection = self.local.connection = connect(self.url)
        try:
            with connection, connection.cursor() as cursor:
                return function(cursor, *arguments)
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            connection.close()
            raise

    def close(self) -> None:
        """End the threads, and their connections with them."""
        self.threads.shutdown(cancel_futures=True)


def connect(url: str) -> Any:
    """A connection that knows UUIDs, also in arrays."""
    connection = psycopg2.connect(url, **CONNECT_OPTIONS)
    with connection, connection.cursor() as cursor:
        cursor.execute(TIMEOUTS)
    register_uuid(conn_or_curs=connection)  # type: ignore[no-untyped-call]
    return connection


def head(cursor: Any) -> int:
    """The newest position."""
    cursor.execute(HEAD)
    return int(cursor.fetchone()[0])


def claim(cursor: Any, most: int) -> tuple[int, list[Claim]]:
    """Claim cursors with something to do, which no other process claims meanwhile.

    Returns the newest position, too.
    """
    newest = head(cursor)
    values = {"turn": uuid4(), "lease": _seconds(LEASE_SECONDS), "head": newest, "most": most}
    cursor.execute(CLAIM, values)
    return newest, [Claim(*row) for row in cursor.fetchall()]


def read(cursor: Any, position: int) -> list[Recorded]:
    """A page of the events after a position."""
    cursor.execute(READ, (position, PAGE))
    return [Recorded(*row) for row in cursor.fetchall()]


def note(cursor: Any, mine: Claim, progress: Progress, deliveries: Sequence[Delivered]) -> bool:
    """Note what was sent, and how far the cursor is; returns whether it is still this turn's.

    Deliveries happened, so they are noted in any case.
    """
    if progress.parked:
        # Before the cursor, as whoever resumes or deletes a webhook locks them.
        cursor.execute("SELECT FROM webhook WHERE id = %s FOR UPDATE", (mine.webhook_id,))
    if deliveries:
        cursor.execute(NOTE_DELIVERIES, (msgspec.json.encode(deliveries).decode(),))
    if progress.is_done:
        cursor.execute(
            "DELETE FROM webhook_cursor WHERE id = %s AND claimed_by = %s",
            (mine.id, mine.claimed_by),
        )
    else:
        _note_progress(cursor, mine, progress)
    is_mine = bool(cursor.rowcount)
    # In the same transaction: between the two, somebody else could claim it and send.
    if is_mine and progress.parked:
        _park(cursor, mine, progress.parked)
    return is_mine


def _note_progress(cursor: Any, mine: Claim, progress: Progress) -> None:
    cursor.execute(
        PROGRESS,
        {
            "id": mine.id,
            "claimed_by": mine.claimed_by,
            "position": progress.position,
            "ahead": progress.ahead,
            "failures": progress.failures,
            "pause": _seconds(progress.pause),
            "ends": progress.ends,
            "lease": _seconds(LEASE_SECONDS),
        },
    )


def _park(cursor: Any, mine: Claim, reason: str) -> None:
    """Send nothing more until somebody resumes it; its creator is told by the event."""
    cursor.execute(PARK, (reason, mine.webhook_id))
    found = cursor.fetchone()
    if found is None:  # paused, parked or deleted meanwhile
        return
    project, person = found
    told = WebhookParked(
        webhook_id=mine.webhook_id,
        project_id=project,
        person_id=person,
        host=urlsplit(mine.url).hostname or "",
        reason=reason,
    )
    cursor.execute(EMIT, (uuid4(), told.event_name, told.payload_json(), project))


def role_in(cursor: Any, project: UUID, person: UUID) -> tuple[bool, str | None]:
    """Whether somebody is in a team, and the role there; None for the role in the studio."""
    cursor.execute(ROLE_IN, (project, person))
    found = cursor.fetchone()
    return (False, None) if found is None else (True, found[0])


def sweep(cursor: Any, days: int) -> int:
    """Delete what nobody needs any more; returns the number of deliveries, at most ``SWEPT``."""
    cursor.execute(ADD_CURSORS)
    cursor.execute(ORPHANS)
    cursor.execute(SWEEP, (days, SWEPT))
    return int(cursor.rowcount)


def count(cursor: Any) -> tuple[dict[str, int], int, int]:
    """Webhooks by state, the length of the longest backlog in positions, how many are failing."""
    cursor.execute(COUNT)
    states = dict(cursor.fetchall())
    cursor.execute(WAITING, (head(cursor),))
    backlog, failing = cursor.fetchone()
    return states, backlog, failing


def _seconds(number: float) -> str:
    return f"{number} seconds"
