"""Callers with any number of productions: header frames, which can't be split, stay small."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec
import pytest
from pamqp.commands import Basic
from pamqp.frame import marshal

from services.common.actor import Actor
from services.common.runtime.rpc_request import MessageRefused, read_request
from services.common.wire import rpc_protocol
from services.common.wire.frames import MAX_FRAME, FrameReader, Incoming, content, publish_to
from services.common.wire.rpc_protocol import ACTOR, AUTHOR, IN_BODY, INLINE, call_bytes

ROOM = 24 * 1024
"""What all headers of a call may take."""


def actor(productions: int) -> str:
    """Somebody in the teams of so many productions, as the gateway has them."""
    ids = [uuid4() for _ in range(productions)]
    found = Actor(id=uuid4(), projects=dict.fromkeys(ids, "user"), open_projects=frozenset(ids))
    return msgspec.json.encode(found).decode()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, Basic.Properties]]:
    """The bodies and properties that calls are made of; no session is needed for these."""
    result: list[tuple[bytes, Basic.Properties]] = []

    def note(_: object, body: bytes, *address: str, mandatory: bool) -> bytes:
        assert mandatory
        *_, properties = address
        result.append((body, properties))  # type: ignore[arg-type]
        return content(1, body, properties, publish_to(1, "x", "y", mandatory), MAX_FRAME)  # type: ignore[arg-type]

    monkeypatch.setattr(rpc_protocol, "message_bytes", note)
    return result


def called(sent: list[Any], **headers: str) -> Incoming:
    """The message of a call, as its service receives it."""
    kwargs = msgspec.json.encode({"ident": "x"})
    session: Any = None
    call_bytes(session, ("tasks", "read_row"), kwargs, "1", headers, 5.0)
    body, properties = sent[-1]
    message = Incoming(1)
    message.body, message.properties = body, properties
    return message


@pytest.mark.parametrize("productions", [0, 3, 100, 500, 2000, 20_000])
def test_any_caller_is_known_to_the_service(sent: list[Any], productions: int) -> None:
    """By headers of a few kilobytes; the arguments are the same, and so is what is repeated."""
    who = actor(productions)
    message = called(sent, **{ACTOR: who, AUTHOR: "{}"})
    headers = message.properties.headers or {}
    assert sum(len(name) + len(str(value)) for name, value in headers.items()) < ROOM
    request = read_request(message, "read_row")
    assert request.context["actor"] == who
    assert request.arguments.kwargs == {"ident": "x"}
    assert request.context["body"] == b'{"args":[],"kwargs":{"ident":"x"}}'


def test_a_small_caller_is_sent_as_the_release_before_reads_it(sent: list[Any]) -> None:
    """In a header, with nothing but the arguments in the body."""
    who = actor(100)
    message = called(sent, **{ACTOR: who})
    assert message.headers[ACTOR] == who
    assert len(who) < INLINE
    assert msgspec.json.decode(message.body) == {"args": [], "kwargs": {"ident": "x"}}


def test_the_release_before_refuses_a_caller_that_it_cannot_see(sent: list[Any]) -> None:
    """It takes a call without an actor for the system's own: the header must not be one."""
    message = called(sent, **{ACTOR: actor(2000)})
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(message.headers[ACTOR], type=Actor)


def test_an_author_of_any_size_is_left_to_the_service(sent: list[Any]) -> None:
    """Which asks for whom it shows and does not have."""
    message = called(sent, **{ACTOR: actor(1), AUTHOR: "{" + " " * 1_000_000 + "}"})
    assert read_request(message, "read_row").context["author"] == ""


@pytest.mark.parametrize("place", ["", "x", "-3", "0", "1", "34", "99999", "1e3"])
def test_a_caller_that_is_not_where_it_is_said_to_be_is_refused(place: str) -> None:
    """Once, and never taken for nobody."""
    message = Incoming(1)
    message.body = b'{"args":[],"kwargs":{"ident":"x"}}'
    message.properties = Basic.Properties(headers={ACTOR: f"{IN_BODY}{place}"})
    with pytest.raises(MessageRefused, match="Who is calling"):
        read_request(message, "read_row")


FORGED = {
    "an array": {"a": [1] * 16_000},
    "arrays in arrays": {"a": [[1] * 100] * 150},
    "a table": {"a": {str(n): n for n in range(6000)}},
    "many headers": {str(n): n for n in range(6000)},
}


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED)
def test_forged_headers_are_refused_undecoded(
    monkeypatch: pytest.MonkeyPatch, headers: dict[str, Any]
) -> None:
    """Decoding them takes seconds; the message behind them is read as ever."""
    data = delivered(headers) + delivered({"name": "x" * 100_000})
    decoded: list[int] = []
    unmarshal = Basic.Properties.unmarshal
    monkeypatch.setattr(
        Basic.Properties,
        "unmarshal",
        lambda *given: decoded.append(len(given[2])) or unmarshal(*given),
    )
    refused, good = FrameReader().feed(data)
    assert isinstance(refused, Incoming)
    assert isinstance(good, Incoming)
    assert refused.error
    assert (refused.body, good.body) == (b"", b"{}")
    assert not good.error
    assert good.headers["name"] == "x" * 100_000
    assert len(decoded) == 1


def delivered(headers: dict[str, Any]) -> bytes:
    """A delivery with these headers."""
    properties = Basic.Properties(headers=headers, content_type="application/json")
    deliver = Basic.Deliver("c", 1, False, "x", "y")
    return content(1, b"{}", properties, marshal(deliver, 1), 2**20)
