"""Publishing many messages with one write, and one wait for all their confirms."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from pamqp.commands import Basic

from services.common.wire.address import addresses
from services.common.wire.connection import connect_to_one
from services.common.wire.errors import BrokerLost
from services.common.wire.session import Session, message_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.common.wire.connection import Connection

#: Seconds without another confirm after which the broker is considered lost.
CONFIRM_SECONDS: Final = 10.0
#: Seconds for frames that have come already.
IDLE_SECONDS: Final = 0.01
#: Seconds without progress after which a write fails. Longer than for RPC: no caller waits for an
#: event, so a broker that throttles its publishers gets time.
WRITE_SECONDS: Final = 10.0


class NotConfirmed(BrokerLost):
    """The broker refused a message, or did not confirm it in time."""


class Publisher:
    """A connection that only publishes, with publisher confirms; for one thread.

    ``add`` buffers messages; ``confirm`` sends them in one write and waits for all confirms, which
    come in any order, one by one or for all up to a tag. After an error the connection can't be
    used any more: ``close`` it and make a new one.
    """

    def __init__(self, uri: str, setup: Callable[[Session], None], *, name: str) -> None:
        """Connect to the first broker of ``uri`` that answers. Raises OSError, ValueError."""
        self.setup = setup
        self.published = 0
        #: Delivery tags not confirmed yet; the broker numbers messages as we do, from 1.
        self.open: set[int] = set()
        self.refused = False
        self._frames: list[bytes] = []
        self.connection: Connection = connect_to_one(
            addresses(uri), setup=self._set_up, name=name, write_seconds=WRITE_SECONDS
        )

    def _set_up(self, session: Session) -> None:
        session.confirmed, session.refused = self._confirmed, self._refused
        self.setup(session)
        session.confirm_select()

    def fileno(self) -> int:
        """The socket's descriptor, for ``select``."""
        return self.connection.transport.fileno()

    def add(
        self,
        body: bytes | str,
        exchange: str,
        routing_key: str,
        *,
        mandatory: bool = False,
        **properties: Any,
    ) -> None:
        """Buffer a persistent message, of JSON unless told otherwise; ``confirm`` sends it.

        One that is ``mandatory`` and reaches no queue is passed to the session's ``returned``.
        Raises ValueError, and buffers nothing, where it does not fit into AMQP frames.
        """
        content = body.encode() if isinstance(body, str) else body
        # Persistent: a confirm then means that the message survives a restart of the broker.
        own = {"content_type": "application/json", "content_encoding": "utf-8", "delivery_mode": 2}
        message_properties = Basic.Properties(**{**own, **properties})
        session = self.connection.session
        self._frames.append(
            message_bytes(
                session, content, exchange, routing_key, message_properties, mandatory=mandatory
            )
        )
        self.published += 1
        self.open.add(self.published)

    def confirm(self, seconds: float = CONFIRM_SECONDS) -> None:
        """Send the buffered messages and wait until the broker has confirmed all of them.

        Raises NotConfirmed if it refuses one or confirms none for ``seconds``, and OSError if the
        connection breaks.
        """
        frames, self._frames = self._frames, []
        if frames:
            self.connection.outgoing.send(b"".join(frames))
        remaining, end = len(self.open), time.monotonic() + seconds
        while self.open:
            self.connection.read()
            if self.refused:
                raise NotConfirmed("the broker refused a message")
            # Each confirm extends the limit: a slow broker that makes progress is not given up.
            if len(self.open) < remaining:
                remaining, end = len(self.open), time.monotonic() + seconds
            elif time.monotonic() > end:
                raise NotConfirmed("the broker did not confirm")

    def read(self) -> None:
        """Process incoming frames and heartbeats. Raises OSError when the connection is lost."""
        self.connection.read()

    def idle(self) -> None:
        """Process what has come, without waiting for more. Raises OSError."""
        if data := self.connection.transport.receive(IDLE_SECONDS):
            self.connection.session.feed(data)
        self.connection.tick()

    def beat(self) -> None:
        """Send a heartbeat if one is due; call about once a second."""
        self.connection.tick()

    def close(self) -> None:
        """Close the connection at once."""
        self.connection.close()

    def _confirmed(self, tag: int, multiple: bool) -> None:
        if multiple:
            self.open = {number for number in self.open if number > tag}
        else:
            self.open.discard(tag)

    def _refused(self, _tag: int, _multiple: bool) -> None:
        self.refused = True
