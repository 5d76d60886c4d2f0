"""Filters of streams and polls."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from deploy.docs.declarations import events
from gateway.live.filters import DOCUMENTED, Filters
from services.common import bodies
from services.common.contracts.crud.live_events import EventFilter
from services.common.errors import InvalidInput
from tests.unit.gateway.live.making import event

A, B = UUID(int=1), UUID(int=2)


def wants(query: dict[str, Any], **made: Any) -> bool:
    """Whether a filter wants an event."""
    return Filters.of(bodies.read(EventFilter, query)).want(event(**made))


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["task:update"], True),
        (["task:*"], True),
        (["*:update"], True),
        (["*"], True),
        (["asset:*", "task:up*"], True),
        (["task"], False),
        (["ask:*"], False),
        (["task:new", "asset:update"], False),
        # A dot is no wildcard, nor refused quietly.
        (["task-type:*"], False),
    ],
)
def test_names(patterns: list[str], expected: bool) -> None:
    """A star stands for any part of a name; the whole of it must match."""
    assert wants({"name": patterns}, name="task:update") is expected


@pytest.mark.parametrize("field", ["project", "entity", "task", "person"])
def test_ids(field: str) -> None:
    """Of what the event is about."""
    query = {f"{field}_id": str(A)}
    assert wants(query, **{field: A})
    assert not wants(query, **{field: B})
    assert not wants(query)


def test_all_must_match() -> None:
    """One that doesn't is enough."""
    query = {"task_id": str(A), "name": ["task:*"]}
    assert wants(query, task=A)
    assert not wants(query, task=A, name="comment:new")


@pytest.mark.parametrize(
    "patterns", [["task:[a-z]"], [""], ["Task:new"], ["*a*b*c*"], ["a" * 81], ["a"] * 51]
)
def test_what_is_no_name_is_refused(patterns: list[str]) -> None:
    """With the field that it stands in."""
    with pytest.raises(InvalidInput) as refusal:
        wants({"name": patterns})
    assert "name" in str(refusal.value.data)


def test_sockets_get_the_documented_events_only() -> None:
    """Whoever declares an event says so; ``log-in: nothing`` is what clients know."""
    got = {cls.event_name for cls in events() if DOCUMENTED.want(event(name=cls.event_name))}
    assert got == {cls.event_name for cls in events() if cls.on_sockets}
    assert got >= {"task:update", "notification:new", "chat:joined", "comment:acknowledge"}
    assert not got & {"login:succeeded", "rows:gone", "notifications:written", "project:prepared"}
