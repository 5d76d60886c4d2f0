"""A connection to the broker that ends while somebody is about to send."""

from typing import Any

import amqp
import pytest

from deploy.local.parts import Parts
from services.common.amqp import Link, Outgoing


def test_who_sends_as_the_connection_ends_gets_what_a_broken_one_raises(parts: Parts) -> None:
    """Whatever py-amqp has forgotten of the channel by then."""
    channels: list[Any] = []
    link = Link(parts.amqp_uri, channels.append, name="a test")
    link.start()
    try:
        assert link.ready.wait(10)
        outgoing = Outgoing(channels[0])
        outgoing.channel.connection.collect()
        with pytest.raises(OSError):
            outgoing.send(outgoing.message(amqp.Message(b"x"), "", "nobody", mandatory=False))
    finally:
        link.stop()
