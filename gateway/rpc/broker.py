"""The gateway's connection to the broker, on the event loop."""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from typing import TYPE_CHECKING, Final, cast

from services.common.wire.address import Address, addresses
from services.common.wire.errors import BrokerLost
from services.common.wire.link import BACKOFF, QUIET_ATTEMPTS
from services.common.wire.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.common.wire.frames import Incoming

log = logging.getLogger(__name__)

#: Seconds allowed from connecting to an open channel.
OPEN_SECONDS: Final = 2.0
#: Bytes buffered while the broker throttles publishers; beyond that calls fail at once.
MAX_BUFFERED: Final = 16 * 1024 * 1024


class _Protocol(asyncio.Protocol):
    """Feeds received bytes to a session."""

    def __init__(self, open_session: Callable[[Callable[[bytes], None]], Session]) -> None:
        self._open = open_session
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.session = self._open(self.transport.write)
        self.session.begin()

    def data_received(self, data: bytes) -> None:
        # Any exception closes this connection; ``Broker.run`` reconnects.
        try:
            self.session.feed(data)
        except Exception as error:  # noqa: BLE001 - reported by ``Broker.run``
            self.end(error)

    def connection_lost(self, exc: Exception | None) -> None:
        self.end(exc or BrokerLost("the broker closed the connection"))

    def end(self, error: Exception) -> None:
        """Close the connection; ``run`` raises ``error``."""
        self.transport.abort()
        if not self.ended.done():
            self.ended.set_exception(error)


class Broker:
    """An AMQP connection that reconnects by itself.

    ``setup(session)`` declares queues and starts consumers after each connect, ``returned`` gets
    unroutable messages, ``lost`` is called when the connection breaks.
    """

    def __init__(
        self,
        uris: str,
        setup: Callable[[Session], None],
        *,
        name: str,
        returned: Callable[[Incoming], None],
        lost: Callable[[], None],
    ) -> None:
        self.addresses, self.name = addresses(uris), name
        self._setup, self._returned, self._lost = setup, returned, lost
        self.ready = asyncio.Event()
        self._protocol: _Protocol | None = None

    @property
    def session(self) -> Session | None:
        """The open session, None while there is no connection."""
        return self._protocol.session if self._protocol and self.ready.is_set() else None

    def send(self, data: bytes) -> None:
        """Send frames. Raises BrokerLost while disconnected, or with MAX_BUFFERED unsent."""
        protocol = self._protocol
        # Closing: the loop has noticed that the connection broke, and will tell ``run`` next.
        if protocol is None or not self.ready.is_set() or protocol.transport.is_closing():
            raise BrokerLost("the broker is away")
        # The transport buffers without a limit. A broker with a memory or disk alarm stops reading:
        # failing the call here bounds the gateway's memory.
        if protocol.transport.get_write_buffer_size() > MAX_BUFFERED:
            raise BrokerLost("the broker is not reading")
        protocol.transport.write(data)

    async def run(self) -> None:
        """Connect, serve until the connection breaks, back off and reconnect; never returns."""
        attempt = 0
        while True:
            # Every node of a cluster in turn, so that one that is down costs one attempt.
            address = self.addresses[attempt % len(self.addresses)]
            try:
                await self._serve(address)
            except Exception as error:  # noqa: BLE001 - whatever it was, the next attempt may succeed
                # Once per outage, not at every attempt.
                if self.ready.is_set() or attempt == QUIET_ATTEMPTS:
                    log.warning("broker away: %s", str(error) or type(error).__name__)
                attempt = 0 if self.ready.is_set() else attempt + 1
            finally:
                self._closed()
            pause = BACKOFF[min(attempt, len(BACKOFF) - 1)]
            await asyncio.sleep(pause * random.uniform(0.7, 1.3))  # noqa: S311 - spreads reconnects

    async def _serve(self, address: Address) -> None:
        loop = asyncio.get_running_loop()

        def open_session(write: Callable[[bytes], None]) -> Session:
            return Session(address, write, self._setup, name=self.name, returned=self._returned)

        tls = ssl.create_default_context() if address.tls else None
        async with asyncio.timeout(OPEN_SECONDS):
            _, protocol = await loop.create_connection(
                lambda: _Protocol(open_session), address.host, address.port, ssl=tls
            )
            # Before it is ready: ``_closed`` must find it if the handshake fails.
            self._protocol = protocol
            while not protocol.session.ready:
                await self._wait(protocol, 0.01)
        self.ready.set()
        while True:
            await self._wait(protocol, 1.0)
            # Sends heartbeats; raises when the broker's are overdue.
            protocol.session.tick()

    @staticmethod
    async def _wait(protocol: _Protocol, seconds: float) -> None:
        """Wait ``seconds``, or raise the error that ended the connection."""
        done, _ = await asyncio.wait([protocol.ended], timeout=seconds)
        if done:
            await protocol.ended

    def _closed(self) -> None:
        protocol, self._protocol = self._protocol, None
        if protocol is not None:
            protocol.end(BrokerLost("closed"))
            # Retrieved, else asyncio logs "exception was never retrieved"; ``run`` has logged it.
            protocol.ended.exception()
        if self.ready.is_set():
            self.ready.clear()
            self._lost()
