"""Kombu connections that fail fast, for command-line tools."""

from __future__ import annotations

from typing import Any, Final

import amqp
from kombu.exceptions import OperationalError

#: What a broken connection may raise out of py-amqp, kombu and the socket. AttributeError is
#: py-amqp's own, where a connection that was lost is used again.
BROKEN: Final = (OSError, amqp.AMQPError, OperationalError, AttributeError)


def reach(connection: Any, seconds: float = 2.0) -> None:
    """Connect to the first host that answers, trying each once. Raises one of BROKEN.

    ``seconds`` is the limit of each attempt.
    """
    # By default kombu sleeps two seconds between attempts.
    last = max(len(connection.alt) - 1, 0)
    connection.ensure_connection(
        max_retries=last, interval_start=0, interval_step=0, timeout=seconds
    )
