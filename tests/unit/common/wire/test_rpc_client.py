"""RPC calls of services: replies, errors, timeouts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pamqp.base import Frame
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from services.common.errors import InvalidInput, NotFound, ServiceError, Unavailable
from services.common.wire.rpc_client import RpcClient
from services.common.wire.rpc_protocol import SILENCE
from tests.unit.common.wire.fake_broker import FakeBroker, answer, content, delivery, marshalled

Replying = Callable[[str], bytes]


class Service:
    """Answers calls; ``reply`` makes the bytes for a correlation id."""

    def __init__(self, reply: Replying) -> None:
        self.reply = reply

    def __call__(self, frame: Any) -> bytes:
        if isinstance(frame, ContentHeader):
            return self.reply(str(frame.properties.correlation_id))
        return answer(frame) if isinstance(frame, Frame) else b""


@pytest.fixture
def calling() -> Iterator[Callable[[Replying], tuple[RpcClient, FakeBroker]]]:
    """A client whose broker answers calls in that way."""
    ends: list[Callable[[], None]] = []

    def make(reply: Replying) -> tuple[RpcClient, FakeBroker]:
        broker = FakeBroker(Service(reply))
        client = RpcClient(broker.uri, name="test", deadline=5.0)
        thread = threading.Thread(target=client.link.run, daemon=True)
        thread.start()

        def end() -> None:
            client.link.stop()
            thread.join(5)
            broker.stop()

        ends.append(end)
        assert client.link.ready.wait(5)
        return client, broker

    yield make
    for end in ends:
        end()


def replied(number: str, body: bytes = b'"yes"', **properties: Any) -> bytes:
    return delivery("replies", 1, body, correlation_id=number, **properties)


def beat(service: bytes) -> bytes:
    return delivery("beats", 1, service)


def returned(number: str) -> bytes:
    address = Basic.Return(312, "NO_ROUTE", "nameko-rpc", "tasks.x")
    return marshalled(address) + content(b"", correlation_id=number)


def test_a_call_gets_its_reply(calling: Any) -> None:
    client, _ = calling(lambda n: replied(n, headers={"status": 201}))
    reply = client.call("tasks", "x", b"{}", headers={"nameko.request_id": "r"})
    assert (reply.body, reply.status) == (b'"yes"', 201)


def test_concurrent_calls_get_their_own_replies(calling: Any) -> None:
    """In pairs and in reverse order."""
    held: list[str] = []

    def two_by_two(number: str) -> bytes:
        held.append(number)
        if len(held) < 2:
            return b""
        answers = b"".join(replied(n, f'"{n}"'.encode()) for n in reversed(held))
        held.clear()
        return answers

    client, _ = calling(two_by_two)
    with ThreadPoolExecutor(8) as pool:
        result = list(pool.map(lambda _n: client.call("t", "x", b"{}").decoded(), range(200)))
    assert len(set(result)) == 200


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"kind":"not-found","message":"m","data":null}', NotFound),
        (b'{"kind":"invalid-input","message":"m","data":{"a":1}}', InvalidInput),
        (b'{"kind":"of the next release","message":"m"}', Unavailable),
        (b"[]", Unavailable),
        (b"\xff", Unavailable),
        (b"{" * 5000, Unavailable),
    ],
)
def test_an_error_is_raised_again(calling: Any, body: bytes, kind: type[ServiceError]) -> None:
    client, _ = calling(lambda n: replied(n, body, headers={"error": "1"}))
    with pytest.raises(kind):
        client.call("tasks", "x", b"{}")


def test_a_returned_call_fails_at_once(calling: Any) -> None:
    client, _ = calling(returned)
    began = time.monotonic()
    with pytest.raises(Unavailable, match="not been started"):
        client.call("tasks", "x", b"{}")
    assert time.monotonic() - began < SILENCE


def test_a_service_without_heartbeats_fails_before_the_deadline(calling: Any) -> None:
    client, _ = calling(lambda _n: b"")
    began = time.monotonic()
    with pytest.raises(Unavailable, match="is away"):
        client.call("tasks", "x", b"{}")
    assert SILENCE <= time.monotonic() - began < 4


def test_a_service_with_heartbeats_has_until_the_deadline(calling: Any) -> None:
    client, broker = calling(lambda _n: b"")
    broker.client().send(beat(b"tasks") + beat(b"\xff\xfe"))
    with pytest.raises(Unavailable, match="in time"):
        client.call("tasks", "x", b"{}", deadline=0.2)
    assert client.alive("tasks")
    assert not client.alive("chat")


def test_calls_in_flight_fail_when_the_connection_breaks(calling: Any) -> None:
    """While other threads start calls."""
    client, broker = calling(lambda _n: b"")
    refused: list[str] = []
    stop = threading.Event()

    def call() -> None:
        while not stop.is_set():
            try:
                client.call("tasks", "x", b"{}", deadline=1.0)
            except Unavailable as error:
                refused.append(error.message)

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for number in range(5):
        broker.client(number).wait_for(Basic.Publish)
        broker.client(number).close()
    assert broker.client(5).wait_for(Basic.Publish)
    stop.set()
    for thread in threads:
        thread.join(10)
    assert any("went away" in message for message in refused)


def test_oversized_headers_are_unavailable(calling: Any) -> None:
    client, _ = calling(replied)
    with pytest.raises(Unavailable, match="more than a message can carry"):
        client.call("tasks", "x", b"{}", headers={"nameko.fingerprint": "x" * 200_000})
    assert client.call("tasks", "x", b"{}").body == b'"yes"'
