"""The gateway's RPC client against a fake broker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
import uvloop
from pamqp.commands import Basic

from gateway.rpc import client as rpc
from gateway.rpc.client import RpcClient
from services.common.errors import NotFound, Unavailable
from services.common.wire.rpc_protocol import Reply
from tests.unit.common.wire.fake_broker import FakeBroker, answer, content, delivery, marshalled

Answering = Callable[[str, Any], bytes]


class Replying(FakeBroker):
    """Answers each call with ``answering(correlation id, headers)``."""

    def __init__(self, answering: Answering) -> None:
        self.reply = answering
        super().__init__(self._answer)

    def _answer(self, frame: Any) -> bytes:
        properties = getattr(frame, "properties", None)
        if properties is not None and properties.correlation_id:
            return self.reply(properties.correlation_id, properties.headers)
        return answer(frame)


def replied(ident: str, body: bytes = b"{}", **headers: Any) -> bytes:
    """The frames of a reply."""
    return delivery("replies", 1, body, correlation_id=ident, headers=headers or None)


def calling(
    uri: str, work: Callable[[RpcClient], Coroutine[Any, Any, Any]], deadline: float = 5.0
) -> Any:
    """The result of ``work`` with a connected client."""

    async def run() -> Any:
        client = RpcClient(uri, name="test", deadline=deadline)
        client.start()
        try:
            async with asyncio.timeout(5):
                await client.broker.ready.wait()
                return await work(client)
        finally:
            await client.stop()

    # The loop that the gateway has: asyncio's own lets one write to a closed connection.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())


@pytest.fixture
def broker() -> Iterator[Callable[[Answering], str]]:
    """A factory of brokers, which returns their URIs."""
    running: list[FakeBroker] = []

    def start(answering: Answering) -> str:
        running.append(Replying(answering))
        return running[-1].uri

    yield start
    for one in running:
        one.stop()


async def one_call(client: RpcClient) -> Reply:
    """A coroutine that makes a call."""
    return await client.call("tasks", "read_row", b'{"ident":"x"}')


def test_a_reply_is_passed_on_as_bytes(broker: Callable[[Answering], str]) -> None:
    """With its status and encoding."""
    uri = broker(
        lambda ident, _: delivery(
            "replies",
            1,
            b"packed",
            correlation_id=ident,
            content_encoding="gzip",
            headers={"status": 304, "etag": "x"},
        )
    )
    result = calling(uri, one_call)
    assert (result.body, result.encoding, result.status) == (b"packed", "gzip", 304)
    assert result.headers["etag"] == "x"


def test_replies_are_matched_by_correlation_id(
    broker: Callable[[Answering], str],
) -> None:
    """Unexpected replies are dropped."""
    held: list[str] = []

    def answering(ident: str, _headers: Any) -> bytes:
        held.append(ident)
        if len(held) < 3:
            return b""
        return replied("nobody's") + b"".join(replied(one, one.encode()) for one in held[::-1])

    async def three(client: RpcClient) -> list[bytes]:
        return [one.body for one in await asyncio.gather(*(one_call(client) for _ in range(3)))]

    bodies = calling(broker(answering), three)
    assert bodies == sorted(bodies)
    assert len(set(bodies)) == 3


def test_a_services_error_is_raised_again(broker: Callable[[Answering], str]) -> None:
    """As the same kind."""
    body = b'{"kind":"not-found","message":"","data":null}'
    with pytest.raises(NotFound):
        calling(broker(lambda ident, _: replied(ident, body, error="1")), one_call)


def test_an_unreadable_reply_is_unavailable(broker: Callable[[Answering], str]) -> None:
    """And the connection stays open."""
    uri = broker(lambda ident, _: replied(ident, b"not json", error="1"))

    async def twice(client: RpcClient) -> None:
        for _ in range(2):
            with pytest.raises(Unavailable):
                await one_call(client)

    calling(uri, twice)


def test_a_returned_call_fails_at_once(broker: Callable[[Answering], str]) -> None:
    """There is no queue."""

    def answering(ident: str, _headers: Any) -> bytes:
        returned = Basic.Return(312, "NO_ROUTE", "nameko-rpc", "tasks.read_row")
        return marshalled(returned) + content(b"{}", correlation_id=ident)

    with pytest.raises(Unavailable, match="has not been started"):
        calling(broker(answering), one_call)


def test_a_service_without_heartbeats_fails_before_the_deadline(
    broker: Callable[[Answering], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After SILENCE."""
    monkeypatch.setattr(rpc, "SILENCE", 0.05)
    monkeypatch.setattr(rpc, "CHECK_SECONDS", 0.01)
    with pytest.raises(Unavailable, match="is away"):
        calling(broker(lambda *_: b""), one_call)


def test_a_call_times_out_at_its_deadline(
    broker: Callable[[Answering], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if the service sends heartbeats."""
    monkeypatch.setattr(rpc, "CHECK_SECONDS", 0.01)
    uri = broker(lambda *_: delivery("beats", 1, b"tasks"))

    with pytest.raises(Unavailable, match="in time"):
        calling(uri, one_call, deadline=0.05)


@pytest.mark.parametrize("bytes_", [b"\x00" * 20, b"\x01\x00\x01\xff\xff\xff\xff"])
def test_a_protocol_error_reconnects(broker: Callable[[Answering], str], bytes_: bytes) -> None:
    """Calls in flight fail; the next one uses a new connection."""
    asked: list[str] = []

    def answering(ident: str, _headers: Any) -> bytes:
        asked.append(ident)
        return bytes_ if len(asked) == 1 else replied(ident)

    async def again(client: RpcClient) -> bytes:
        with pytest.raises(Unavailable):
            await one_call(client)
        await client.broker.ready.wait()
        return (await one_call(client)).body

    assert calling(broker(answering), again) == b"{}"


def test_without_a_broker_calls_fail_at_once() -> None:
    """They don't wait for a connection."""

    async def run() -> None:
        client = RpcClient("amqp://127.0.0.1:1/", name="test", deadline=5.0)
        client.start()
        with pytest.raises(Unavailable):
            await one_call(client)
        await client.stop()

    asyncio.run(run())


def test_a_cancelled_call_is_forgotten(broker: Callable[[Answering], str]) -> None:
    """Its reply is dropped."""

    async def cancelled(client: RpcClient) -> int:
        waiting = asyncio.create_task(one_call(client))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        return client.in_flight

    assert calling(broker(lambda *_: b""), cancelled) == 0


def test_a_connection_that_broke_a_moment_ago_is_an_absent_broker(
    broker: Callable[[Answering], str],
) -> None:
    """The loop has closed the transport, and hasn't told anybody yet."""

    class Closed:
        """What uvloop's transport does once it is closed."""

        def is_closing(self) -> bool:
            return True

        def get_write_buffer_size(self) -> int:
            return 0

        def write(self, _data: bytes) -> None:
            raise RuntimeError("unable to perform operation on <TCPTransport closed=True>")

    async def after_the_break(client: RpcClient) -> None:
        protocol: Any = client.broker._protocol  # noqa: SLF001 - whose transport broke
        open_one, protocol.transport = protocol.transport, Closed()
        try:
            with pytest.raises(Unavailable):
                await one_call(client)
        finally:
            protocol.transport = open_one

    calling(broker(lambda ident, _: replied(ident)), after_the_break)


def test_a_former_name_is_tried_where_a_method_is_unknown(
    broker: Callable[[Answering], str],
) -> None:
    """A service of the last release answers to it alone."""
    seen: list[str] = []

    def answering(ident: str, _headers: Any) -> bytes:
        seen.append(ident)
        if len(seen) == 1:
            return replied(ident, b'{"kind":"method-unknown","message":"no method"}', error="1")
        return replied(ident, b"[]")

    async def renamed(client: RpcClient) -> Reply:
        return await client.call("crud", "list_team", b"{}")

    assert calling(broker(answering), renamed).body == b"[]"
    assert len(seen) == 2
