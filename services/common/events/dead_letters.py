"""The dead letters: ``python -m services.common.events.dead_letters list`` and ``… replay``.

An event that a handler could not digest rests in ``callboard.dead``. ``list`` shows what is there
and why; ``replay`` gives each back to the queue that gave it up.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Final

from kombu import Connection

from services.common.wire.topology import DEAD

if TYPE_CHECKING:
    from collections.abc import Iterator

USAGE: Final = "usage: AMQP_URI=amqp://… python -m services.common.events.dead_letters list|replay"


def letters(channel: Any) -> Iterator[Any]:
    """The messages resting there, taken one at a time and not yet acknowledged."""
    while (message := channel.basic_get(DEAD)) is not None:
        yield message


def described(message: Any) -> str:
    """One line: what, when, from which queue, why."""
    headers = message.headers or {}
    death = (headers.get("x-death") or [{}])[0]
    return (
        f"{headers.get('time', '?')}  {_name(message)}  {headers.get('event_id', '?')}  "
        f"from {death.get('queue', '?')}: {death.get('reason', '?')}  {message.body!r:.200}"
    )


def _name(message: Any) -> str:
    death = ((message.headers or {}).get("x-death") or [{}])[0]
    return str((death.get("routing-keys") or [message.delivery_info["routing_key"]])[0])


def replay(channel: Any, message: Any) -> str:
    """Put a message back into the queue that gave it up, and answer that queue."""
    headers = dict(message.headers or {})
    queue = str((headers.get("x-death") or [{}])[0].get("queue", ""))
    fresh = {key: value for key, value in headers.items() if not key.startswith("x-")}
    message.headers.clear()
    channel.basic_publish(
        channel.prepare_message(
            message.body,
            content_type="application/json",
            content_encoding="utf-8",
            headers={**fresh, "name": _name(message)},
            properties={"delivery_mode": 2},
        ),
        exchange="",
        routing_key=queue,
    )
    channel.basic_ack(message.delivery_tag)
    return queue


def main(action: str, uri: str) -> None:
    """List or replay what rests there."""
    with Connection(uri) as connection:
        channel = connection.channel()
        for raw in letters(channel):
            message = channel.message_to_python(raw)
            line = described(message)
            if action == "replay":
                line += f"  → {replay(channel, message)}"
            print(line)  # noqa: T201 - answers the command line


if __name__ == "__main__":
    if sys.argv[1:] not in (["list"], ["replay"]) or "AMQP_URI" not in os.environ:
        sys.exit(USAGE)
    main(sys.argv[1], os.environ["AMQP_URI"])
