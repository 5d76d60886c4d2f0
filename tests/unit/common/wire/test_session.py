"""The AMQP session's dialogue with a broker, without a socket."""

from __future__ import annotations

from typing import Any

import pamqp.frame
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pamqp.commands import Basic, Channel, Connection, Queue

from services.common.wire import session as session_module
from services.common.wire.address import Address, addresses
from services.common.wire.errors import BrokerLost
from services.common.wire.frames import PROTOCOL, Incoming
from services.common.wire.session import BEAT_SECONDS, Session, cancel_bytes
from tests.unit.common.wire.fake_broker import content, delivery, marshalled

ADDRESS = Address.read("amqp://me:p%40ss@host/vh")
OPENING = [
    Connection.Start(server_properties={}),
    Connection.Tune(2047, 50_000, 60),
    Connection.OpenOk(),
    Channel.OpenOk(),
    Channel.FlowOk(active=True),
]


class Talk:
    """An open session and the bytes it writes."""

    def __init__(self, upto: int = len(OPENING)) -> None:
        self.said = b""
        self.heard: list[Any] = []
        self.session = Session(
            ADDRESS,
            self._write,
            self._setup,
            name="test",
            returned=lambda message: self.heard.append(("returned", message.body)),
            confirmed=lambda tag, many: self.heard.append(("confirmed", tag, many)),
            refused=lambda tag, many: self.heard.append(("refused", tag, many)),
        )
        self.session.begin()
        for frame in OPENING[:upto]:
            self.session.feed(marshalled(frame))

    def _write(self, data: bytes) -> None:
        self.said += data

    def _setup(self, session: Session) -> None:
        session.prefetch(5)
        session.exchange_declare("e", "topic")
        session.queue_declare("q", arguments={"x-queue-type": "quorum"})
        session.queue_bind("q", "e", "a.*")
        session.queue_unbind("q", "e", "b.*")
        session.consume("q", self._consume, tag="c")

    def _consume(self, message: Incoming) -> None:
        assert message.origin is self.session
        self.heard.append(("message", message.body))

    def frames(self) -> list[Any]:
        """The frames written."""
        assert self.said.startswith(PROTOCOL)
        rest, found = self.said.removeprefix(PROTOCOL), []
        while rest:
            size, _, frame = pamqp.frame.unmarshal(rest)
            found.append(frame)
            rest = rest[size:]
        return found


def test_it_opens_then_declares_with_one_round_trip() -> None:
    talk = Talk()
    kinds = [frame.name for frame in talk.frames()]
    assert kinds == [
        "Connection.StartOk",
        "Connection.TuneOk",
        "Connection.Open",
        "Channel.Open",
        "Basic.Qos",
        "Exchange.Declare",
        "Queue.Declare",
        "Queue.Bind",
        "Queue.Unbind",
        "Basic.Consume",
        "Channel.Flow",
    ]
    start, tune, opened, *_ = talk.frames()
    assert start.response == "\0me\0p@ss"
    assert (tune.frame_max, opened.virtual_host) == (50_000, "vh")
    assert talk.session.ready


@pytest.mark.parametrize("upto", range(len(OPENING)))
def test_it_is_ready_after_the_last_declaration_is_confirmed(upto: int) -> None:
    assert not Talk(upto).session.ready


def test_frames_are_dispatched_to_their_callbacks() -> None:
    talk = Talk()
    back = Basic.Return(312, "NO_ROUTE", "e", "k")
    talk.session.feed(
        delivery("c", 1, b"one")
        + delivery("unknown", 2, b"two")
        + marshalled(back)
        + content(b"back")
        + marshalled(Basic.Ack(3, True), Basic.Nack(4, False), Queue.UnbindOk(), Basic.QosOk())
    )
    assert talk.heard == [
        ("message", b"one"),
        ("returned", b"back"),
        ("confirmed", 3, True),
        ("refused", 4, False),
    ]


def test_a_cancelled_consumer_ends() -> None:
    talk = Talk()
    talk.session.write(cancel_bytes("c"))
    talk.session.feed(delivery("c", 1, b"late") + marshalled(Basic.CancelOk("c")))
    assert talk.heard == [("message", b"late")]
    assert not talk.session.consumers


ENDS = [
    (Channel.Close(404, "no", 0, 0), 404),
    (Connection.Close(541, "internal", 0, 0), 541),
    (Basic.Cancel("c"), 0),
    (Connection.CloseOk(), 0),
]


@pytest.mark.parametrize(("frame", "code"), ENDS)
def test_a_closed_session_reports_the_reason(frame: Any, code: int) -> None:
    with pytest.raises(BrokerLost) as caught:
        Talk().session.feed(marshalled(frame))
    assert caught.value.code == code


def test_closing_delivers_no_further_messages() -> None:
    talk = Talk()
    talk.session.end()
    talk.session.feed(delivery("c", 1, b"late"))
    assert not talk.heard
    assert isinstance(talk.frames()[-1], Connection.Close)


def test_heartbeats_go_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(session_module.time, "monotonic", lambda: now[0])
    talk = Talk()
    said = talk.said
    now[0] += BEAT_SECONDS / 2 + 1
    talk.session.tick()
    assert talk.said.removeprefix(said) == b"\x08\0\0\0\0\0\0\xce"
    now[0] += 2 * BEAT_SECONDS
    with pytest.raises(BrokerLost):
        talk.session.tick()


@given(st.binary(max_size=400), st.integers(0, len(OPENING)))
def test_any_bytes_are_understood_or_close_the_session(data: bytes, upto: int) -> None:
    talk = Talk(upto)
    try:
        talk.session.feed(data)
    except BrokerLost:
        return


def test_addresses() -> None:
    first, second = addresses("amqp://a:1/;amqps://x:y@[::1]/a%2Fb")
    assert (first.host, first.port, first.user, first.vhost, first.tls) == (
        "a",
        1,
        "guest",
        "/",
        False,
    )
    assert (second.host, second.port, second.vhost, second.tls) == ("::1", 5671, "a/b", True)
    for wrong in ("http://a/", "a", "amqp://a:b/"):
        with pytest.raises(ValueError):
            addresses(wrong)
