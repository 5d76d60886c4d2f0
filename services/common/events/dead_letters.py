"""Dead letters: ``python -m services.common.events.dead_letters list`` and ``… replay``.

Events on which a handler failed are in the queue ``callboard.dead``. ``list`` prints each with its
reason; ``replay`` publishes each to the queue that it was rejected from, or leaves it if that queue
is unknown.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from services.common.wire.publisher import Publisher
from services.common.wire.session import ack_bytes
from services.common.wire.topology import DEAD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.common.wire.frames import Incoming
    from services.common.wire.session import Session

USAGE: Final = "usage: AMQP_URI=amqp://… python -m services.common.events.dead_letters list|replay"
#: Seconds without another dead letter after which the queue counts as empty.
QUIET_SECONDS: Final = 1.0


class Letters:
    """Consumes the queue of dead letters, on a connection that also publishes with confirms."""

    def __init__(self, uri: str) -> None:
        """Connect and consume. Raises OSError without a broker or without that queue."""
        self.arrived: list[Incoming] = []
        self.publisher = Publisher(uri, self._consume, name="dead letters")

    def _consume(self, session: Session) -> None:
        session.consume(DEAD, self.arrived.append, tag="letters")

    def all(self) -> Iterator[Incoming]:
        """Yield the dead letters, unacknowledged. Raises OSError."""
        end = time.monotonic() + QUIET_SECONDS
        while self.arrived or time.monotonic() < end:
            if not self.arrived:
                self.publisher.read()
                continue
            yield self.arrived.pop(0)
            end = time.monotonic() + QUIET_SECONDS

    def replay(self, letter: Incoming) -> str:
        """Publish a dead letter to the queue it came from; returns that queue, or "" if none."""
        queue = str(_death(letter).get("queue", ""))
        if letter.error is not None or not queue:
            return ""
        # Without ``x-death`` and the like: the broker would go on counting this delivery as the old
        # one.
        headers = {key: value for key, value in letter.headers.items() if not key.startswith("x-")}
        try:
            self.publisher.add(letter.body, "", queue, headers={**headers, "name": _name(letter)})
        except ValueError:
            return ""
        # Confirmed before it is acknowledged: a crash in between leaves a duplicate, which the
        # inbox ignores, instead of losing the event.
        self.publisher.confirm()
        self.publisher.connection.outgoing.send(ack_bytes(letter.delivery_tag))
        return queue

    def close(self) -> None:
        """Close once the broker has the acknowledgements; unacknowledged letters stay queued."""
        self.publisher.connection.leave()


def described(letter: Incoming) -> str:
    """One line: the time, the event, the queue it was rejected from, the reason, the body."""
    if letter.error is not None:
        return f"?  {letter.error}  {letter.body!r:.200}"
    headers, death = letter.headers, _death(letter)
    return (
        f"{headers.get('time', '?')}  {_name(letter)}  {headers.get('event_id', '?')}  "
        f"from {death.get('queue', '?')}: {death.get('reason', '?')}  {letter.body!r:.200}"
    )


def _death(letter: Incoming) -> dict[str, Any]:
    """The newest entry of the broker's ``x-death`` header; empty for a malformed one."""
    deaths = letter.headers.get("x-death")
    first = deaths[0] if isinstance(deaths, list) and deaths else None
    return first if isinstance(first, dict) else {}


def _name(letter: Incoming) -> str:
    # Dead-lettering replaces the routing key: the original is in ``x-death``, if not in a header.
    keys = _death(letter).get("routing-keys")
    header = letter.headers.get("name")
    return str(header or (keys[0] if isinstance(keys, list) and keys else letter.routing_key))


def main(action: str, uri: str) -> None:
    """List or replay the dead letters of the broker at ``uri``."""
    letters = Letters(uri)
    try:
        for letter in list(letters.all()):  # not those that fail again during the replay
            line = described(letter)
            if action == "replay":
                line += f"  → {letters.replay(letter) or 'not replayed: its queue is unknown'}"
            print(line)  # noqa: T201 - command line output
    finally:
        letters.close()


if __name__ == "__main__":
    if sys.argv[1:] not in (["list"], ["replay"]) or "AMQP_URI" not in os.environ:
        sys.exit(USAGE)
    main(sys.argv[1], os.environ["AMQP_URI"])
