"""Errors of the connection to the broker."""

from __future__ import annotations


class BrokerLost(ConnectionError):
    """The connection to the broker is lost; the message says why.

    ``code`` is AMQP's reply code where the broker ended it, else 0.
    """

    def __init__(self, reason: str, code: int = 0) -> None:
        super().__init__(reason)
        self.code = code
