"""Outgoing frames stay complete and in order with many writers."""

from __future__ import annotations

import threading

import pytest

from services.common.errors import Unavailable
from services.common.wire import connection
from services.common.wire.connection import Outgoing


class Gate:
    """A socket that accepts bytes only while it is open."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.entered = threading.Event()
        self.written: list[bytes] = []
        self.fails = False

    def write(self, data: bytes) -> None:
        self.entered.set()
        assert self.open.wait(10)
        if self.fails:
            raise ConnectionResetError
        self.written.append(data)


@pytest.fixture
def gate() -> Gate:
    return Gate()


def test_a_writer_does_not_wait_for_the_current_one(gate: Gate) -> None:
    """Its frames are queued and sent together, in order."""
    outgoing = Outgoing(gate.write)
    writer = threading.Thread(target=outgoing.send, args=(b"a",))
    writer.start()
    assert gate.entered.wait(5)
    outgoing.send(b"b")
    outgoing.send(b"c")
    gate.open.set()
    writer.join(5)
    assert gate.written == [b"a", b"bc"]
    outgoing.send(b"d")
    assert gate.written == [b"a", b"bc", b"d"]


def test_frames_of_many_threads_are_not_interleaved() -> None:
    """Each thread's are in order."""
    pieces: list[bytes] = []

    def write(data: bytes) -> None:
        pieces.extend(data[at : at + 7] for at in range(0, len(data), 7))

    outgoing = Outgoing(write)

    def send(thread: int) -> None:
        for number in range(300):
            outgoing.send(f"<{thread}:{number}:{'x' * (number % 50)}>".encode())

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    sent = b"".join(pieces).decode().removeprefix("<").removesuffix(">").split("><")
    assert len(sent) == 8 * 300
    for thread in range(8):
        mine = [one.split(":") for one in sent if one.startswith(f"{thread}:")]
        assert [int(number) for _, number, _ in mine] == list(range(300))
        assert all(len(text) == int(number) % 50 for _, number, text in mine)


def test_the_queue_is_bounded(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replies beyond it are refused, acknowledgements are not; a large message passes alone."""
    monkeypatch.setattr(connection, "MAX_QUEUED", 100)
    outgoing = Outgoing(gate.write)
    writer = threading.Thread(target=outgoing.send_bounded, args=(b"a" * 1000,))
    writer.start()
    assert gate.entered.wait(5)
    with pytest.raises(Unavailable):
        outgoing.send_bounded(b"b")
    outgoing.send(b"ack")
    gate.open.set()
    writer.join(5)
    outgoing.send_bounded(b"b" * 90)
    assert gate.written[1:] == [b"ack", b"b" * 90]


def test_nothing_follows_a_failed_write(gate: Gate) -> None:
    outgoing = Outgoing(gate.write)
    failed: list[BaseException] = []

    def send() -> None:
        try:
            outgoing.send(b"a")
        except OSError as error:
            failed.append(error)

    writer = threading.Thread(target=send)
    writer.start()
    assert gate.entered.wait(5)
    outgoing.send(b"left to the other")
    gate.fails = True
    gate.open.set()
    writer.join(5)
    assert failed
    with pytest.raises(OSError):
        outgoing.send(b"b")
    assert gate.written == []
