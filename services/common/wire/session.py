"""One AMQP connection with one channel, as a state machine: bytes in, bytes out.

It owns no socket and no thread, so the same code serves the green threads of a service (``link``),
the relay (``publisher``) and the gateway's event loop (``gateway.rpc.broker``). Everything is
declared without waiting for a reply (``nowait``). A final ``Channel.Flow`` is answered once the
broker has accepted all of it; a declaration that it refuses closes the channel instead.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from pamqp.commands import Basic, Channel, Confirm, Connection, Exchange, Queue

from services.common.wire.errors import BrokerLost
from services.common.wire.frames import (
    HEARTBEAT,
    MAX_FRAME,
    PROTOCOL,
    FrameReader,
    Incoming,
    Method,
    content,
    method,
    publish_to,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from services.common.wire.address import Address

#: The number of the only channel.
NUMBER: Final = 1
#: AMQP's reply code for an orderly close.
SUCCESS: Final = 200
#: Seconds of the negotiated heartbeat; without a byte for twice as long a connection is lost.
BEAT_SECONDS: Final = 10


def _nothing(*_args: object) -> None:
    """Ignore the call: the default of optional callbacks."""


class Session:
    """The protocol state of one connection.

    ``write`` sends bytes to the broker; ``setup(session)`` declares and consumes once the channel
    is open; ``returned`` gets unroutable messages; ``confirmed(tag, multiple)`` and
    ``refused(tag, multiple)`` get the publisher confirms and negative confirms.
    """

    def __init__(
        self,
        address: Address,
        write: Callable[[bytes], None],
        setup: Callable[[Session], None],
        *,
        name: str,
        returned: Callable[[Incoming], None] = _nothing,
        confirmed: Callable[[int, bool], None] = _nothing,
        refused: Callable[[int, bool], None] = _nothing,
    ) -> None:
        self.address, self.write, self.setup, self.name = address, write, setup, name
        self.returned, self.confirmed, self.refused = returned, confirmed, refused
        self.ready = False
        self.max_frame = MAX_FRAME
        self.consumers: dict[str, Callable[[Incoming], None]] = {}
        self._reader = FrameReader()
        self._heard = self._beaten = time.monotonic()

    # --- the dialogue ---------------------------------------------------------------------------

    def begin(self) -> None:
        """Send the protocol header, which opens the handshake."""
        self.write(PROTOCOL)

    def feed(self, data: bytes) -> None:
        """Process bytes from the broker. Raises BrokerLost when the connection is closed."""
        self._heard = time.monotonic()
        for item in self._reader.feed(data):
            if isinstance(item, Incoming):
                self._arrived(item)
            elif item is not None:
                self._answer(item)

    def tick(self) -> None:
        """Send a heartbeat if due; call about once a second. Raises BrokerLost if none arrive."""
        now = time.monotonic()
        if now - self._heard > 2 * BEAT_SECONDS:
            raise BrokerLost("the broker sends no heartbeats")
        # Twice as often as agreed, so that one delayed heartbeat does not cost the connection.
        if self.ready and now - self._beaten > BEAT_SECONDS / 2:
            self._beaten = now
            self.write(HEARTBEAT)

    def end(self) -> None:
        """Send Connection.Close; consumers get no more messages.

        The broker answers after it has processed all that was sent before; ``feed`` then raises
        BrokerLost.
        """
        self.consumers.clear()
        self.write(method(0, Connection.Close(SUCCESS, "goodbye", 0, 0)))

    def _arrived(self, message: Incoming) -> None:
        message.origin = self
        if message.returned:
            self.returned(message)
        elif (consumer := self.consumers.get(message.consumer_tag)) is not None:
            consumer(message)

    def _answer(self, frame: Method) -> None:
        match frame:
            case Basic.Ack():
                self.confirmed(frame.delivery_tag, frame.multiple)
            case Basic.Nack():
                self.refused(frame.delivery_tag, frame.multiple)
            case Basic.CancelOk():
                self.consumers.pop(str(frame.consumer_tag), None)
            case Basic.Cancel():
                # For example when its queue was deleted: reconnecting declares it again.
                raise BrokerLost(f"the broker ended consumer {frame.consumer_tag}")
            case Channel.Close():
                reason = f"the broker closed the channel: {frame.reply_text}"
                raise BrokerLost(reason, frame.reply_code or 0)
            case Connection.Close():
                self.write(method(0, Connection.CloseOk()))
                reason = f"the broker closed the connection: {frame.reply_text}"
                raise BrokerLost(reason, frame.reply_code or 0)
            case Connection.CloseOk():
                raise BrokerLost("the connection was closed as asked")
            case _:
                self._open(frame)

    def _open(self, frame: Method) -> None:
        """Answer one step of the handshake."""
        match frame:
            case Connection.Start():
                self._log_in()
            case Connection.Tune():
                self.max_frame = min(frame.frame_max or MAX_FRAME, MAX_FRAME)
                self._reader.max_frame = self.max_frame
                tuned = Connection.TuneOk(NUMBER, self.max_frame, BEAT_SECONDS)
                self.write(method(0, tuned))
                self.write(method(0, Connection.Open(self.address.vhost)))
            case Connection.OpenOk():
                self.write(method(NUMBER, Channel.Open()))
            case Channel.OpenOk():
                self.setup(self)
                self.send(Channel.Flow(active=True))
            case Channel.FlowOk():
                self.ready = True

    def _log_in(self) -> None:
        properties: dict[str, Any] = {
            "product": "callboard",
            "connection_name": self.name,
            "capabilities": {
                "authentication_failure_close": True,
                "consumer_cancel_notify": True,
                "publisher_confirms": True,
                "basic.nack": True,
            },
        }
        response = f"\0{self.address.user}\0{self.address.password}"
        self.write(method(0, Connection.StartOk(properties, "PLAIN", response, "en_US")))

    # --- the channel ----------------------------------------------------------------------------

    def send(self, frame: Method) -> None:
        """Send a method on the channel."""
        self.write(method(NUMBER, frame))

    def exchange_declare(self, name: str, kind: str, *, durable: bool = True) -> None:
        """Declare an exchange."""
        self.send(Exchange.Declare(exchange=name, exchange_type=kind, durable=durable, nowait=True))

    def exchange_bind(self, exchange: str, source: str, routing_key: str) -> None:
        """Have ``source`` pass on what has the routing key to the exchange."""
        self.send(
            Exchange.Bind(destination=exchange, source=source, routing_key=routing_key, nowait=True)
        )

    def queue_declare(
        self,
        name: str,
        *,
        durable: bool = True,
        exclusive: bool = False,
        auto_delete: bool = False,
        arguments: Mapping[str, Any] | None = None,
    ) -> None:
        """Declare a queue."""
        self.send(
            Queue.Declare(
                queue=name,
                durable=durable,
                exclusive=exclusive,
                auto_delete=auto_delete,
                arguments=dict(arguments or {}),
                nowait=True,
            )
        )

    def queue_bind(self, queue: str, exchange: str, routing_key: str = "") -> None:
        """Bind the queue to the exchange by a routing key."""
        self.send(Queue.Bind(queue=queue, exchange=exchange, routing_key=routing_key, nowait=True))

    def queue_unbind(self, queue: str, exchange: str, routing_key: str = "") -> None:
        """Remove a binding; the reply (AMQP has no ``nowait`` for it) is ignored."""
        self.send(Queue.Unbind(queue=queue, exchange=exchange, routing_key=routing_key))

    def prefetch(self, count: int) -> None:
        """Limit the unacknowledged messages of each consumer to ``count``."""
        self.send(Basic.Qos(prefetch_count=count))

    def consume(
        self,
        queue: str,
        consumer: Callable[[Incoming], None],
        *,
        tag: str,
        no_ack: bool = False,
        arguments: Mapping[str, Any] | None = None,
    ) -> None:
        """Deliver the queue's messages to ``consumer``, as consumer ``tag``."""
        # Registered first: with nowait the first delivery may be the broker's next frame.
        self.consumers[tag] = consumer
        self.send(
            Basic.Consume(
                queue=queue,
                consumer_tag=tag,
                no_ack=no_ack,
                nowait=True,
                arguments=dict(arguments or {}),
            )
        )

    def confirm_select(self) -> None:
        """Switch publisher confirms on."""
        self.send(Confirm.Select(nowait=True))


def message_bytes(
    session: Session,
    body: bytes,
    exchange: str,
    routing_key: str,
    properties: Basic.Properties,
    *,
    mandatory: bool = False,
) -> bytes:
    """The bytes that publish a message. Raises ValueError where its headers are too large."""
    address = publish_to(NUMBER, exchange, routing_key, mandatory)
    return content(NUMBER, body, properties, address, session.max_frame)


def ack_bytes(delivery_tag: int, *, multiple: bool = False) -> bytes:
    """The bytes that acknowledge a delivery, or all up to it."""
    return method(NUMBER, Basic.Ack(delivery_tag, multiple))


def reject_bytes(delivery_tag: int, *, requeue: bool) -> bytes:
    """The bytes that requeue a delivery, or (without ``requeue``) dead-letter it."""
    return method(NUMBER, Basic.Reject(delivery_tag, requeue))


def cancel_bytes(tag: str) -> bytes:
    """The bytes that cancel a consumer; the broker's reply removes it from ``consumers``."""
    return method(NUMBER, Basic.Cancel(tag))
