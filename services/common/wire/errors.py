"""What goes wrong on the way to the broker."""

from __future__ import annotations


class BrokerLost(ConnectionError):
    """The connection to the broker can't be used any more; the message says why."""
