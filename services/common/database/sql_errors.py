"""Errors of the database driver as the errors that cross RPC."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import psycopg2
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from services.common.errors import Integrity, ServiceError, Unavailable
from services.common.observability.metrics import POOL_TIMEOUTS

if TYPE_CHECKING:
    from collections.abc import Iterator

UNIQUE, FOREIGN, NOT_NULL, CHECK = "23505", "23503", "23502", "23514"
MESSAGES: Final = {
    UNIQUE: "A record with the same unique values already exists.",
    FOREIGN: "The change conflicts with records referencing this one.",
    NOT_NULL: "A required field is missing.",
    CHECK: "The data conflicts with database integrity rules.",
}
#: Classes of SQLSTATE that say: not now. Connection, rollback, resources, locks, shutdown.
AWAY: Final = frozenset({"08", "40", "53", "55", "57"})
#: SQLSTATEs of deadlock and serialization failure: a retry may succeed.
LOST: Final = frozenset({"40001", "40P01"})
#: What psycopg2 says of a text that PostgreSQL could not hold, before it asks.
NUL: Final = "NUL (0x00)"
BAD_VALUE: Final = "One of the provided values has an invalid format."


@contextmanager
def as_service_errors() -> Iterator[None]:
    """Raise the database's errors as the kinds of ``errors``; its text never leaves here."""
    try:
        yield
    except (DBAPIError, InvalidRequestError, PoolTimeoutError, ValueError, psycopg2.Error) as error:
        known = _known(error)
        if known is None:
            raise
        raise known from error


def gave_way(refusal: Unavailable) -> bool:
    """Whether a deadlock or a serialization failure was the cause, so that a retry may succeed."""
    return _code(refusal.__cause__) in LOST


def _code(error: BaseException | None) -> str:
    """The SQLSTATE of a complaint, if it has one."""
    return str(getattr(getattr(error, "orig", error), "pgcode", None) or "")


def _known(error: Exception) -> ServiceError | None:
    """What a database error means to a caller; None if it is a fault of ours."""
    if isinstance(error, PoolTimeoutError):
        POOL_TIMEOUTS.inc()
        return Unavailable("The database is busy.")
    away = Unavailable("The database does not answer.")
    if isinstance(error, DBAPIError | psycopg2.Error):
        code = _code(error)
        if code in MESSAGES:
            return Integrity(MESSAGES[code])
        if code.startswith("22"):
            return Integrity(BAD_VALUE)
        return away if not code or code[:2] in AWAY else None
    if isinstance(error, InvalidRequestError):
        return away if "closed" in str(error) or "invalid" in str(error) else None
    return Integrity(BAD_VALUE) if NUL in str(error) else None
