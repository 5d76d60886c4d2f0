"""A consistent snapshot of the five databases, also if they are on different servers."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final

import psycopg2

from deploy.local.settings import SERVICES
from deploy.transfer.report import TransferError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.transfer.target import Target

#: SHARE conflicts with the lock of an INSERT, not with reads. A request holds its lock for
#: milliseconds, an import for minutes: after the timeout the command fails instead of waiting.
HOLD_WRITES: Final = "SET LOCAL lock_timeout = '10s'; LOCK TABLE outbox IN SHARE MODE"
#: The first query of a REPEATABLE READ transaction takes its snapshot.
TAKE_SNAPSHOT: Final = "SET LOCAL timezone = 'UTC'; SELECT 1"


@contextmanager
def snapshots(target: Target) -> Iterator[dict[str, Any]]:
    """A connection to each service's database, all reading the same consistent state.

    Every change writes an event to its service's outbox before it commits, so nothing can commit
    while all five outboxes are locked: for the milliseconds that five snapshots take.
    Raises TransferError.
    """
    with ExitStack() as stack:
        try:
            holding = {name: _connect(stack, target.urls[name]) for name in SERVICES}
            reading = {name: _connect(stack, target.urls[name]) for name in SERVICES}
            for connection in holding.values():
                connection.cursor().execute(HOLD_WRITES)
            for connection in reading.values():
                connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
                connection.cursor().execute(TAKE_SNAPSHOT)
            # All snapshots are taken: writers go on while the rows are read.
            for connection in holding.values():
                connection.rollback()
        except psycopg2.Error as error:
            reason = str(error).strip().partition("\n")[0]
            message = f"The five databases can't be read consistently: {reason}."
            raise TransferError(message) from None
        yield reading


def _connect(stack: ExitStack, url: str) -> Any:
    connection = psycopg2.connect(url, connect_timeout=5)
    stack.callback(connection.close)
    return connection
