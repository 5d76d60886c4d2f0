"""Dead letters, as administrators see them."""

from __future__ import annotations

from typing import Any

from kombu import Connection

from services.common.wire.topology import DEAD
from tests.running import Caller, System, until


def letters(admin: Caller, **query: Any) -> dict[str, Any]:
    """A page of dead letters."""
    answer = admin.get("/data/dead-letters", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def count(admin: Caller) -> int:
    """How many there are."""
    return int(letters(admin, limit=1)["total"])


def wait_for(admin: Caller, number: int, seconds: float = 30.0) -> list[dict[str, Any]]:
    """Wait until there are so many; returns them, newest first."""
    until(lambda: count(admin) == number, seconds, f"{number} dead letters")
    found: list[dict[str, Any]] = letters(admin)["data"]
    return found


def none_left(system: System, admin: Caller) -> None:
    """Discard all: those that are kept, and those still on their way."""
    with Connection(system.parts.amqp_uri) as connection:
        connection.channel().queue_purge(DEAD)
    answer = admin.post("/data/dead-letters/discard", {"queue": None})
    assert answer.status_code == 200, answer.text
