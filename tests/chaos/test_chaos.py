"""A short ``make chaos``: one fault of each kind."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.chaos.faults import SHORT, Fault
from tests.chaos.trial import trial
from tests.running import System
from tests.subscribing import Subscriber
from tests.world import World

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def durable(system: System) -> Subscriber:
    """A downstream program, there before anything dies.

    RabbitMQ 3 writes down a new quorum queue's whereabouts half a second after its declaration; a
    node killed before that does not find the queue again. No real subscriber is younger.
    """
    subscriber = Subscriber(system.parts.amqp_uri)
    time.sleep(1.0)
    return subscriber


@pytest.fixture
def subscriber(durable: Subscriber) -> Subscriber:
    """The subscriber, with an empty record."""
    durable.read()
    durable.received.clear()
    return durable


@pytest.fixture(autouse=True)
def restored(system: System) -> Iterator[None]:
    """Restart killed processes for the next test."""
    yield
    system.restore()


@pytest.mark.parametrize("fault", SHORT, ids=lambda fault: fault.name)
def test_a_fault_loses_nothing_and_doubles_nothing(
    system: System, world: World, subscriber: Subscriber, fault: Fault
) -> None:
    """Rows, event log and subscriber agree; refusals are 502; the system recovers."""
    trial(system, world, subscriber, fault)
