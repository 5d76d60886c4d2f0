"""Bodies are read as their types say."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, TypedDict
from uuid import UUID, uuid4

import pytest

from gateway.routes import ROUTES
from services.common import bodies
from services.common.contracts.types import (
    NOT_BLANK,
    UNSET,
    AnyId,
    Body,
    FreeObject,
    Id,
    ListedId,
    UnsetType,
    about,
)
from services.common.errors import InvalidInput


class Stamp(TypedDict, total=False):
    """JSON of the client's own."""

    color: str


class Line(Body, kw_only=True):
    """An item of an order."""

    article: Annotated[str, about("What.", "pencil", pattern=NOT_BLANK, max_length=10)]
    pieces: Annotated[int, about("How many.", 3, ge=0)] = 1


class Order(Body, kw_only=True):
    """An order."""

    customer: Id
    referrer: Id | None = None
    note: str | UnsetType = UNSET
    way: Literal["post", "pickup"] = "post"
    urgent: bool = False
    weight: Annotated[float, about("In kilograms.", gt=0)] = 1.0
    lines: list[Line] = []
    stamps: list[Stamp | str] = []
    extras: FreeObject = {}
    seller: AnyId | None = None
    shop: Annotated[Id | None, about("Where.", invalid="There is no shop {value}")] = None


class Change(Body, kw_only=True):
    """What to change of an order."""

    note: str | UnsetType = UNSET
    urgent: bool | UnsetType = UNSET
    referrer: Id | UnsetType | None = UNSET


class Stock(Body, kw_only=True):
    """A body that clients know to be refused by a message of its own."""

    no_object: ClassVar[str] = "Send an object."
    shelves: Annotated[list[str], about("Which.")]
    label: Annotated[str, about("On the door.", only_text=True)] = ""


CUSTOMER = str(uuid4())


def refusal(kind: Any, data: Any) -> InvalidInput:
    """How a body is refused."""
    with pytest.raises(InvalidInput) as refused:
        bodies.read(kind, data)
    return refused.value


def faults_of(kind: Any, data: Any) -> dict[str, str]:
    """What is said of each wrong field."""
    told = refusal(kind, data).data
    assert told is not None
    return {one["field"]: one["message"] for one in told["errors"]}


def read(**fields: Any) -> Order:
    """An order with these fields."""
    return bodies.read(Order, {"customer": CUSTOMER, **fields})


def test_a_body_becomes_its_type() -> None:
    """With what forms and spreadsheets make of numbers and flags."""
    order = read(urgent="true", weight="2.5", lines=[{"article": "pencil", "pieces": "3"}])
    lines = [Line(article="pencil", pieces=3)]
    assert order == Order(customer=UUID(CUSTOMER), urgent=True, weight=2.5, lines=lines)


def test_an_absent_field_gets_its_default() -> None:
    """And a change can tell it from an empty one."""
    assert (read().note, read().way, read().lines) == (UNSET, "post", [])
    assert read(note="").note == ""


def test_null_counts_as_absent_where_there_is_a_default() -> None:
    """Clients send back the nulls that they were shown."""
    order = read(way=None, lines=None, weight=None)
    assert (order.way, order.lines, order.weight) == ("post", [], 1.0)


def test_null_is_refused_where_it_would_empty_what_must_not_be_empty() -> None:
    """As in updates of generic CRUD."""
    assert set(faults_of(Change, {"note": None, "urgent": None})) == {"note", "urgent"}
    assert bodies.read(Change, {"referrer": None}) == Change(referrer=None)
    assert "customer" in faults_of(Order, {"customer": None})


def test_a_change_sets_what_came() -> None:
    """Whatever it was: also null and the empty text."""
    change = bodies.read(Change, {"note": "", "referrer": None, "unknown": 1})
    assert bodies.given(change) == {"note": "", "referrer": None}


def test_an_empty_field_of_a_form_was_not_filled_in() -> None:
    """But a text may be empty."""
    order = read(urgent="", weight="", lines="", seller="", note="")
    assert (order.urgent, order.weight, order.lines) == (False, 1.0, [])
    assert (order.seller, order.note) == (None, "")
    assert faults_of(Order, {"customer": ""}) == {"customer": bodies.REQUIRED}


def test_a_form_has_arrays_and_objects_as_their_text() -> None:
    """Which is read as the JSON that it is."""
    order = read(lines='[{"article": "pencil"}]', extras='{"a": 1}')
    assert (order.lines, order.extras) == ([Line(article="pencil")], {"a": 1})
    text = "[" * 5000
    assert faults_of(Order, {"customer": CUSTOMER, "lines": text})["lines"].endswith("an array.")


@pytest.mark.parametrize("text", ["", "None", None])
def test_a_reference_may_be_emptied(text: str | None) -> None:
    """As views show a missing one."""
    assert read(referrer=text).referrer is None


def test_unknown_fields_are_ignored() -> None:
    """Clients send whole rows back."""
    assert read(colour=3) == read()


def test_json_of_the_clients_own_is_kept_as_it_came() -> None:
    """With all its keys, if its shape is right."""
    stamps = [{"color": "red", "glue": True}, "none"]
    assert read(stamps=stamps).stamps == stamps
    wrong = [{"color": 1}, 4, True]
    assert faults_of(Order, {"customer": CUSTOMER, "stamps": wrong}) == {
        "stamps.0": ("Invalid value for 'stamps.0': {'color': 1}. Expected a text at 'color'."),
        "stamps.1": "Invalid value for 'stamps.1': 4. Expected an object or a text.",
        "stamps.2": "Invalid value for 'stamps.2': True. Expected an object or a text.",
    }


def test_an_id_that_the_route_looks_up_may_be_any_text() -> None:
    """Its route answers it as an unknown one."""
    assert read(seller="nobody").seller == "nobody"
    assert set(faults_of(Order, {"customer": CUSTOMER, "seller": [1]})) == {"seller"}


def test_every_wrong_field_is_named_with_what_came_and_what_is_expected() -> None:
    """Also inside of arrays and objects."""
    lines = [{"article": " "}, {"pieces": -1}, 7, {"article": "a" * 11}]
    faults = faults_of(Order, {"referrer": 5, "way": "air", "weight": 0, "lines": lines})
    assert faults["customer"] == bodies.REQUIRED
    assert faults["way"] == "Invalid value for 'way': 'air'. Expected one of: pickup, post."
    assert faults["lines.1.pieces"].startswith("Invalid value for 'lines.1.pieces': -1. Expected")
    assert set(faults) == {
        "customer",
        "referrer",
        "way",
        "weight",
        "lines.0.article",
        "lines.1.article",
        "lines.1.pieces",
        "lines.2",
        "lines.3.article",
    }


def test_a_message_that_clients_know_is_that_of_the_refusal() -> None:
    """What else is wrong stands in the list, as ever."""
    refused = refusal(Order, {"customer": CUSTOMER, "shop": "x", "way": "air"})
    assert refused.message == "There is no shop x"
    assert refused.data is not None
    assert [one["field"] for one in refused.data["errors"]] == ["way", "shop"]


@pytest.mark.parametrize("data", [[], "x", 3, False])
def test_what_is_no_object_is_refused(data: Any) -> None:
    """In place of a field there is nothing."""
    assert faults_of(Order, data) == {"": "Request body must be a JSON object."}
    assert refusal(Order, data).message == "Validation error."


def test_what_is_no_object_is_told_as_clients_know_it() -> None:
    """Where they do."""
    assert refusal(Stock, []).message == "Send an object."
    assert faults_of(Stock, "x") == {"": "Send an object."}


def test_only_a_text_can_be_meant_as_one_that_a_message_quotes() -> None:
    """What else came is told as everywhere."""
    assert refusal(Order, {"customer": CUSTOMER, "shop": 5}).message == "Validation error."
    told = "Invalid value for 'shop': 5. Expected a UUID."
    assert faults_of(Order, {"customer": CUSTOMER, "shop": 5}) == {"shop": told}


def test_digits_are_a_text_unless_only_a_text_will_do() -> None:
    """As spreadsheets have them."""
    assert read(note=5).note == "5"
    told = "Invalid value for 'label': 5. Expected a text."
    assert faults_of(Stock, {"shelves": [], "label": 5}) == {"label": told}
    assert bodies.read(Stock, {"shelves": [], "label": "5"}).label == "5"


def test_no_body_is_an_empty_object() -> None:
    """The first thing missing is named."""
    assert faults_of(Order, None) == {"customer": bodies.REQUIRED}
    assert bodies.read(Change, None) == Change()


@pytest.mark.parametrize("data", [None, {}, "[]", 3])
def test_what_is_no_array_is_refused(data: Any) -> None:
    """In the words that clients know."""
    assert refusal(list[Id], data).message == "Request body must be a JSON array."


def test_arrays_are_read_item_by_item() -> None:
    """A wrong one is told by its place."""
    assert bodies.read(list[Line], [{"article": "a"}]) == [Line(article="a")]
    assert set(faults_of(list[Line], [{"article": "a"}, {}, 1])) == {"1.article", "2"}
    assert refusal(list[ListedId], ["x"]).message == "Request body must only contain valid UUIDs."


def test_objects_with_keys_of_the_clients_own_are_read_value_by_value() -> None:
    """A wrong one is told by its key."""
    kind = dict[str, list[Line]]
    assert bodies.read(kind, {"a": [{"article": "b"}]}) == {"a": [Line(article="b")]}
    assert set(faults_of(kind, {"a": [{"article": "b"}, 5], "b": 3})) == {"a.1", "b"}
    assert refusal(kind, []).message == "Request body must be a JSON object."


def test_every_body_that_a_route_takes_can_be_read() -> None:
    """A type that has no reader fails here, before a client sends one."""
    taken = [route.takes for route in ROUTES if route.takes is not None]
    assert len(taken) > 60
    for kind in taken:
        with pytest.raises(InvalidInput):
            bodies.read(kind, 3)
