"""Publishing many messages with one write, and one wait for all their confirms."""

from __future__ import annotations

import time
from typing import Any

from services.common.wire.frames import Frames, addressed, largest_body, message


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
        self.largest = largest_body(connection)
        self._pieces: list[bytes] = []
        channel.confirm_select()
        channel.events["basic_ack"].add(self._ack)
        channel.events["basic_nack"].add(self._nack)

    @property
    def socket(self) -> Any:
        """What to watch for something to ``read``."""
        return self.frames.socket

    def add(self, body: bytes | str, exchange: str, key: str, **properties: Any) -> None:
        """One more persistent JSON message, sent with the next ``confirm``."""
        content = body.encode() if isinstance(body, str) else body
        given = {
            "content_type": "application/json",
            "content_encoding": "utf-8",
            "delivery_mode": 2,
            **properties,
        }
        number = self.channel.channel_id
        address = addressed(number, exchange, key, False)  # noqa: FBT003
        self._pieces.append(message(number, address, content, given, self.largest))
        self.published += 1
        self.open.add(self.published)

    def confirm(self, timeout: float = 10.0) -> None:
        """Send what was added, and wait until the broker has it all. Raises OSError if not."""
        self._flush()
        end = time.monotonic() + timeout
        while self.open:
            if self.refused or time.monotonic() > end:
                reason = "the broker did not confirm"
                raise OSError(reason)
            self.frames.read()

    def read(self) -> None:
        """Take what has arrived. Raises OSError when the broker is gone."""
        self.frames.read()

    def beat(self) -> None:
        """Show that we live; to be called about once a second."""
        self.connection.heartbeat_tick()

    def _flush(self) -> None:
        pieces, self._pieces = self._pieces, []
        if pieces:
            self.socket.sendall(b"".join(pieces))

    def _ack(self, tag: int, multiple: bool) -> None:
        if multiple:
            self.open = {number for number in self.open if number > tag}
        else:
            self.open.discard(tag)

    def _nack(self, _tag: int, _multiple: bool) -> None:
        self.refused = True
