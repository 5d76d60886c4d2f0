"""Parsing values of each kind, and the errors for others."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest

from services.common import values
from services.common.values import BadValue

IDENT = "0a1b2c3d-0000-4000-8000-00000000000f"


@pytest.mark.parametrize(
    ("read", "given", "found"),
    [
        (values.text, "Łódź", "Łódź"),
        (values.text, 25, "25"),
        (values.text, 25.0, "25"),
        (values.text, 23.976, "23.976"),
        (values.whole, 100, 100),
        (values.whole, "100", 100),
        (values.whole, " 100 ", 100),
        (values.whole, 100.0, 100),
        (values.whole, "100.0", 100),
        (values.whole, "-1e3", -1000),
        (values.whole_of(2**63), str(2**63 - 1), 2**63 - 1),
        (values.finite, "1.5", 1.5),
        (values.finite, 60, 60.0),
        (values.flag, True, True),
        (values.flag, "True", True),
        (values.flag, "no", False),
        (values.flag, 0.0, False),
        (values.parse_id, IDENT.upper(), UUID(IDENT)),
        (values.reference, "None", None),
        (values.reference, "", None),
        (values.parse_moment, "2026-01-05", datetime.fromisoformat("2026-01-05")),
        (
            values.parse_moment,
            "2026-01-05T10:00:00+02:00",
            datetime.fromisoformat("2026-01-05T08:00:00"),
        ),
        (values.parse_day, "2026-01-05T23:00:00-05:00", date(2026, 1, 5)),
        (values.texts, ["a", 1], ["a", "1"]),
        (values.shaped(list[str]), ["a"], ["a"]),
        (values.shaped(dict[str, Any]), {"a": [1.5, None]}, {"a": [1.5, None]}),
    ],
)
def test_unambiguous_values_are_accepted(read: Any, given: Any, found: Any) -> None:
    """Forms and spreadsheets send numbers and flags as text, whole numbers as floats."""
    assert read(given) == found
    assert type(read(given)) is type(found)


@pytest.mark.parametrize("given", [None, [], {}, [1], {"a": 1}, "\x00", "\ud800"])
@pytest.mark.parametrize(
    "read",
    [
        values.text,
        values.whole,
        values.finite,
        values.flag,
        values.parse_id,
        values.reference,
        values.parse_moment,
        values.parse_day,
        values.one_of(("a", "b")),
        values.shaped(int),
    ],
)
def test_a_value_of_another_kind_raises_bad_value(read: Any, given: Any) -> None:
    """Also if it can't be compared, hashed or encoded."""
    with pytest.raises(BadValue):
        read(given)


@pytest.mark.parametrize(
    ("read", "given", "expected"),
    [
        (values.whole, "many", "a whole number"),
        (values.whole, 2.5, "a whole number"),
        (values.whole, True, "a whole number"),
        (values.whole, 2**31, "a whole number between -2147483648 and 2147483647"),
        (values.whole, "1_000", "a whole number"),
        (values.whole, 10**30, "a whole number between -2147483648 and 2147483647"),
        (values.finite, "nan", "a number"),
        (values.finite, "1e400", "a finite number"),
        (values.finite, 10**400, "a finite number"),
        (values.flag, "perhaps", "true or false"),
        (values.flag, 2, "true or false"),
        (values.text, True, "a text"),
        (values.text_of(3), 1234, "a text of at most 3 characters"),
        (values.one_of(("a", "b")), "c", "one of: a, b"),
        (values.parse_id, IDENT.replace("-", ""), "a UUID"),
        (values.parse_moment, "0001-01-01T00:00+14:00", "an ISO 8601 date or datetime"),
        (values.idents, [IDENT, "x"], "an array of UUIDs"),
        (values.shaped(list[dict[str, Any]]), "x", "an array"),
        (values.shaped(list[dict[str, Any]]), [1], "an object at '[0]'"),
        (values.positive, 0, "a number above 0"),
        (values.within(1, 5), 6, "a number from 1 to 5"),
    ],
)
def test_a_bad_value_says_what_was_expected(read: Any, given: Any, expected: str) -> None:
    """In words for people."""
    with pytest.raises(BadValue) as refusal:
        read(given)
    assert refusal.value.expected == expected
    assert f"'field': {values.shown(refusal.value.value)}. Expected {expected}." in (
        refusal.value.about("field")
    )


def test_the_value_in_the_message_is_abbreviated() -> None:
    """Whatever its size and depth."""
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    for value in ("x" * 1_000_000, ["x" * 1_000_000] * 1000, deep, 10**1000, {"\ud800": 1}):
        assert len(values.shown(value).encode()) < 500


def nested(depth: int) -> Any:
    """Lists nested so deeply."""
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ({"a": ["b", 1.5, None, True, 10**30]}, True),
        ({"a": "\x00"}, False),
        ({"\x00": 1}, False),
        (["\ud800"], False),
        ([float("inf")], False),
        ([float("nan")], False),
        (nested(values.DEEPEST - 1), True),
        (nested(values.DEEPEST), False),
        (nested(100_000), False),
    ],
)
def test_json_that_postgresql_refuses_is_a_bad_value(value: Any, fits: bool) -> None:
    """NUL, lone surrogates, infinity, too deep nesting."""
    assert values.storable(value) is fits


def test_a_number_out_of_its_range_is_told_the_range() -> None:
    """Both ends, where there are two."""
    read = values.at_least(1, 1001)
    assert [read(one) for one in (1, "1000")] == [1, 1000]
    for wrong in (0, -5, 1001):
        with pytest.raises(BadValue) as refused:
            read(wrong)
        assert refused.value.expected == "a whole number from 1 to 1000"


def test_only_the_other_word_flips_a_switch() -> None:
    """In any case, unless it is to be exact; nothing else is refused, whatever its type."""
    turn_on = values.switch(usual=False, exact=False)
    turn_off = values.switch(usual=True, exact=False)
    assert list(map(turn_on, ("true", "True", "1", "", 1))) == [True, True, False, False, False]
    assert list(map(turn_off, ("false", "False", "0", None))) == [False, False, True, True]
    assert not values.switch(usual=False, exact=True)("True")


def test_a_text_matches_as_a_whole() -> None:
    """A line end after it is not part of a word."""
    read = values.matching("^[a-z]+$")
    assert read("word") == "word"
    for text in ("", "two words", "word\n", "Word", ["word"]):
        with pytest.raises(BadValue):
            read(text)


def test_a_number_out_of_its_range_is_still_a_number() -> None:
    """Clients are told so in another message."""
    read = values.at_least(1)
    with pytest.raises(values.OutOfRange):
        read("0")
    with pytest.raises(BadValue) as refused:
        read("x")
    assert not isinstance(refused.value, values.OutOfRange)
