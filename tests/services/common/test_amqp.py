"""A connection to the broker that ends while somebody is about to send."""

import pytest
from kombu import Connection

from deploy.local.parts import Parts
from services.common.frames import Outgoing


def test_who_sends_as_the_connection_ends_gets_what_a_broken_one_raises(parts: Parts) -> None:
    """Whatever py-amqp has forgotten of the channel by then."""
    with Connection(parts.amqp_uri) as connection:
        outgoing = Outgoing(connection.channel())
        connection.connection.collect()
        with pytest.raises(OSError):
            outgoing.send(outgoing.message(b"x", {}, "", "nobody", mandatory=False))
