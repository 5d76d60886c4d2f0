"""What the ``…/last`` routes have in common, which read a log from the newest row backwards.

Bounds are exclusive, and a cursor is the id of the row to continue after.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

import sqlalchemy as sa
from msgspec import UNSET, UnsetType
from sqlalchemy.engine import Connection

from services.common.database.sql_types import Column, Condition
from services.common.errors import InvalidInput

if TYPE_CHECKING:
    from services.common.contracts.shapes import LogQuery

LARGEST: Final = 1000


def limit(asked: LogQuery) -> int:
    """The number of rows, at most ``LARGEST``."""
    return min(asked.limit, LARGEST)


def conditions(asked: LogQuery, when: Column, who: Column) -> list[Condition]:
    """The conditions on the time of rows, and on whose they are."""
    found = between(when, asked.after, asked.before)
    if asked.person_ids:
        found.append(who.in_(asked.person_ids))
    return found


def between(
    when: Column, after: datetime | UnsetType, before: datetime | UnsetType
) -> list[Condition]:
    """The conditions for rows between two times, or on one side of one; bounds are exclusive."""
    later = [] if after is UNSET else [when > after]
    return later if before is UNSET else [*later, when < before]


def older(connection: Connection, table: sa.Table, cursor: UUID, noun: str) -> Condition:
    """The condition for rows older than the cursor's. Raises InvalidInput for an unknown one."""
    when = connection.scalar(sa.select(table.c.created_at).where(table.c.id == cursor))
    if when is None:
        message = f"No {noun} found with id: {cursor}"
        raise InvalidInput(message)
    # By time and id: rows of the same time would else be repeated or skipped.
    place = sa.tuple_(sa.literal(when), sa.literal(cursor))
    return sa.tuple_(table.c.created_at, table.c.id) < place
