"""Dead letters, as they are read from messages of any content."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pamqp.commands import Basic

from services.common.events.dead_letters import Letter, decoded
from services.common.wire.frames import Incoming

DIED = datetime(2026, 1, 5, 11, 0, tzinfo=UTC)
DEATH = {
    "queue": "tasks.seat",
    "reason": "rejected",
    "count": 2,
    "exchange": "tasks.events",
    "time": DIED,
    "routing-keys": ["task:assign"],
}


def letter(
    headers: dict[str, Any], body: bytes = b"{}", routing_key: str = "dead", **properties: Any
) -> Letter:
    """A message in the queue of dead letters, as it is read."""
    message = Incoming()
    message.properties = Basic.Properties(headers=headers, **properties)
    message.body, message.routing_key = body, routing_key
    return Letter.of(message)


def test_a_letter_says_where_it_died() -> None:
    """And when, why, how often, with its event."""
    headers = {"name": "task:assign", "event_id": "e1", "time": "2026-01-05T10:00:00.5"}
    found = letter({**headers, "x-death": [DEATH]}, b'{"task_id":1}')
    assert (found.queue, found.reason, found.deaths) == ("tasks.seat", "rejected", 2)
    assert (found.exchange, found.name, found.event_id) == ("tasks.events", "task:assign", "e1")
    assert found.died_at == datetime(2026, 1, 5, 11, 0)  # noqa: DTZ001 - columns are naive
    assert found.happened_at == datetime(2026, 1, 5, 10, 0, 0, 500_000)  # noqa: DTZ001
    assert (found.body, found.error) == (b'{"task_id":1}', None)


def test_the_original_routing_key_names_a_letter_without_a_name() -> None:
    """Dead-lettering replaces the routing key."""
    assert letter({"x-death": [DEATH]}).name == "task:assign"
    assert letter({}).name == "dead"


def test_a_stock_publisher_names_the_event_by_the_message() -> None:
    """As subscribers read it."""
    assert letter({}, message_id="m1").event_id == "m1"


def test_a_malformed_death_is_none() -> None:
    """Anybody may publish to the exchange."""
    odd: tuple[Any, ...] = ("x", [], ["x"], [{"routing-keys": "x", "count": "x", "time": {}}])
    for death in odd:
        found = letter({"x-death": death, "time": {"a": 1}})
        assert (found.queue, found.reason, found.deaths, found.died_at) == ("", "", 1, None)
        assert found.happened_at is None


def test_properties_are_kept_as_they_came() -> None:
    """Whatever AMQP's types are."""
    headers = {"name": "x", "when": DIED, "deep": {"list": [1, True, None]}}
    found = decoded(letter(headers, correlation_id="c").properties)
    assert (found.headers, found.correlation_id) == (headers, "c")


def test_texts_suit_the_database() -> None:
    """No NUL, and no more than anybody names a queue."""
    found = letter({"name": "a\0b", "event_id": "x" * 5000})
    assert found.name == "a\N{REPLACEMENT CHARACTER}b"
    assert len(found.event_id) == 500


def test_an_unreadable_letter_says_why() -> None:
    """Its headers can't be read."""
    message = Incoming()
    message.error = "its headers are cut off"
    found = Letter.of(message)
    assert (found.properties, found.error) == (b"", "its headers are cut off")


def test_what_differs_has_another_fingerprint() -> None:
    """The same message has the same."""
    assert letter({"name": "a"}).fingerprint == letter({"name": "a"}).fingerprint
    others = [letter({"name": "a"}), letter({"name": "b"}), letter({"name": "a"}, b"[]")]
    assert len({one.fingerprint for one in others}) == 3
