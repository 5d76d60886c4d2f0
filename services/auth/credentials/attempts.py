"""Rate limits of unauthenticated calls, per address and per account.

Counts are in the database, so all processes share them, and are committed at once, whatever the
outcome of the request.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.auth.models import Attempt
from services.common.access.derived_keys import derived_keys
from services.common.database.tables import table_of
from services.common.errors import TooMany

if TYPE_CHECKING:
    from services.auth.config import AuthSettings
    from services.common.database.pools import Database

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
#: Age at which counts are deleted; longer than any window.
RETENTION: Final = timedelta(hours=2)


def now() -> datetime:
    """The current time in UTC, naive, as the tables store it."""
    return datetime.now(UTC).replace(tzinfo=None)


def address_key(address: str | None) -> str:
    """An IPv4 address, or the /64 network of an IPv6 one, all of which one client may use."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def account_key(settings: AuthSettings, email: str) -> str:
    """A keyed hash of an e-mail: people type passwords there by mistake.

    A plain hash of one could be guessed from a copy of the database.
    """
    key = derived_keys(settings, "attempts")[0]
    return hmac.new(key, email.strip().lower().encode(), hashlib.sha256).hexdigest()


def count(database: Database, scope: str, key: str, window: timedelta) -> int:
    """Count one more attempt; returns the number of attempts in the window."""
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
    # Autocommit, outside the call's transaction: a rollback must not undo the count.
    with database.read() as connection:
        return int(connection.scalar(statement) or 0)


def limit(database: Database, scope: str, key: str, most: int, window: timedelta) -> None:
    """Count one more attempt. Raises TooMany over ``most`` in the window."""
    if count(database, scope, key, window) > most:
        raise too_many(window)


def check(database: Database, scope: str, key: str, most: int, window: timedelta) -> None:
    """Raise TooMany if there were ``most`` attempts in the window; counts none."""
    if current(database, scope, key, window)[0] >= most:
        raise too_many(window)


def current(
    database: Database, scope: str, key: str, window: timedelta
) -> tuple[int, datetime | None]:
    """The number of attempts in the window, and the time of the last one."""
    table = table_of(Attempt)
    statement = sa.select(table.c.count, table.c.last).where(
        table.c.scope == scope, table.c.key == key, table.c.since >= now() - window
    )
    with database.read() as connection:
        row = connection.execute(statement).first()
    return (row.count, row.last) if row else (0, None)  # type: ignore[return-value]


def sweep(session: Session) -> None:
    """Delete counts that are older than any window."""
    session.execute(sa.delete(Attempt).where(Attempt.last < now() - RETENTION))


def too_many(window: timedelta) -> TooMany:
    """The error, with the seconds to wait."""
    message = "Too many attempts, try again later."
    return TooMany(message, {"seconds": int(window.total_seconds())})
