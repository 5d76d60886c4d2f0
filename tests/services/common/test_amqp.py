"""Connecting to the broker, and a connection that ends while somebody is about to send."""

import pytest
from kombu import Connection

from deploy.local.parts import Parts
from services.common.wire.frames import Outgoing
from services.common.wire.link import BROKEN, reach


def test_who_sends_as_the_connection_ends_gets_what_a_broken_one_raises(parts: Parts) -> None:
    """Whatever py-amqp has forgotten of the channel by then."""
    with Connection(parts.amqp_uri) as connection:
        outgoing = Outgoing(connection.channel())
        connection.connection.collect()
        with pytest.raises(OSError):
            outgoing.send(outgoing.message(b"x", {}, "", "nobody", mandatory=False))


def test_of_several_hosts_the_first_that_answers_is_taken(parts: Parts) -> None:
    """Wherever in the list it is."""
    with Connection(f"amqp://127.0.0.1:1/;amqp://127.0.0.1:2/;{parts.amqp_uri}") as connection:
        reach(connection)
        assert connection.connected


def test_a_refusal_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long to wait before the next try is for the caller to say."""
    naps: list[float] = []
    monkeypatch.setattr("kombu.utils.functional.sleep", naps.append)
    with Connection("amqp://127.0.0.1:1/;amqp://127.0.0.1:2/") as connection:
        with pytest.raises(BROKEN):
            reach(connection)
    assert not any(naps)
