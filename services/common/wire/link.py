"""An AMQP connection that reconnects by itself, read by one thread and written by many.

The same class runs on real threads (relay, tools, tests) and on green ones (services, which patch
the standard library first): it uses nothing but ``threading`` and ``socket``.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from pamqp.commands import Basic

from services.common.errors import Unavailable
from services.common.wire.address import addresses
from services.common.wire.connection import Connection, connect_to_one
from services.common.wire.session import ack_bytes, cancel_bytes, message_bytes, reject_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.common.wire.frames import Incoming
    from services.common.wire.session import Session

log = logging.getLogger(__name__)

#: Seconds to wait before reconnecting, by the number of failures so far.
BACKOFF: Final = (0.1, 0.2, 0.3, 0.4, 0.5)
#: Seconds without progress after which a write fails, and the connection with it.
WRITE_SECONDS: Final = 2.0
#: Seconds to wait for the broker to confirm that a consumer is cancelled.
CANCEL_SECONDS: Final = 2.0
#: Failed attempts before a warning is logged: at start the broker may be starting, too.
QUIET_ATTEMPTS: Final = 60
AWAY: Final = "The message broker is away."


class Link:
    """A connection that reconnects by itself.

    ``setup(session)`` declares and consumes after each connect, without waiting (``nowait``);
    ``lost()`` is called when the connection breaks. ``run`` is the reading loop, for a thread of
    its own or one of nameko's managed threads; it calls the consumers.
    """

    def __init__(
        self,
        uri: str,
        setup: Callable[[Session], None],
        *,
        lost: Callable[[], None] = lambda: None,
        name: str = "link",
    ) -> None:
        """Raises ValueError for a URI that names no broker."""
        self.addresses = addresses(uri)
        self.setup, self.lost, self.name = setup, lost, name
        self.ready = threading.Event()
        self.stopping = False
        self._connection: Connection | None = None
        self._reported: set[type[Exception]] = set()

    # --- the reading loop -----------------------------------------------------------------------

    def start(self) -> None:
        """Run the reading loop on a new daemon thread."""
        threading.Thread(target=self.run, name=self.name, daemon=True).start()

    def run(self) -> None:
        """Connect, read until the connection breaks, back off, reconnect; until ``stop``.

        Survives whatever a consumer, ``setup`` or ``lost`` raises: in a service an exception here
        would end the container.
        """
        failures = 0
        while not self.stopping:
            try:
                self._serve()
            except Exception as error:  # noqa: BLE001 - a main loop: logged, then reconnected
                self._report(error, failures)
            failures = 0 if self.ready.is_set() else failures + 1
            self._forget()
            if not self.stopping:
                # Jitter: after a restart of the broker all processes would reconnect at the same
                # moment.
                pause = BACKOFF[min(failures, len(BACKOFF) - 1)]
                time.sleep(pause * random.uniform(0.7, 1.3))  # noqa: S311 - spreads reconnects

    def _serve(self) -> None:
        connection = connect_to_one(
            self.addresses,
            setup=self.setup,
            name=self.name,
            write_seconds=WRITE_SECONDS,
            opened=self._opened,
        )
        try:
            self.ready.set()
            log.debug("%s connected", self.name)
            while not self.stopping:
                connection.read()
            self._connection = None  # no frame may follow Connection.Close
            connection.leave()
        finally:
            connection.close()

    def _opened(self, connection: Connection) -> None:
        self._connection = connection

    def _forget(self) -> None:
        """Drop the connection, and call ``lost`` if there was one."""
        had_one, self._connection = self._connection is not None, None
        self.ready.clear()
        if had_one:
            try:
                self.lost()
            # The callback is another module's: its bugs must not end the reading loop either.
            except Exception as error:  # noqa: BLE001 - as above
                self._report(error, 0)

    def _report(self, error: Exception, failures: int) -> None:
        if isinstance(error, OSError):
            if failures == QUIET_ATTEMPTS or self.ready.is_set():
                log.warning("broker away (%s): %s: %s", self.name, type(error).__name__, error)
        elif type(error) not in self._reported:
            self._reported.add(type(error))
            log.error("%s reconnects after an unexpected error", self.name, exc_info=error)

    def stop(self) -> None:
        """End the reading loop; it returns within ``TICK_SECONDS``."""
        self.stopping = True

    # --- for other threads ------------------------------------------------------------------------

    def publish(
        self,
        body: bytes | str,
        exchange: str,
        routing_key: str,
        *,
        mandatory: bool = False,
        done: Incoming | None = None,
        **properties: Any,
    ) -> None:
        """Send one message with AMQP's ``properties``, as ``pamqp`` names them (``headers`` …).

        ``done`` is a message received on this link that this one answers: it is acknowledged in
        the same write.
        Raises Unavailable when the broker is away or takes messages too slowly, and ValueError for
        properties that no message can have, or too large ones.
        """
        connection = self.connection
        content = body.encode() if isinstance(body, str) else body
        message_properties = Basic.Properties(**properties)
        frames = message_bytes(
            connection.session,
            content,
            exchange,
            routing_key,
            message_properties,
            mandatory=mandatory,
        )
        if done is not None and done.origin is connection.session:
            # The ack goes first: a forged reply_to can make the broker close the connection
            # (INTERNAL_ERROR), and an unacknowledged request would then be redelivered for ever.
            frames = ack_bytes(done.delivery_tag) + frames
        self.send(connection, frames)

    def send(self, connection: Connection, frames: bytes) -> None:
        """Send the bytes of whole frames. Raises Unavailable."""
        try:
            connection.outgoing.send_bounded(frames)
        except OSError as error:
            raise Unavailable(AWAY) from error

    @property
    def connection(self) -> Connection:
        """The current connection. Raises Unavailable while there is none."""
        if (connection := self._connection) is None:
            raise Unavailable(AWAY)
        return connection

    def holds(self, message: Incoming) -> bool:
        """Whether the connection that delivered the message is still open."""
        connection = self._connection
        return connection is not None and message.origin is connection.session

    def ack(self, message: Incoming, *, multiple: bool = False) -> None:
        """Acknowledge a message, or (``multiple``) all up to it; no-op on another connection."""
        self._dispose(message, ack_bytes(message.delivery_tag, multiple=multiple))

    def reject(self, message: Incoming, *, requeue: bool) -> None:
        """Requeue a message, or (``requeue=False``) dead-letter it."""
        self._dispose(message, reject_bytes(message.delivery_tag, requeue=requeue))

    def _dispose(self, message: Incoming, frames: bytes) -> None:
        connection = self._connection
        # Delivery tags count from 1 on each connection: on a new one the tag would acknowledge
        # another message. The broker redelivers what the old one left unacknowledged.
        if connection is not None and message.origin is connection.session:
            with suppress(OSError):
                connection.outgoing.send(frames)

    def cancel(self, tag: str) -> None:
        """Cancel the consumer with that tag; once this returns, no more messages arrive.

        Messages in flight are still delivered until the broker confirms, so the reading loop must
        go on meanwhile, in another thread. Returns after ``CANCEL_SECONDS`` even if the broker
        has not confirmed.
        """
        connection, end = self._connection, time.monotonic() + CANCEL_SECONDS
        if connection is None:
            return
        with suppress(OSError):
            connection.outgoing.send(cancel_bytes(tag))
            while connection is self._connection and tag in connection.session.consumers:
                if time.monotonic() > end:
                    break
                time.sleep(0.01)
