"""Opening a kombu connection without its pauses, for the tools that ask the broker things."""

from __future__ import annotations

from typing import Any, Final

import amqp
from kombu.exceptions import OperationalError

#: What a broken connection may raise out of py-amqp, kombu and the socket. AttributeError is
#: py-amqp's own, where a connection that was lost is used again.
BROKEN: Final = (OSError, amqp.AMQPError, OperationalError, AttributeError)


def reach(connection: Any, seconds: float = 2.0) -> None:
    """Connect to the first of its hosts that answers, each asked once. Raises one of BROKEN.

    Left to itself kombu would sleep two seconds between a refusal and its last try.
    """
    last = max(len(connection.alt) - 1, 0)
    connection.ensure_connection(
        max_retries=last, interval_start=0, interval_step=0, timeout=seconds
    )
