"""The outbox as a relay reads it: events in the order they were emitted, and what they changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

import msgspec

from services.common.contracts import HEADER, subject_id
from services.common.database.change_version import STUDIO

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

#: Limit in bytes of a header made of a field: 1,600 ids.
HEADER_BYTES: Final = 60_000
COLUMNS: Final = (
    "SELECT id, event_id, name, payload, actor_id, project_id, request_id, stored, "
    "to_char(created_at AT TIME ZONE 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), traceparent, tx "
    "FROM outbox "
)
SELECT: Final = COLUMNS + "WHERE id <> ALL(%s) ORDER BY id LIMIT %s"
SELECT_ONE: Final = COLUMNS + "WHERE id = %s"

#: What the events' transactions changed in the rows that they are about; oldest first.
CHANGED: Final = """
SELECT tx, row_id, before::text, after::text FROM row_change
JOIN unnest(%s::bigint[], %s::uuid[]) AS wanted (tx, row_id) USING (tx, row_id)
ORDER BY id
"""
#: Removes what was noted of transactions of which no event is left. EXCEPT, as it reads the outbox
#: once whatever the planner believes its size to be: a loop over both tables took half a minute
#: after one transaction of 20,000 events.
FORGET: Final = """
WITH ended AS MATERIALIZED (
  SELECT unnest(%s::bigint[]) AS tx EXCEPT SELECT tx FROM outbox
)
DELETE FROM row_change USING ended WHERE row_change.tx = ended.tx
"""
#: Moves confirmed events from the outbox into the change count. One statement, so that no reader
#: sees them in both or in neither: see ``change_version``.
FOLD: Final = """
WITH sent AS (DELETE FROM outbox WHERE id = ANY(%s) RETURNING project_id)
INSERT INTO change_count AS known (project_id, changes)
SELECT coalesce(project_id, %s::uuid), count(*) FROM sent GROUP BY 1
ON CONFLICT (project_id) DO UPDATE SET changes = known.changes + excluded.changes
"""


class Row(NamedTuple):
    """An event in the outbox."""

    id: int
    event_id: UUID
    name: str
    payload: str
    actor_id: UUID | None
    project_id: UUID | None
    request_id: str | None
    stored: bool
    time: str
    traceparent: str | None
    #: The transaction that emitted it; None from the release before.
    tx: int | None
    #: The row that it is about, as JSON: see ``Delivery``.
    before: str | None = None
    after: str | None = None
    #: Fields of the event that are sent as headers.
    headers: Mapping[str, str] = {}


def read(cursor: Any, size: int, without: Collection[int]) -> list[Row]:
    """The next events, at most ``size``, except those that are set aside."""
    cursor.execute(SELECT, (list(without), size))
    return _with_changes(cursor, cursor.fetchall())


def read_one(cursor: Any, number: int) -> list[Row]:
    """The event with that number, if it is still there."""
    cursor.execute(SELECT_ONE, (number,))
    return _with_changes(cursor, cursor.fetchall())


def _with_changes(cursor: Any, found: Iterable[Sequence[Any]]) -> list[Row]:
    """The events, each with the row that it is about before and after its transaction."""
    rows = [with_headers(Row(*values)) for values in found]
    subjects = {
        row.id: (row.tx, ident)
        for row in rows
        if row.tx is not None and (ident := subject_id(row.name, msgspec.json.decode(row.payload)))
    }
    if not subjects:
        return rows
    keys = set(subjects.values())
    cursor.execute(CHANGED, ([tx for tx, _ in keys], [ident for _, ident in keys]))
    changed: dict[tuple[int, UUID], tuple[str | None, str | None]] = {}
    for tx, ident, before, after in cursor.fetchall():
        # Changed several times: from the first state to the last.
        first, _ = changed.get((tx, ident), (before, None))
        changed[tx, ident] = (first, after)
    return [
        row._replace(before=change[0], after=change[1])
        if (key := subjects.get(row.id)) and (change := changed.get(key))
        else row
        for row in rows
    ]


def with_headers(row: Row) -> Row:
    """The event, with the fields of its payload that are meant for headers apart."""
    if f'"{HEADER}' not in row.payload:
        return row
    fields = msgspec.json.decode(row.payload)
    apart = {name: fields.pop(name) for name in [*fields] if name.startswith(HEADER)}
    headers = {name.removeprefix(HEADER): ",".join(ids) for name, ids in apart.items()}
    # Headers must fit a frame. Whoever finds none there must not rely on it.
    small = {name: text for name, text in headers.items() if len(text) <= HEADER_BYTES}
    return row._replace(payload=msgspec.json.encode(fields).decode(), headers=small)


def remove(cursor: Any, rows: Collection[Row]) -> None:
    """Remove what the broker has confirmed; readers count them as changes from then on."""
    cursor.execute(FOLD, ([row.id for row in rows], str(STUDIO)))


def forget(cursor: Any, transactions: Collection[int]) -> None:
    """Forget what these transactions changed, unless an event of theirs is still to be told."""
    if transactions:
        cursor.execute(FORGET, (list(transactions),))
