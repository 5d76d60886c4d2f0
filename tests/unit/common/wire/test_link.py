"""Links: reconnecting, acknowledging, closing, whatever the broker does."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pamqp.commands import Basic, Channel, Connection, Queue

from services.common.errors import Unavailable
from services.common.wire import connection
from services.common.wire import link as link_module
from services.common.wire.frames import Incoming
from services.common.wire.link import Link
from services.common.wire.session import Session
from tests.unit.common.wire.fake_broker import answer, broker, delivery, marshalled


def until(test: Callable[[], Any], seconds: float = 5.0) -> None:
    """Wait until the condition holds."""
    waiter, end = threading.Event(), time.monotonic() + seconds
    while not test():
        assert time.monotonic() < end, "it did not become so"
        waiter.wait(0.005)


@contextmanager
def running(link: Link) -> Iterator[Link]:
    """The link's reading loop on a thread, which ends with the block."""
    thread = threading.Thread(target=link.run, daemon=True)
    thread.start()
    try:
        yield link
        assert thread.is_alive()
    finally:
        link.stop()
        thread.join(10)
    assert not thread.is_alive()


def consuming(consumer: Callable[[Incoming], None]) -> Callable[[Session], None]:
    def setup(session: Session) -> None:
        session.queue_declare("q")
        session.consume("q", consumer, tag="c")

    return setup


def test_messages_are_consumed_and_acknowledged() -> None:
    messages: list[Incoming] = []
    with broker() as rabbit, running(Link(rabbit.uri, consuming(messages.append))) as link:
        client = rabbit.client()
        assert link.ready.wait(5)
        client.send(delivery("c", 1, b"one") + delivery("c", 2, b"two"))
        until(lambda: len(messages) == 2)
        link.ack(messages[1], multiple=True)
        link.reject(messages[1], requeue=False)
        (ack,) = client.wait_for(Basic.Ack)
        (reject,) = client.wait_for(Basic.Reject)
        assert (ack.delivery_tag, ack.multiple) == (2, True)
        assert (reject.delivery_tag, reject.requeue) == (2, False)


def test_reply_and_acknowledgement_are_one_write() -> None:
    """The reply first."""
    messages: list[Incoming] = []
    with broker() as rabbit, running(Link(rabbit.uri, consuming(messages.append))) as link:
        client = rabbit.client()
        assert link.ready.wait(5)
        client.send(delivery("c", 1, b"one"))
        until(lambda: messages)
        link.publish(b"answer", "", "to", done=messages[0], headers={"a": "b"})
        client.wait_for(Basic.Publish)
        kinds = [type(frame) for frame in client.frames]
        assert kinds.index(Basic.Ack) == kinds.index(Basic.Publish) - 1


def test_messages_of_a_lost_connection_are_not_acknowledged_on_the_next() -> None:
    messages: list[Incoming] = []
    with broker() as rabbit, running(Link(rabbit.uri, consuming(messages.append))) as link:
        rabbit.client().wait_for(Channel.Flow)
        rabbit.client().send(delivery("c", 1, b"one"))
        until(lambda: messages)
        assert link.holds(messages[0])
        rabbit.client().close()
        client = rabbit.client(1)
        client.wait_for(Channel.Flow)
        until(link.ready.is_set)
        link.ack(messages[0])
        link.reject(messages[0], requeue=True)
        link.publish(b"", "", "to", done=messages[0])
        client.wait_for(Basic.Publish)
        assert not link.holds(messages[0])
        assert not client.of(Basic.Ack)
        assert not client.of(Basic.Reject)


BREAKS: dict[str, bytes] = {
    "it closes the channel": marshalled(Channel.Close(404, "no queue", 0, 0)),
    "it closes the connection": marshalled(Connection.Close(320, "shutdown", 0, 0)),
    "it ends the consumer": marshalled(Basic.Cancel("c")),
    "it sends garbage": b"HTTP/1.1 400 Bad Request\r\n\r\n",
}


@pytest.mark.parametrize("name", BREAKS)
def test_it_reconnects_after(name: str) -> None:
    lost: list[int] = []
    link_lost = lambda: lost.append(1)  # noqa: E731 - counts
    with broker() as rabbit:
        with running(Link(rabbit.uri, consuming(lambda _m: None), lost=link_lost)) as link:
            rabbit.client().wait_for(Channel.Flow)
            until(link.ready.is_set)
            rabbit.client().send(BREAKS[name])
            rabbit.client(1).wait_for(Channel.Flow)
            until(link.ready.is_set)
            assert lost == [1]


def test_exceptions_in_callbacks_are_logged_once_and_survived(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """In a consumer, in ``setup``, in ``lost``."""

    def consumer(_message: Incoming) -> None:
        raise RuntimeError("consumer")

    tries: list[int] = []

    def setup(session: Session) -> None:
        tries.append(1)
        if len(tries) == 2:
            raise KeyError("setup")
        consuming(consumer)(session)

    def lost() -> None:
        raise ZeroDivisionError("lost")

    with broker() as rabbit, running(Link(rabbit.uri, setup, lost=lost, name="mine")) as link:
        for number in (0, 2):
            client = rabbit.client(number)
            client.wait_for(Channel.Flow)
            client.send(delivery("c", 1, b"one"))
        rabbit.client(3).wait_for(Channel.Flow)
        until(link.ready.is_set)
    records = [r for r in caplog.records if r.levelno == logging.ERROR]
    kinds = [r.exc_info[0].__name__ for r in records if r.exc_info and r.exc_info[0]]
    assert sorted(kinds) == ["KeyError", "RuntimeError", "ZeroDivisionError"]


def test_a_silent_peer_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next address is tried."""
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute, broker() as rabbit:
        mute_uri = f"amqp://127.0.0.1:{mute.getsockname()[1]}/"
        began = time.monotonic()
        with running(Link(f"{mute_uri};{rabbit.uri}", lambda _s: None)) as link:
            assert link.ready.wait(5)
        assert 0.2 < time.monotonic() - began < 4


def test_the_first_address_that_answers_is_used() -> None:
    with broker() as rabbit:
        uri = f"amqp://127.0.0.1:1/;amqp://no-such-host.invalid/;{rabbit.uri}"
        with running(Link(uri, lambda _s: None)) as link:
            assert link.ready.wait(10)


def test_sending_without_a_broker_is_unavailable() -> None:
    link = Link("amqp://127.0.0.1:1/", lambda _s: None)
    with pytest.raises(Unavailable):
        link.publish(b"", "", "to")
    with pytest.raises(ValueError):
        Link("http://127.0.0.1", lambda _s: None)


def test_invalid_properties_send_nothing() -> None:
    with broker() as rabbit, running(Link(rabbit.uri, lambda _s: None)) as link:
        assert link.ready.wait(5)
        with pytest.raises(ValueError):
            link.publish(b"", "", "to", headers={"a": "x" * 200_000})
        link.publish(b"", "", "to")
        rabbit.client().wait_for(Basic.Publish)


def test_cancelling_waits_for_the_broker() -> None:
    """Messages sent before are still consumed."""
    messages: list[Incoming] = []

    def answering(frame: Any) -> bytes:
        if isinstance(frame, Basic.Cancel):
            return delivery("c", 1, b"last") + answer(frame)
        return answer(frame)

    with broker(answering) as rabbit:
        with running(Link(rabbit.uri, consuming(messages.append))) as link:
            assert link.ready.wait(5)
            link.cancel("c")
            assert [message.body for message in messages] == [b"last"]


def test_cancelling_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "CANCEL_SECONDS", 0.1)
    deaf = lambda frame: b"" if isinstance(frame, Basic.Cancel) else answer(frame)  # noqa: E731
    with broker(deaf) as rabbit:
        with running(Link(rabbit.uri, consuming(lambda _m: None))) as link:
            assert link.ready.wait(5)
            began = time.monotonic()
            link.cancel("c")
            assert time.monotonic() - began < 2


def test_stopping_closes_the_connection_properly() -> None:
    with broker() as rabbit:
        with running(Link(rabbit.uri, lambda _s: None)) as link:
            assert link.ready.wait(5)
            link.publish(b"last", "", "to")
        client = rabbit.client()
        client.wait_for(Connection.Close)
        assert client.of(Basic.Publish)


def test_messages_may_arrive_before_the_setup_is_confirmed() -> None:
    """They are consumed."""
    messages: list[Incoming] = []

    def answering(frame: Any) -> bytes:
        if isinstance(frame, Channel.Flow):
            return b""
        if isinstance(frame, Basic.Consume):
            return delivery("c", 1, b"early")
        return answer(frame)

    def consumer(message: Incoming) -> None:
        link.publish(b"answer", "", "to", done=message)
        messages.append(message)

    with broker(answering) as rabbit:
        link = Link(rabbit.uri, consuming(consumer))
        with running(link):
            rabbit.client().wait_for(Basic.Publish)
            assert not link.ready.is_set()
            rabbit.client().send(marshalled(Channel.FlowOk(active=True)))
            assert link.ready.wait(5)
            assert rabbit.client().of(Queue.Declare)


def test_publishing_from_many_threads_interleaves_nothing() -> None:
    with broker() as rabbit, running(Link(rabbit.uri, lambda _s: None)) as link:
        assert link.ready.wait(5)

        def send() -> None:
            for number in range(100):
                link.publish(b"x" * (number * 400), "", "to")

        threads = [threading.Thread(target=send) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        rabbit.client().wait_for(Basic.Publish, 800, 20)
