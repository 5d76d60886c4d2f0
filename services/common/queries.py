"""Query strings, read as their declared types say: everything that is wrong is told at once.

A parameter that is absent or empty counts as not given. The texts of the others are read as those
of forms are (``bodies``). The message of a refusal is the one that clients know of a parameter
(``about(…, invalid=…)``) or of the query (``Query.refusal``), else what is wrong with each. Its
data tell which parameters it is about, what came and what is expected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final, NamedTuple, TypeVar, cast

from msgspec import inspect

from services.common import bodies, values
from services.common.bodies import BadParts, Complaint, Fault
from services.common.contracts.types import Query
from services.common.errors import InvalidInput
from services.common.json_types import JsonObject
from services.common.values import BadValue

Q = TypeVar("Q", bound=Query)
#: As the gateway passes it: the first text of each parameter, or all texts.
Texts = Mapping[str, str] | Mapping[str, list[str]]
NO_TEXTS: Final[Mapping[str, str]] = {}


class Parameter(NamedTuple):
    """A parameter that a query is read for."""

    name: str
    repeats: bool
    #: The parameter without which it is ignored; empty for none.
    only_with: str


def read(kind: type[Q], query: Texts | None) -> Q:
    """A query string as its type says. Raises InvalidInput with every parameter that is wrong."""
    texts = query or NO_TEXTS
    try:
        return cast("Q", bodies.reader_of(kind)(_given(kind, texts)))
    except BadParts as error:
        raise _refusal(kind, texts, error.faults) from None


@cache
def columns_of(kind: type[Query]) -> tuple[str, ...]:
    """The filters by columns that a type declares: generic CRUD reads them."""
    return tuple(name for name, _, extra in _declared(kind) if "column" in extra)


@cache
def _parameters(kind: type[Query]) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(name, repeats, extra.get("only_with", ""))
        for name, repeats, extra in _declared(kind)
        if "column" not in extra
    )


def _declared(kind: type[Query]) -> Iterator[tuple[str, bool, dict[str, str]]]:
    """The name of each parameter, whether it may be repeated, and what else is declared of it."""
    struct = inspect.type_info(kind)
    assert isinstance(struct, inspect.StructType)
    for field in struct.fields:
        kinds, extra = bodies.alternatives(field.type)
        yield field.encode_name, any(isinstance(one, inspect.ListType) for one in kinds), extra


def _given(kind: type[Query], texts: Texts) -> JsonObject:
    """What was given of the parameters: a text, or the texts of those that may be repeated."""
    given: JsonObject = {}
    for name, repeats, only_with in _parameters(kind):
        found = texts.get(name)
        if not found or (only_with and not texts.get(only_with)):
            continue
        several = found if isinstance(found, list) else [found]
        filled = [text for text in (several if repeats else several[:1]) if text != ""]
        if filled:
            given[name] = filled if repeats else filled[0]
    return given


def _refusal(kind: type[Query], texts: Texts, faults: list[Fault]) -> InvalidInput:
    told = [{"field": name, "message": _fault_of(error).about(name)} for name, error in faults]
    message = bodies.known_message(faults) or " ".join(one["message"] for one in told)
    if kind.refusal:
        came = {name: texts.get(name) for name, _, _ in _parameters(kind)}
        shown = {name: values.shown(text).strip("'") for name, text in came.items()}
        message = kind.refusal.format_map(shown)
    return InvalidInput(message, None if kind.bare and len(told) == 1 else {"errors": told})


def _fault_of(error: BadValue) -> BadValue:
    """What is wrong, in place of the message that clients know of it."""
    return error.fault or error if isinstance(error, Complaint) else error
