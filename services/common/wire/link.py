"""One AMQP connection, read by one thread and written by many.

The same class runs on real threads (gateway, relay, tests) and on eventlet's (services, patched
first), which is why it uses nothing but ``threading``. kombu opens the connection; messages pass
beside its channel, as ``frames`` reads and writes them.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

import amqp
from amqp import spec
from kombu import Connection
from kombu.exceptions import OperationalError

from services.common.errors import Unavailable
from services.common.wire.frames import Frames, Outgoing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

log = logging.getLogger(__name__)

RPC_EXCHANGE: Final = "nameko-rpc"
DIRECT_REPLY: Final = "amq.rabbitmq.reply-to"
HEARTBEAT: Final = 10
BACKOFF: Final = (0.1, 0.2, 0.3, 0.4, 0.5)

CANCEL_SECONDS: Final = 2.0
QUIET_ATTEMPTS: Final = 60
"""Tries at start before the log complains: the broker may be starting beside us."""

#: What a broken connection may raise out of py-amqp, kombu and the socket.
BROKEN: Final = (OSError, amqp.AMQPError, OperationalError, AttributeError)


def reach(connection: Any, seconds: float = 2.0) -> None:
    """Connect to the first of its hosts that answers, each asked once. Raises one of BROKEN.

    Left to itself kombu would sleep two seconds between a refusal and its last try.
    """
    last = max(len(connection.alt) - 1, 0)
    connection.ensure_connection(
        max_retries=last, interval_start=0, interval_step=0, timeout=seconds
    )


class Link:
    """A connection that comes back by itself.

    ``setup(channel)`` declares and consumes after each connect; ``lost()`` is told when it breaks.
    ``run`` is the reading loop, to be given to a thread or to nameko's managed threads.
    """

    def __init__(
        self,
        uri: str,
        setup: Callable[[Any], None],
        *,
        lost: Callable[[], None] = lambda: None,
        name: str = "link",
    ) -> None:
        self.uri, self.setup, self.lost, self.name = uri, setup, lost, name
        self.ready = threading.Event()
        self.stopping = False
        self._outgoing: Outgoing | None = None

    def start(self) -> None:
        """Read on a thread of our own."""
        threading.Thread(target=self.run, name=self.name, daemon=True).start()

    def run(self) -> None:
        """Connect, read until the connection breaks, wait a little, connect again."""
        attempt = 0
        while not self.stopping:
            try:
                with Connection(
                    self.uri,
                    heartbeat=HEARTBEAT,
                    connect_timeout=2,
                    transport_options={"client_properties": {"connection_name": self.name}},
                ) as connection:
                    self._open(connection)
                    attempt = 0
                    self._read(connection.connection)
            except BROKEN as error:
                if attempt == QUIET_ATTEMPTS or self.ready.is_set():
                    log.warning("broker away (%s): %s", self.name, type(error).__name__)
            finally:
                self._closed()
            if not self.stopping:
                pause = BACKOFF[min(attempt, len(BACKOFF) - 1)]
                time.sleep(pause * random.uniform(0.7, 1.3))  # noqa: S311 - spreads reconnects
                attempt += 1

    def _open(self, connection: Any) -> None:
        reach(connection)
        channel = connection.channel()
        channel.auto_decode = False
        self.setup(channel)
        self._outgoing = Outgoing(channel)
        self.ready.set()
        log.debug("%s connected", self.name)

    def _read(self, connection: Any) -> None:
        frames = Frames(connection)
        beat = time.monotonic()
        while not self.stopping:
            frames.read()
            if time.monotonic() - beat > 1:
                beat = time.monotonic()
                with self._alone():
                    connection.heartbeat_tick()

    def _closed(self) -> None:
        was_ready = self.ready.is_set()
        self.ready.clear()
        self._outgoing = None
        if was_ready:
            self.lost()

    def stop(self) -> None:
        """Leave the reading loop within a second."""
        self.stopping = True

    def publish(
        self,
        body: bytes | str,
        exchange: str,
        routing_key: str,
        *,
        mandatory: bool = False,
        done: Any = None,
        **properties: Any,
    ) -> None:
        """Send one message. Raises Unavailable when the broker is away.

        ``done`` is a message received on this link that this one answers: it is acknowledged.
        """
        content = body.encode() if isinstance(body, str) else body
        with self._sending() as outgoing:
            if len(content) > outgoing.largest:  # frame by frame, each in the socket's time
                message = amqp.Message(content, **properties)
                with outgoing.alone() as channel:
                    channel.basic_publish(message, exchange, routing_key, mandatory)
                frames = b""
            else:
                frames = outgoing.message(content, properties, exchange, routing_key, mandatory)
            if done is not None and done.channel is outgoing.channel:
                frames += outgoing.ack(done.delivery_tag, multiple=False)
            outgoing.send(frames)

    def ack(self, message: Any, *, multiple: bool = False) -> None:
        """Acknowledge; silently nothing if the connection it came by is gone."""
        with suppress(Unavailable), self._sending(message) as outgoing:
            outgoing.send(outgoing.ack(message.delivery_tag, multiple))

    def reject(self, message: Any, *, requeue: bool) -> None:
        """Give a message back, or (``requeue=False``) to the dead letters."""
        with suppress(Unavailable), self._alone(message) as channel:
            channel.basic_reject(message.delivery_tag, requeue)

    def cancel(self, tag: str) -> None:
        """Stop consuming under that tag; once this returns, nothing more arrives.

        What the broker had sent before it agreed is still handed over, so the reading loop must go
        on meanwhile, elsewhere. Without its word within ``CANCEL_SECONDS`` this returns anyway.
        """
        outgoing, end = self._outgoing, time.monotonic() + CANCEL_SECONDS
        with suppress(Unavailable):
            with self._alone() as channel:
                channel.send_method(spec.Basic.Cancel, "sb", (tag, False))
            while outgoing is self._outgoing and tag in channel.callbacks:
                if time.monotonic() > end:
                    break
                time.sleep(0.01)

    @contextmanager
    def _sending(self, received: Any = None) -> Iterator[Outgoing]:
        """The connection's way out, which must be the one that a message was received on.

        Raises Unavailable if it isn't, or breaks.
        """
        outgoing = self._outgoing
        try:
            if outgoing is None or (received and received.channel is not outgoing.channel):
                raise ConnectionError
            yield outgoing
        except BROKEN as error:
            message = "The message broker is away."
            raise Unavailable(message) from error

    @contextmanager
    def _alone(self, received: Any = None) -> Iterator[Any]:
        with self._sending(received) as outgoing, outgoing.alone() as channel:
            yield channel
