"""Publishing many messages with one write, and one wait for all their confirms."""

from __future__ import annotations

import time
from typing import Any

from amqp import Message

from services.common.amqp import Frames


class Publisher:
    """A connection that only publishes; for one thread.

    py-amqp writes each message to the socket by itself and waits for each confirm by itself. Here
    messages are gathered until ``confirm``, and confirms, which come in any order, alone or for all
    up to a tag, are awaited together.
    """

    def __init__(self, connection: Any, channel: Any) -> None:
        self.connection, self.channel = connection, channel
        self.frames = Frames(connection)
        self.published = 0
        self.open: set[int] = set()
        self.refused = False
        self._pieces: list[bytes] = []
        self._write = connection.transport._write  # noqa: SLF001
        channel.confirm_select()
        channel.events["basic_ack"].add(self._ack)
        channel.events["basic_nack"].add(self._nack)
        connection.transport._write = lambda piece: self._pieces.append(bytes(piece))  # noqa: SLF001

    @property
    def socket(self) -> Any:
        """What to watch for something to ``read``."""
        return self.frames.socket

    def add(self, body: bytes | str, exchange: str, key: str, **properties: Any) -> None:
        """One more persistent JSON message, sent with the next ``confirm``."""
        message = Message(
            body,
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=2,
            **properties,
        )
        self.channel._basic_publish(message, exchange, key)  # noqa: SLF001
        self.published += 1
        self.open.add(self.published)

    def confirm(self, timeout: float = 10.0) -> None:
        """Send what was added, and wait until the broker has it all. Raises OSError if not."""
        self._flush()
        end = time.monotonic() + timeout
        while self.open:
            if self.refused or time.monotonic() > end:
                message = "the broker did not confirm"
                raise OSError(message)
            self.frames.read()

    def read(self) -> None:
        """Take what has arrived. Raises OSError when the broker is gone."""
        self.frames.read()

    def beat(self) -> None:
        """Show that we live; to be called about once a second."""
        self.connection.heartbeat_tick()
        self._flush()

    def _flush(self) -> None:
        pieces, self._pieces = self._pieces, []
        if pieces:
            self._write(b"".join(pieces))

    def _ack(self, tag: int, multiple: bool) -> None:
        if multiple:
            self.open = {number for number in self.open if number > tag}
        else:
            self.open.discard(tag)

    def _nack(self, _tag: int, _multiple: bool) -> None:
        self.refused = True
