"""Filters of streams and polls."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from gateway.live.filters import Filters
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
