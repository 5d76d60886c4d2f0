"""Dead letters as lines for an operator."""

from __future__ import annotations

from typing import Any

from pamqp.commands import Basic

from services.common.events.dead_letters import described
from services.common.wire.frames import Incoming


def letter(headers: dict[str, Any], body: bytes = b"{}", routing_key: str = "dead") -> Incoming:
    """A message in the queue of dead letters."""
    message = Incoming()
    message.properties, message.body = Basic.Properties(headers=headers), body
    message.routing_key = routing_key
    return message


DEATH = {"queue": "tasks.seat", "reason": "rejected", "routing-keys": ["task:assign"]}


def test_a_letter_says_where_it_was_rejected() -> None:
    """And why, with its event and the beginning of its body."""
    headers = {"name": "task:assign", "event_id": "e1", "time": "2026-01-05", "x-death": [DEATH]}
    assert described(letter(headers, b'{"task_id":1}')) == (
        "2026-01-05  task:assign  e1  from tasks.seat: rejected  b'{\"task_id\":1}'"
    )


def test_the_original_routing_key_names_a_letter_without_a_name() -> None:
    """Dead-lettering replaces the routing key."""
    assert "  task:assign  " in described(letter({"x-death": [DEATH]}))
    assert "  dead  " in described(letter({}))


def test_a_malformed_death_is_none() -> None:
    """Anybody may publish to the exchange."""
    for death in ("x", [], ["x"], [{"routing-keys": "x"}]):
        assert "from ?: ?" in described(letter({"x-death": death}))


def test_an_unreadable_letter_is_described_by_its_error() -> None:
    """Its headers can't be read."""
    message = letter({}, b"body")
    message.error = "its headers are cut off"
    assert described(message) == "?  its headers are cut off  b'body'"


def test_a_long_body_is_cut() -> None:
    """One line for each letter."""
    assert len(described(letter({}, b"x" * 5000))) < 300
