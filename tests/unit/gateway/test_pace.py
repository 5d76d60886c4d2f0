"""Minimum transfer rates of request bodies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from gateway.http import pace
from gateway.http.pace import BODY, Body, ClientGone, ClientTooSlow, Pace, paced
from gateway.places import Places

Message = dict[str, Any]


def piece(body: bytes, *, more: bool = True) -> Message:
    """A piece of a body as the server hands it over."""
    return {"type": "http.request", "body": body, "more_body": more}


def sent(*messages: Message) -> Callable[[], Any]:
    """An ASGI ``receive`` that returns these messages, then waits for ever."""
    left = list(messages)

    async def receive() -> Message:
        if left:
            return left.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    return receive


def run(app: Any, receive: Callable[[], Any], *headers: tuple[bytes, bytes]) -> list[Message]:
    """The messages that the paced application sends."""
    result: list[Message] = []

    async def send(message: Message) -> None:
        result.append(message)

    scope = {"type": "http", "headers": [(b"content-length", b"9"), *headers]}
    asyncio.run(paced(app)(scope, receive, send))
    return result


async def answer(send: Callable[[Message], Any]) -> None:
    """A small answer."""
    await send({"type": "http.response.start", "status": 401, "headers": []})
    await send({"type": "http.response.body", "body": b"no"})


def closes_connection(messages: Iterable[Message]) -> bool:
    """Whether the response closes its connection."""
    return any((b"connection", b"close") in message.get("headers", ()) for message in messages)


def test_a_slow_client_needs_a_place() -> None:
    """Without one it is disconnected after a second, with one after PATIENCE."""
    slow = Places(1, "slow")
    first, second = Pace(slow), Pace(slow)
    first.count(pace.PROMPT + 1, 0)
    with pytest.raises(ClientTooSlow):
        second.count(pace.PROMPT + 1, 0)
    first.end()
    third = Pace(slow)
    third.count(pace.PROMPT + 1, 0)
    with pytest.raises(ClientTooSlow):
        third.count(pace.PATIENCE, 0)


def test_earlier_speed_is_no_credit() -> None:
    """A fast first megabyte allows no silent minute."""
    found = Pace(Places(1, "slow"))
    found.count(0.1, 1024 * 1024)
    assert found.debt == 0.0
    found.count(10.0, 10 * pace.RATE)
    assert found.debt == 0.0
    with pytest.raises(ClientTooSlow):
        found.count(pace.PATIENCE + 1, 0)


def test_the_application_decides_before_the_body_is_read() -> None:
    """A request refused by its head gets no 100 Continue."""

    async def run_first() -> Message:
        return await Body(sent()).receive()

    assert asyncio.run(run_first()) == piece(b"")


def test_a_truncated_body_is_discarded() -> None:
    """The client disconnected."""

    async def read() -> None:
        body = Body(sent(piece(b"12"), {"type": "http.disconnect"}))
        for _ in range(3):
            await body.receive()

    with pytest.raises(ClientGone):
        asyncio.run(read())


def test_a_silent_client_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """After PATIENCE."""
    monkeypatch.setattr(pace, "PATIENCE", 0.02)

    async def read() -> None:
        body = Body(sent(piece(b"12")))
        for _ in range(3):
            await body.receive()

    with pytest.raises(ClientTooSlow):
        asyncio.run(read())


def test_a_small_unread_body_keeps_the_connection() -> None:
    """It had arrived already."""

    async def refuse(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await answer(send)

    result = run(refuse, sent(piece(b"123"), piece(b"456789", more=False)))
    assert not closes_connection(result)
    assert [one.get("body") for one in result[1:]] == [b"no"]


def test_an_unsent_body_closes_the_connection_after_lingering(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So that the client can read the answer."""
    monkeypatch.setattr(pace, "LINGER_SECONDS", 0.01)

    async def refuse(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await answer(send)

    result = run(refuse, sent(piece(b"123")))
    assert closes_connection(result)
    assert [(one["body"], one["more_body"]) for one in result[1:]] == [(b"no", True), (b"", False)]


def test_a_refused_request_gets_no_100_continue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The client would send its body."""
    monkeypatch.setattr(pace, "LINGER_SECONDS", 0.01)
    asked = []

    async def receive() -> Message:
        asked.append(True)
        return {"type": "http.disconnect"}

    async def refuse(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 401, "headers": []})
        assert asked == []
        assert scope[BODY]
        await send({"type": "http.response.body", "body": b"no"})

    assert closes_connection(run(refuse, receive, (b"expect", b"100-continue")))


def test_requests_without_a_body_are_not_paced() -> None:
    """They have no overhead."""
    given: list[Any] = []

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        given.extend([receive, send])

    receive, send = sent(), answer
    asyncio.run(paced(app)({"type": "http", "headers": []}, receive, send))
    assert given == [receive, send]
