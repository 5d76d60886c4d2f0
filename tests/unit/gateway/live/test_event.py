"""An event in each of the forms that clients get."""

from __future__ import annotations

import msgspec
import pytest

from gateway.live.event import LiveEvent
from gateway.live.rights import NOTHING
from tests.unit.gateway.live.making import event


def payload(one: LiveEvent) -> bytes:
    """The packet of a socket, from its length on."""
    return one.packet.encode().encode()


def test_the_packet_of_a_socket() -> None:
    """The name and the flat payload, as an event of the namespace."""
    one = event(name="task:update")
    text = payload(one).decode()
    assert text.startswith('42/events,["task:update",{"task_id":')
    assert msgspec.json.decode(text.removeprefix("42/events,"))[1] == one.payload


@pytest.mark.parametrize(
    ("size", "head"), [(0, 2), (200, 4), (70_000, 10)], ids=["short", "medium", "long"]
)
def test_the_frame_of_a_websocket(size: int, head: int) -> None:
    """Final, text, unmasked, with its length in as many bytes as that takes."""
    one = event(size=size)
    text, frame = payload(one), one.text_frame
    assert frame[0] == 0x81
    assert frame[head:] == text
    length = int.from_bytes(frame[2:head], "big") if head > 2 else frame[1]
    assert length == len(text)
    assert frame[1] == {2: len(text), 4: 126, 10: 127}[head]


def test_the_frame_and_the_chunk_of_a_stream() -> None:
    """One line each; a chunk tells its length first."""
    one = event(7, "task:update")
    frame = one.frame(NOTHING)
    assert frame.startswith(b"id: 7\nevent: task:update\ndata: {")
    assert frame.endswith(b"}\n\n")
    assert frame.count(b"\n") == 4
    size, _, rest = one.chunk(NOTHING).partition(b"\r\n")
    assert rest == frame + b"\r\n"
    assert int(size, 16) == len(frame)


@pytest.mark.parametrize("body", [b"{}", b"no JSON", b'{"id": 1}'])
def test_what_is_no_event_is_refused(body: bytes) -> None:
    """For the hub to skip."""
    with pytest.raises(msgspec.DecodeError):
        LiveEvent(1, b"{}", body)
