"""Bodies whose fields a route declares."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from services.common import bodies, values
from services.common.bodies import Field, read_body
from services.common.errors import InvalidInput

FIELDS = {
    "name": bodies.name(limit=5),
    "count": bodies.WHOLE,
    "note": bodies.text("none"),
    "open": bodies.FLAG,
    "parent_id": bodies.IDENT,
}


def faults_of(body: Any, fields: dict[str, Field] = FIELDS) -> list[str]:
    """The fields that a refusal names, in order."""
    with pytest.raises(InvalidInput) as refusal:
        read_body(body, fields)
    assert refusal.value.data is not None
    return [error["field"] for error in refusal.value.data["errors"]]


def test_absent_fields_get_their_defaults() -> None:
    """Unknown keys are ignored."""
    assert read_body({"name": "a", "unknown": 1}, FIELDS) == {
        "name": "a",
        "count": None,
        "note": "none",
        "open": False,
        "parent_id": None,
    }


def test_a_partial_body_has_only_the_fields_sent() -> None:
    """For updates: nothing is required, nothing gets a default."""
    assert read_body({"count": 2}, FIELDS, partial=True) == {"count": 2}


@pytest.mark.parametrize("body", [None, [], "text", 3])
def test_a_body_that_is_no_object_lacks_the_required_fields(body: Any) -> None:
    """Instead of failing where it is read."""
    assert faults_of(body) == ["name"]


def test_all_invalid_fields_are_reported_at_once() -> None:
    """A form shows them together."""
    body = {"name": "too long", "count": "many", "open": "perhaps", "parent_id": "x"}
    assert faults_of(body) == ["name", "count", "open", "parent_id"]


@pytest.mark.parametrize("name", [None, "", "  "])
def test_a_name_must_not_be_blank(name: str | None) -> None:
    """An explicit null neither."""
    assert faults_of({"name": name}) == ["name"]


def test_a_null_is_the_fields_null_value() -> None:
    """False for a flag, an empty list for ids."""
    fields = {"open": bodies.FLAG, "ids": bodies.IDS, "count": bodies.WHOLE}
    body = {"open": None, "ids": None, "count": None}
    assert read_body(body, fields) == {"open": False, "ids": [], "count": None}


def test_an_invalid_item_is_named_by_its_index() -> None:
    """Within objects by index and key."""
    fields = {
        "ids": bodies.IDS,
        "types": Field(bodies.items_of({"id": bodies.NEEDED_IDENT, "priority": bodies.WHOLE})),
        "counts": Field(bodies.each(values.whole)),
    }
    ident = str(uuid4())
    body = {
        "ids": [ident, "x"],
        "types": [{"id": ident}, {"priority": "high"}, "text"],
        "counts": [1, 2.5],
    }
    assert faults_of(body, fields) == [
        "ids.1",
        "types.1.id",
        "types.1.priority",
        "types.2",
        "counts.1",
    ]
