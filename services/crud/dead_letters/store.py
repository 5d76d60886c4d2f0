"""The statements about dead letters, for the service and for the command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import uuid4

import sqlalchemy as sa

from services.common.database.tables import NOW
from services.common.events.dead_letters import Stored, Undelivered, republish
from services.crud.models import dead_letter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from services.common.database.sql_types import Condition, Select
    from services.common.events.dead_letters import Letter

C: Final = dead_letter.c
#: What lists show.
SHOWN: Final = (
    C.id,
    C.number,
    C.queue,
    C.reason,
    C.deaths,
    sa.func.date_trunc("second", C.died_at).label("died_at"),
    C.exchange,
    C.name,
    C.event_id,
    sa.func.date_trunc("second", C.happened_at).label("happened_at"),
    sa.func.date_trunc("second", C.kept_at).label("kept_at"),
    sa.func.length(C.body).label("size"),
    C.error,
)
#: Letters that are published before their confirms are awaited.
BATCH: Final = 100


def keep(connection: Connection, letter: Letter) -> None:
    """Store a letter, unless it is one that was stored but not acknowledged."""
    same = sa.select(C.id).where(C.fingerprint == letter.fingerprint)
    if letter.redelivered and connection.execute(same).first() is not None:
        return
    values = letter._asdict()
    del values["redelivered"]
    connection.execute(sa.insert(dead_letter).values(id=uuid4(), kept_at=NOW, **values))


def of_queue(queue: str | None) -> Condition:
    """The condition for the letters of a queue, or for all."""
    return sa.true() if queue is None else C.queue == queue


def to_replay(which: Condition, after: int) -> Select:
    """The next letters to replay, in the order in which they came."""
    columns = (C.number, C.error, *(C[name] for name in Stored._fields))
    found = sa.select(*columns).where(which, C.number > after)
    return found.order_by(C.number).limit(BATCH)


def replay(uri: str, rows: Sequence[sa.Row[tuple[object, ...]]]) -> list[Undelivered]:
    """Publish letters; returns those that are to be kept. Raises OSError."""
    unread = [Undelivered(row.id, row.error) for row in rows if row.error is not None]
    letters = [
        Stored(*(getattr(row, name) for name in Stored._fields))
        for row in rows
        if row.error is None
    ]
    return [*unread, *republish(uri, letters)]


def discard(which: Condition) -> sa.Delete:
    """Delete letters."""
    return sa.delete(dead_letter).where(which)
