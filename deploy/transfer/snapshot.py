"""All five databases as they were at one moment, wherever each of them is."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final

import psycopg2

from deploy.local.settings import SERVICES
from deploy.transfer.report import TransferError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.transfer.target import Target

HOLD: Final = "SET LOCAL lock_timeout = '10s'; LOCK TABLE outbox IN SHARE MODE"
LOOK: Final = "SET LOCAL timezone = 'UTC'; SELECT 1"


@contextmanager
def snapshots(target: Target) -> Iterator[dict[str, Any]]:
    """A connection to each service, all of them reading the same moment.

    Every change writes its event into its service's outbox before it commits, so while all five
    outboxes are held nothing changes: for as long as five snapshots take, some milliseconds.
    Raises TransferError.
    """
    with ExitStack() as stack:
        try:
            holding = {name: _connect(stack, target.urls[name]) for name in SERVICES}
            reading = {name: _connect(stack, target.urls[name]) for name in SERVICES}
            for connection in holding.values():
                connection.cursor().execute(HOLD)
            for connection in reading.values():
                connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
                connection.cursor().execute(LOOK)
            for connection in holding.values():
                connection.rollback()
        except psycopg2.Error as error:
            reason = str(error).strip().partition("\n")[0]
            message = f"The five databases can't be read at one moment: {reason}."
            raise TransferError(message) from None
        yield reading


def _connect(stack: ExitStack, url: str) -> Any:
    connection = psycopg2.connect(url, connect_timeout=5)
    stack.callback(connection.close)
    return connection
