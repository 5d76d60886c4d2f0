"""Database driver errors translated into the errors that cross RPC."""

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
#: SQLSTATE classes of temporary failures: connection, rollback, resources, locks, shutdown.
AWAY: Final = frozenset({"08", "40", "53", "55", "57"})
#: SQLSTATEs of deadlock and serialization failure: a retry may succeed.
LOST: Final = frozenset({"40001", "40P01"})
#: Part of psycopg2's own message for a text with NUL, which PostgreSQL can't store.
NUL: Final = "NUL (0x00)"
BAD_VALUE: Final = "One of the provided values has an invalid format."
#: The constraint that a reference to a row which another service has deleted violates.
GONE: Final = "gone_row"


@contextmanager
def as_service_errors() -> Iterator[None]:
    """Raise database errors as ServiceErrors; PostgreSQL's message is not passed on."""
    try:
        yield
    except (DBAPIError, InvalidRequestError, PoolTimeoutError, ValueError, psycopg2.Error) as error:
        refusal = _as_service_error(error)
        if refusal is None:
            raise
        raise refusal from error


def gave_way(refusal: ServiceError) -> bool:
    """Whether a concurrent transaction was the cause, so that a retry ends otherwise.

    That is a deadlock, a serialization failure, or a row of another service that was deleted since
    the call looked it up: the retry finds it missing, and says so in the method's own words.
    """
    return _code(refusal.__cause__) in LOST or refers_to_gone_row(refusal)


def refers_to_gone_row(refusal: ServiceError) -> bool:
    """Whether the cause is a reference to a row that another service has deleted."""
    cause = refusal.__cause__
    diagnosis = getattr(getattr(cause, "orig", cause), "diag", None)
    return getattr(diagnosis, "constraint_name", None) == GONE


def _code(error: BaseException | None) -> str:
    """The SQLSTATE of a SQL error; empty if there is none."""
    return str(getattr(getattr(error, "orig", error), "pgcode", None) or "")


def _as_service_error(error: Exception) -> ServiceError | None:
    """The ServiceError for a database error; None if the cause is a bug of ours."""
    if isinstance(error, PoolTimeoutError):
        POOL_TIMEOUTS.inc()
        return Unavailable("The database is busy.")
    unavailable = Unavailable("The database does not answer.")
    if isinstance(error, DBAPIError | psycopg2.Error):
        code = _code(error)
        if code in MESSAGES:
            return Integrity(MESSAGES[code])
        # Class 22, data exceptions: a value that does not fit its column's type.
        if code.startswith("22"):
            return Integrity(BAD_VALUE)
        # Without a code psycopg2 lost the connection.
        return unavailable if not code or code[:2] in AWAY else None
    if isinstance(error, InvalidRequestError):
        # SQLAlchemy has no class for a connection that was closed or invalidated while it was in
        # use.
        return unavailable if "closed" in str(error) or "invalid" in str(error) else None
    return Integrity(BAD_VALUE) if NUL in str(error) else None
