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

#: Without another confirm the broker is taken for gone.
CONFIRM_SECONDS: Final = 10.0
#: Nobody waits for an event's answer, so a broker that throttles may take its time.
WRITE_SECONDS: Final = 10.0


class NotConfirmed(BrokerLost):
    """The broker refused a message, or didn't say in time that it has it."""


class Publisher:
    """A connection that only publishes, with confirms; for one thread.

    Messages are gathered until ``confirm``, which writes them at once and awaits together what the
    broker confirms in any order, one by one or all up to a tag. After an error the connection is
    over: ``close`` it and begin anew.
    """

    def __init__(self, uri: str, setup: Callable[[Session], None], *, name: str) -> None:
        """Connect to the first broker of ``uri`` that answers. Raises OSError, ValueError."""
        self.setup = setup
        self.published = 0
        #: Numbers of the messages that aren't confirmed yet; the broker counts as we do, from 1.
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
        """What ``select`` watches for something to ``read``."""
        return self.connection.transport.fileno()

    def add(self, body: bytes | str, exchange: str, routing_key: str, **properties: Any) -> None:
        """One more persistent JSON message, sent with the next ``confirm``.

        Raises ValueError, and sends nothing of it, where it can't be put into frames.
        """
        content = body.encode() if isinstance(body, str) else body
        described = Basic.Properties(
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=2,
            **properties,
        )
        session = self.connection.session
        self._frames.append(message_bytes(session, content, exchange, routing_key, described))
        self.published += 1
        self.open.add(self.published)

    def confirm(self, seconds: float = CONFIRM_SECONDS) -> None:
        """Send what was added, and wait until the broker has it all.

        Raises NotConfirmed if it refuses one, or confirms none for ``seconds``; OSError if it goes.
        """
        frames, self._frames = self._frames, []
        if frames:
            self.connection.outgoing.send(b"".join(frames))
        left, end = len(self.open), time.monotonic() + seconds
        while self.open:
            self.connection.read()
            if self.refused:
                raise NotConfirmed("the broker refused a message")
            if len(self.open) < left:
                left, end = len(self.open), time.monotonic() + seconds
            elif time.monotonic() > end:
                raise NotConfirmed("the broker did not confirm")

    def read(self) -> None:
        """Take what has arrived, and show that we live. Raises OSError when the broker is gone."""
        self.connection.read()

    def beat(self) -> None:
        """Show that we live; to be called about once a second."""
        self.connection.tick()

    def close(self) -> None:
        """End the connection."""
        self.connection.close()

    def _confirmed(self, tag: int, multiple: bool) -> None:
        if multiple:
            self.open = {number for number in self.open if number > tag}
        else:
            self.open.discard(tag)

    def _refused(self, _tag: int, _multiple: bool) -> None:
        self.refused = True
