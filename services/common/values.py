"""Readers of the values that clients send: one for each kind, for every way in.

The same number comes as ``100`` from a program, as ``"100"`` from a form, a query string or a
spreadsheet read as text, and as ``100.0`` from pandas, which reads a whole column as floats when a
cell is empty. Each reader takes what means the kind without doubt, and raises ``BadValue`` for
anything else, whatever its type: nothing is compared or hashed before its type is known.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from reprlib import Repr
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec

from services.common.json_types import Json, JsonObject

T = TypeVar("T")
Reader = Callable[[Json], T]

# Stricter than UUID(), which also takes braces, URNs and texts without hyphens.
UUID_FORM: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
#: Stricter than float(), which also takes underscores, ``nan`` and ``infinity``.
NUMBER_FORM: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
WHOLE_FORM: Final = re.compile(r"[+-]?\d{1,40}", re.ASCII)
TRUE: Final = frozenset({"y", "yes", "t", "true", "on", "1"})
FALSE: Final = frozenset({"n", "no", "f", "false", "off", "0"})
#: What views show in place of a missing reference, and clients send back.
NO_REFERENCE: Final = frozenset({"", "None", "null"})
#: Exclusive limits of PostgreSQL's integer.
INTEGER: Final = 2**31
#: Levels of nested JSON; PostgreSQL and the encoders give up at some hundreds.
DEEPEST: Final = 100

COMPLAINT: Final = re.compile(r"Expected `([^`]+)`")
PLACE: Final = re.compile(r" - at `\$\.?(.*)`$")
KINDS: Final = {
    "object": "an object",
    "array": "an array",
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "float | null": "a number",
    "object | null": "an object",
    "array | null": "an array",
    "str | null": "a text",
}

_short = Repr()
_short.maxstring = _short.maxother = _short.maxlong = 60
_short.maxlevel = 2


class BadValue(ValueError):
    """A value that is not of its kind; ``expected`` describes the kind."""

    def __init__(self, value: object, expected: str = "another value") -> None:
        super().__init__(value)
        self.value, self.expected = value, expected

    def about(self, field: str) -> str:
        """The sentence that tells a client what was wrong with a field."""
        return f"Invalid value for '{field}': {shown(self.value)}. Expected {self.expected}."


class OutOfRange(BadValue):
    """A number of the kind, below or above those that there may be."""


def shown(value: object) -> str:
    """What came, short enough for a message and printable."""
    return _short.repr(value)


def text(value: Json) -> str:
    """A text that PostgreSQL can store; a number counts as its digits."""
    content = value
    if not isinstance(content, str):
        if isinstance(content, bool) or not isinstance(content, int | float):
            raise BadValue(value, "a text")
        # 25.0 is how pandas has 25.
        content = str(
            int(content) if math.isfinite(content) and content == int(content) else content
        )
    if not _plain(content):
        raise BadValue(value, "a text without NUL or half characters")
    return content


def text_of(length: int | None) -> Reader[str]:
    """Reads a text of at most ``length`` characters."""
    if length is None:
        return text

    def read(value: Json) -> str:
        content = text(value)
        if len(content) > length:
            raise BadValue(value, f"a text of at most {length} characters")
        return content

    return read


def matching(pattern: str) -> Reader[str]:
    """Reads a text that a regular expression matches as a whole."""
    form = re.compile(pattern)

    def read(value: Json) -> str:
        content = text(value)
        if not form.fullmatch(content):
            raise BadValue(value, f"a text that matches {pattern}")
        return content

    return read


def one_of(choices: tuple[str, ...]) -> Reader[str]:
    """Reads one of these texts."""

    def read(value: Json) -> str:
        if not isinstance(value, str) or value not in choices:
            raise BadValue(value, f"one of: {', '.join(choices)}")
        return value

    return read


def whole_of(limit: int) -> Reader[int]:
    """Reads a whole number from ``-limit`` to below ``limit``."""

    def read(value: Json) -> int:
        number = value
        if isinstance(number, str):
            number = _number_in(number.strip())
        if isinstance(number, float) and number.is_integer():
            number = int(number)
        if isinstance(number, bool) or not isinstance(number, int):
            raise BadValue(value, "a whole number")
        if not -limit <= number < limit:
            raise BadValue(value, f"a whole number between {-limit} and {limit - 1}")
        return number

    return read


whole: Final = whole_of(INTEGER)


def _number_in(text: str) -> int | float | None:
    # As an int where it is one: a float has no room for the last digits of a bigint.
    if WHOLE_FORM.fullmatch(text):
        return int(text)
    return float(text) if NUMBER_FORM.fullmatch(text) else None


def finite(value: Json) -> float:
    """A number as a finite float."""
    parsed = _number_in(value.strip()) if isinstance(value, str) else value
    if isinstance(parsed, bool) or not isinstance(parsed, int | float):
        raise BadValue(value, "a number")
    try:
        number = float(parsed)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise BadValue(value, "a finite number")
    return number


def flag(value: Json) -> bool:
    """True or false, or a number or word for it."""
    if isinstance(value, str):
        word = value.strip().lower()
        if word in TRUE or word in FALSE:
            return word in TRUE
    elif isinstance(value, bool | int | float) and value in {0, 1}:
        return bool(value)
    raise BadValue(value, "true or false")


def switch(*, usual: bool, exact: bool) -> Reader[bool]:
    """Reads a flag that only the other word flips: ``true``, or ``false`` if it is usually on.

    In any case, unless ``exact``.
    """
    other = "false" if usual else "true"

    def read(value: Json) -> bool:
        word = value if exact or not isinstance(value, str) else value.lower()
        return usual != (word == other)

    return read


def parse_id(value: Json) -> UUID:
    """A UUID in its 36-character form, in either case."""
    if isinstance(value, str) and UUID_FORM.fullmatch(value):
        return UUID(value)
    raise BadValue(value, "a UUID")


def reference(value: Json) -> UUID | None:
    """An id, or None where the text is how views show that there is none."""
    return None if isinstance(value, str) and value in NO_REFERENCE else parse_id(value)


def parse_moment(value: Json) -> datetime:
    """An ISO 8601 date or datetime as naive UTC."""
    bad = BadValue(value, "an ISO 8601 date or datetime")
    if not isinstance(value, str):
        raise bad
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):  # an offset may leave the calendar at either end
        raise bad from None


def parse_day(value: Json) -> date:
    """The date of an ISO 8601 date or datetime, as it is where that was written."""
    parse_moment(value)
    return datetime.fromisoformat(value).date()


def array(value: Json) -> list[Any]:
    """A JSON array that jsonb can store."""
    if not isinstance(value, list):
        raise BadValue(value, "an array")
    return stored(value)


def json_object(value: Json) -> JsonObject:
    """A JSON object that jsonb can store."""
    if not isinstance(value, dict):
        raise BadValue(value, "an object")
    return stored(value)


def shaped(shape: Any) -> Reader[Json]:
    """Reads JSON of a shape, which is a type as ``msgspec.convert`` takes it; returns it as is."""

    def read(value: Json) -> Json:
        try:
            msgspec.convert(stored(value), shape)
        except msgspec.ValidationError as error:
            raise BadValue(value, _expectation(str(error))) from None
        return value

    return read


def _expectation(complaint: str) -> str:
    """What msgspec missed, in words: ``Expected `array`, got `str` - at `$.a` ``."""
    match = COMPLAINT.search(complaint)
    kind = KINDS.get(match[1], match[1]) if match else complaint
    path = PLACE.search(complaint)
    return f"{kind} at '{path[1]}'" if path and path[1] else kind


def object_or_empty(value: Json) -> JsonObject:
    """A stored object; an empty one where something else was stored before it was checked."""
    return value if isinstance(value, dict) else {}


def array_or_empty(value: Json) -> list[Any]:
    """A stored array; an empty one where something else was stored before it was checked."""
    return value if isinstance(value, list) else []


def stored(value: T) -> T:
    """JSON of any kind that jsonb can store."""
    if not storable(value):
        raise BadValue(value, f"JSON of at most {DEEPEST} levels, without NUL or infinite numbers")
    return value


def array_of(read: Reader[T], noun: str) -> Reader[list[T]]:
    """Reads an array whose items ``read`` takes; ``noun`` names them."""

    def items(value: Json) -> list[T]:
        if not isinstance(value, list):
            raise BadValue(value, f"an array of {noun}")
        try:
            return [read(item) for item in value]
        except BadValue as error:
            raise BadValue(error.value, f"an array of {noun}") from None

    return items


def within(low: float, high: float) -> Callable[[float], float]:
    """Passes on a number from ``low`` to ``high``; a ``check`` of a column."""

    def check(number: float) -> float:
        if not low <= number <= high:
            raise BadValue(number, f"a number from {low} to {high}")
        return number

    return check


def positive(number: float) -> float:
    """Passes on a number above 0; a ``check`` of a column."""
    if number <= 0:
        raise BadValue(number, "a number above 0")
    return number


def at_least(low: int, limit: int = INTEGER) -> Reader[int]:
    """Reads a whole number from ``low``, and below ``limit``."""
    read_whole = whole_of(max(INTEGER, limit))
    expected = f"a whole number from {low}" + (f" to {limit - 1}" if limit < INTEGER else "")

    def read(value: Json) -> int:
        number = read_whole(value)
        if not low <= number < limit:
            raise OutOfRange(value, expected)
        return number

    return read


natural: Final = at_least(0)


def above_zero(value: Json) -> float:
    """Reads a number above 0."""
    number = finite(value)
    if number <= 0:
        raise BadValue(value, "a number above 0")
    return number


texts: Final = array_of(text, "texts")
idents: Final = array_of(parse_id, "UUIDs")


def storable(value: Json) -> bool:
    """Whether PostgreSQL takes this JSON: no NUL, half a character, infinity, endless depth."""
    level: list[Json] = [value]
    # Level by level instead of by recursion, which ends deeper or earlier than the limit.
    for _ in range(DEEPEST):
        deeper: list[Json] = []
        for member in level:
            if isinstance(member, dict):
                deeper += member.keys()
                deeper += member.values()
            elif isinstance(member, list):
                deeper += member
            elif not _plain(member):
                return False
        if not deeper:
            return True
        level = deeper
    return False


def _plain(value: Json) -> bool:
    if isinstance(value, str):
        return "\x00" not in value and (value.isascii() or _encodes(value))
    return not isinstance(value, float) or math.isfinite(value)


def _encodes(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
