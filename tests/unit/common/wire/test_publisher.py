"""Publisher confirms: in any order, single or multiple, late or missing."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pamqp.commands import Basic, Channel, Confirm

from services.common.wire.errors import BrokerLost
from services.common.wire.publisher import NotConfirmed, Publisher
from services.common.wire.session import Session
from tests.unit.common.wire.fake_broker import FakeBroker, answer, marshalled

Tell = Callable[[int], bytes]


class Confirming:
    """Answers published messages by their number."""

    def __init__(self, tell: Tell) -> None:
        self.tell, self.numbers = tell, itertools.count(1)

    def __call__(self, frame: Any) -> bytes:
        return self.tell(next(self.numbers)) if isinstance(frame, Basic.Publish) else answer(frame)


@pytest.fixture
def publishing() -> Iterator[Callable[[Tell], Publisher]]:
    """A publisher, connected to a broker with those answers."""
    brokers: list[FakeBroker] = []
    publishers: list[Publisher] = []

    def make(tell: Tell) -> Publisher:
        brokers.append(FakeBroker(Confirming(tell)))
        publishers.append(Publisher(brokers[-1].uri, lambda _s: None, name="test"))
        return publishers[-1]

    yield make
    for publisher in publishers:
        publisher.close()
    for broker in brokers:
        broker.stop()


def ack(number: int, *, multiple: bool = False) -> bytes:
    return marshalled(Basic.Ack(number, multiple))


TELLING: dict[str, Tell] = {
    "one by one": ack,
    "all up to the tenth": lambda n: ack(10, multiple=True) if n == 10 else b"",
    "backwards": lambda n: b"".join(ack(m) for m in range(10, 0, -1)) if n == 10 else b"",
    "some alone, then the rest": lambda n: (
        ack(7) + ack(3) + ack(10, multiple=True) if n == 10 else b""
    ),
}


@pytest.mark.parametrize("name", TELLING)
def test_confirms_may_come_in_any_order(publishing: Callable[[Tell], Publisher], name: str) -> None:
    publisher = publishing(TELLING[name])
    for number in range(10):
        publisher.add(str(number), "e", "k", headers={"event_id": "x"})
    publisher.confirm(2.0)
    assert not publisher.open


def test_a_negative_acknowledgement_raises(publishing: Callable[[Tell], Publisher]) -> None:
    publisher = publishing(lambda n: marshalled(Basic.Nack(n)) if n == 2 else ack(n))
    for _ in range(3):
        publisher.add(b"{}", "e", "k")
    with pytest.raises(NotConfirmed):
        publisher.confirm(2.0)


def test_each_confirm_extends_the_deadline(
    publishing: Callable[[Tell], Publisher],
) -> None:
    """A slow broker is waited for."""
    waiter = threading.Event()

    def slowly(number: int) -> bytes:
        waiter.wait(0.2)
        return ack(number)

    publisher = publishing(slowly)
    for _ in range(8):
        publisher.add(b"{}", "e", "k")
    began = time.monotonic()
    publisher.confirm(1.2)
    assert time.monotonic() - began > 1.3


def test_missing_confirms_time_out(publishing: Callable[[Tell], Publisher]) -> None:
    publisher = publishing(lambda _n: b"")
    publisher.add(b"{}", "e", "k")
    with pytest.raises(NotConfirmed):
        publisher.confirm(0.2)


def test_an_invalid_message_does_not_affect_others(
    publishing: Callable[[Tell], Publisher],
) -> None:
    publisher = publishing(ack)
    publisher.add(b"{}", "e", "k")
    with pytest.raises(ValueError):
        publisher.add(b"{}", "e", "k", headers={"a": "x" * 200_000})
    with pytest.raises(ValueError):
        publisher.add(b"{}", "e", "k" * 300)
    publisher.add(b"{}", "e", "k")
    publisher.confirm(2.0)
    assert publisher.published == 2


def test_the_reply_code_of_a_closed_connection_is_reported(
    publishing: Callable[[Tell], Publisher],
) -> None:
    """It tells an oversized message from an unreachable broker."""
    publisher = publishing(lambda _n: marshalled(Channel.Close(406, "too large", 0, 0)))
    publisher.add(b"{}", "e", "k")
    with pytest.raises(BrokerLost) as caught:
        publisher.confirm(2.0)
    assert caught.value.code == 406


def test_confirms_are_selected_before_publishing() -> None:
    declared: list[Session] = []
    broker = FakeBroker(Confirming(ack))
    try:
        publisher = Publisher(broker.uri, declared.append, name="test")
        publisher.add(b"{}", "e", "k")
        publisher.confirm(2.0)
        kinds = [type(frame) for frame in broker.client().frames]
        assert kinds.index(Confirm.Select) < kinds.index(Basic.Publish)
        publisher.close()
    finally:
        broker.stop()
    assert declared
