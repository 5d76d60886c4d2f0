"""Decoding messages of any content: events, or an error, for each event of a batch by itself."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pamqp.commands import Basic

from services.common.events.delivery import Delivery, Unreadable, moment_of, read_deliveries
from services.common.wire.frames import Incoming

values = st.none() | st.integers() | st.text() | st.binary() | st.lists(st.text(), max_size=2)
names = st.sampled_from(
    ["event_id", "name", "time", "actor_id", "project_id", "request_id", "traceparent"]
)


def message(body: bytes, **headers: Any) -> Incoming:
    found = Incoming(1)
    found.body, found.exchange, found.routing_key = body, "tasks.events", "task:new"
    found.properties = Basic.Properties(headers=headers)
    return found


def event(**changes: Any) -> dict[str, Any]:
    return {
        "name": "task:new",
        "payload": {"a": 1},
        "event_id": str(uuid.uuid4()),
        "time": "2026-01-05T10:00:00.5",
        "source": "tasks",
        **changes,
    }


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first text takes seconds to make
@given(
    body=st.binary() | st.just(b"{}") | st.just(b"[" * 100_000),
    headers=st.dictionaries(names, values),
    many=st.booleans(),
)
def test_any_bytes_are_events_or_unreadable(
    body: bytes, headers: dict[str, Any], many: bool
) -> None:
    try:
        found, odd = read_deliveries(message(body, **headers), many=many)
    except Unreadable:
        return
    for one in found:
        moment_of(one)
        assert isinstance(one.payload, dict)
    assert all(reason for _, reason in odd)


def test_undecodable_events_of_a_batch_are_separated() -> None:
    given_ones = [event(), event(time="noon"), event(), {"name": "x"}, 5, event(payload=[])]
    found, odd = read_deliveries(message(msgspec.json.encode(given_ones)), many=True)
    assert [one.event_id for one in found] == [
        uuid.UUID(given_ones[0]["event_id"]),  # type: ignore[index]
        uuid.UUID(given_ones[2]["event_id"]),  # type: ignore[index]
    ]
    assert [msgspec.json.decode(raw) for raw, _ in odd] == [*given_ones[1:2], *given_ones[3:]]


def test_an_event_of_a_batch_round_trips_alone() -> None:
    """As it is dead-lettered and replayed."""
    first = msgspec.convert(event(actor_id=str(uuid.uuid4()), request_id="r"), Delivery)
    again = Delivery.read(message(first.body(), **first.headers()))
    assert again == first


def test_an_event_without_an_id_gets_one() -> None:
    result = Delivery.read(message(b'{"a":1}'))
    assert (result.name, result.source, result.time) == ("task:new", "tasks", "")
    assert result.event_id.version == 4


def test_a_batch_must_be_an_array() -> None:
    with pytest.raises(Unreadable):
        read_deliveries(message(b'{"a":1}'), many=True)
