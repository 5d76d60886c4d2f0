"""The dead letters: ``python -m services.common.events.dead_letters list`` and ``… replay``.

An event that a handler could not digest rests in ``callboard.dead``. ``list`` shows what is there
and why; ``replay`` gives each back to the queue that gave it up, or leaves it where it is if it
can't be told which that was.
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
#: Without another letter there are no more.
QUIET_SECONDS: Final = 1.0


class Letters:
    """What rests there, on a connection that also publishes with confirms."""

    def __init__(self, uri: str) -> None:
        """Raises OSError without a broker, or where nothing was ever declared."""
        self.arrived: list[Incoming] = []
        self.publisher = Publisher(uri, self._consume, name="dead letters")

    def _consume(self, session: Session) -> None:
        session.consume(DEAD, self.arrived.append, tag="letters")

    def all(self) -> Iterator[Incoming]:
        """Those that are there, not acknowledged yet. Raises OSError."""
        end = time.monotonic() + QUIET_SECONDS
        while self.arrived or time.monotonic() < end:
            if not self.arrived:
                self.publisher.read()
                continue
            yield self.arrived.pop(0)
            end = time.monotonic() + QUIET_SECONDS

    def replay(self, letter: Incoming) -> str:
        """Put a letter back into the queue that gave it up, and answer that queue; "" if none."""
        queue = str(_death(letter).get("queue", ""))
        if letter.error is not None or not queue:
            return ""
        fresh = {key: value for key, value in letter.headers.items() if not key.startswith("x-")}
        try:
            self.publisher.add(letter.body, "", queue, headers={**fresh, "name": _name(letter)})
        except ValueError:
            return ""
        self.publisher.confirm()
        self.publisher.connection.outgoing.send(ack_bytes(letter.delivery_tag))
        return queue

    def close(self) -> None:
        """Have the broker take the acknowledgements; what wasn't acknowledged stays there."""
        self.publisher.connection.leave()


def described(letter: Incoming) -> str:
    """One line: what, when, from which queue, why."""
    if letter.error is not None:
        return f"?  {letter.error}  {letter.body!r:.200}"
    headers, death = letter.headers, _death(letter)
    return (
        f"{headers.get('time', '?')}  {_name(letter)}  {headers.get('event_id', '?')}  "
        f"from {death.get('queue', '?')}: {death.get('reason', '?')}  {letter.body!r:.200}"
    )


def _death(letter: Incoming) -> dict[str, Any]:
    """Where and why it was given up, as the broker notes it; empty for an odd note."""
    deaths = letter.headers.get("x-death")
    first = deaths[0] if isinstance(deaths, list) and deaths else None
    return first if isinstance(first, dict) else {}


def _name(letter: Incoming) -> str:
    keys = _death(letter).get("routing-keys")
    given = letter.headers.get("name")
    return str(given or (keys[0] if isinstance(keys, list) and keys else letter.routing_key))


def main(action: str, uri: str) -> None:
    """List or replay what rests there."""
    letters = Letters(uri)
    try:
        for letter in list(letters.all()):  # not those that come back while we replay
            line = described(letter)
            if action == "replay":
                line += f"  → {letters.replay(letter) or 'stays, as it is no event'}"
            print(line)  # noqa: T201 - answers the command line
    finally:
        letters.close()


if __name__ == "__main__":
    if sys.argv[1:] not in (["list"], ["replay"]) or "AMQP_URI" not in os.environ:
        sys.exit(USAGE)
    main(sys.argv[1], os.environ["AMQP_URI"])
