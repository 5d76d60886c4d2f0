"""The messages in which a relay sends many events at once."""

from __future__ import annotations

from uuid import UUID, uuid4

import msgspec
import pytest

from services.common.events import batches
from services.common.events.delivery import Delivery
from services.common.events.outbox import Row

TASK = uuid4()


def event(number: int, *, stored: bool = True, text: str = "") -> Row:
    """An event of the outbox, about a task whose name changed."""
    return Row(
        id=number,
        event_id=UUID(int=number),
        name="task:update",
        payload=f'{{"task_id": "{TASK}", "text": "{text}"}}',
        actor_id=None,
        project_id=None,
        request_id="r",
        stored=stored,
        time="2026-01-05T10:00:00.000001",
        traceparent=None,
        tx=7,
        before='{"name": "a"}',
        after='{"name": "b"}',
    )


def decoded(messages: list[bytes]) -> list[Delivery]:
    """The events in these messages."""
    return [one for body in messages for one in msgspec.json.decode(body, type=list[Delivery])]


def test_the_log_gets_what_it_stores_and_nothing_of_rows() -> None:
    """Rows may be large, and hold what the log has no rights for."""
    (delivery,) = decoded(list(batches.for_log("tasks", [event(1), event(2, stored=False)])))
    assert delivery.event_id == UUID(int=1)
    assert delivery.source == "tasks"
    assert (delivery.before, delivery.after) == (None, None)


def test_every_event_is_described_with_its_row() -> None:
    """Also those that the log doesn't store."""
    first, second = decoded(list(batches.with_changes("tasks", [event(1), event(2, stored=False)])))
    assert (first.stored, second.stored) == (True, False)
    assert (first.before, first.after) == ({"name": "a"}, {"name": "b"})


def test_large_batches_take_several_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """In order; an event larger than the limit has one of its own."""
    monkeypatch.setattr(batches, "BYTES", 700)
    rows = [event(1), event(2), event(3, text="x" * 1000), event(4)]
    messages = list(batches.with_changes("tasks", rows))
    assert len(messages) > 1
    assert [one.event_id.int for one in decoded(messages)] == [1, 2, 3, 4]


def test_nothing_is_sent_for_nothing() -> None:
    """An empty message would be one more to handle."""
    assert list(batches.for_log("tasks", [event(1, stored=False)])) == []


def test_a_row_that_is_too_large_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The event itself must go out."""
    monkeypatch.setattr(batches, "ROW_BYTES", 20)
    (delivery,) = decoded(list(batches.with_changes("tasks", [event(1)])))
    assert (delivery.before, delivery.after) == (None, None)
    assert delivery.payload["task_id"] == str(TASK)
