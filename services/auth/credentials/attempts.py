"""Counting what strangers try: per address, per account, and for accounts that don't exist.

Counts are kept in the database, so all gateways and all processes of ``auth`` share them, and they
are written at once, whatever becomes of the request.
"""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.auth.models import Attempt
from services.common.database.tables import table_of
from services.common.errors import TooMany

if TYPE_CHECKING:
    from services.common.database.transaction import Database

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
KEPT: Final = timedelta(hours=2)


def now() -> datetime:
    """The present in UTC, as the tables keep it."""
    return datetime.now(UTC).replace(tzinfo=None)


def address_key(address: str | None) -> str:
    """An IPv4 address, or the network of an IPv6 one, of which a visitor has many."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def account_key(email: str) -> str:
    """A name for an account that somebody typed; not what they typed."""
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()


def count(database: Database, scope: str, key: str, window: timedelta) -> int:
    """Count one more try and answer how many there were in the window."""
    table, moment = table_of(Attempt), now()
    row = {"scope": scope, "key": key, "count": 1, "since": moment, "last": moment}
    old = table.c.since < moment - window
    statement = (
        insert(table)
        .values(row)
        .on_conflict_do_update(
            index_elements=[table.c.scope, table.c.key],
            set_={
                "count": sa.case((old, 1), else_=table.c.count + 1),
                "since": sa.case((old, moment), else_=table.c.since),
                "last": moment,
            },
        )
        .returning(table.c.count)
    )
    with database.read() as connection:
        return int(connection.scalar(statement) or 0)


def limit(database: Database, scope: str, key: str, most: int, window: timedelta) -> None:
    """Count one more try. Raises TooMany over ``most`` in the window."""
    if count(database, scope, key, window) > most:
        raise too_many(window)


def check(database: Database, scope: str, key: str, most: int, window: timedelta) -> None:
    """Raise TooMany if there were ``most`` tries in the window; counts none."""
    if standing(database, scope, key, window)[0] >= most:
        raise too_many(window)


def standing(
    database: Database, scope: str, key: str, window: timedelta
) -> tuple[int, datetime | None]:
    """How many tries there were in the window, and when the last one was."""
    table = table_of(Attempt)
    statement = sa.select(table.c.count, table.c.last).where(
        table.c.scope == scope, table.c.key == key, table.c.since >= now() - window
    )
    with database.read() as connection:
        found = connection.execute(statement).first()
    return (found.count, found.last) if found else (0, None)  # type: ignore[return-value]


def sweep(session: Session) -> None:
    """Forget what is older than any window."""
    session.execute(sa.delete(Attempt).where(Attempt.last < now() - KEPT))


def too_many(window: timedelta) -> TooMany:
    """The refusal, with the seconds to wait."""
    message = "Too many attempts, try again later."
    return TooMany(message, {"seconds": int(window.total_seconds())})
