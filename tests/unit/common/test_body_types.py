"""Bodies are read as their types say."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

import pytest

from services.common import bodies
from services.common.contracts.types import UNSET, Body, Id, UnsetType, about
from services.common.errors import InvalidInput


class Line(Body, kw_only=True):
    """An item of an order."""

    article: Annotated[str, about("What.", "pencil", min_length=1, max_length=10)]
    pieces: Annotated[int, about("How many.", 3, ge=0)] = 1


class Order(Body, kw_only=True):
    """An order."""

    customer: Id
    referrer: Id | None = None
    note: str | UnsetType = UNSET
    way: Literal["post", "pickup"] = "post"
    urgent: bool = False
    lines: list[Line] = []


def _faults(data: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        bodies.read(Order, data)
    return {one["field"]: one["message"] for one in refused.value.data["errors"]}


def test_a_body_becomes_its_type() -> None:
    """With what forms and spreadsheets make of numbers and flags."""
    customer = uuid4()
    lines = [{"article": "pencil", "pieces": "3"}]
    order = bodies.read(Order, {"customer": str(customer), "urgent": "true", "lines": lines})
    assert order == Order(customer=customer, urgent=True, lines=[Line(article="pencil", pieces=3)])


def test_an_absent_field_gets_its_default() -> None:
    """And a change can tell it from an empty one."""
    order = bodies.read(Order, {"customer": str(uuid4())})
    assert (order.note, order.way, order.lines) == (UNSET, "post", [])
    assert bodies.read(Order, {"customer": str(uuid4()), "note": ""}).note == ""


def test_null_counts_as_absent_where_a_field_may_not_be_null() -> None:
    """Clients send back the nulls that they were shown."""
    order = bodies.read(Order, {"customer": str(uuid4()), "way": None, "lines": None})
    assert (order.way, order.lines) == ("post", [])


@pytest.mark.parametrize("text", ["", "None", None])
def test_a_reference_may_be_emptied(text: str | None) -> None:
    """As views show a missing one."""
    assert bodies.read(Order, {"customer": str(uuid4()), "referrer": text}).referrer is None


def test_unknown_fields_are_ignored() -> None:
    """Clients send whole rows back."""
    assert bodies.read(Order, {"customer": str(UUID(int=1)), "colour": 3}).customer == UUID(int=1)


def test_every_wrong_field_is_named_with_what_came_and_what_is_expected() -> None:
    """Also inside of arrays and objects."""
    faults = _faults({"referrer": 5, "way": "air", "lines": [{"article": " "}, {"pieces": -1}, 7]})
    assert faults["customer"] == "Field required"
    assert faults["way"] == "Invalid value for 'way': 'air'. Expected one of: pickup, post."
    assert set(faults) == {
        "customer",
        "referrer",
        "way",
        "lines.0.article",
        "lines.1.article",
        "lines.1.pieces",
        "lines.2",
    }


@pytest.mark.parametrize("data", [None, [], "x", 3])
def test_what_is_no_object_has_no_field(data: Any) -> None:
    """The first thing missing is named."""
    assert _faults(data) == {"customer": "Field required"}
