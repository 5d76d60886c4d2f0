"""The calculations of ``make profile``."""

from __future__ import annotations

from typing import Any

from tests.bench.anatomy import (
    AFTER,
    ASKING,
    BACK,
    BEFORE,
    COMMIT,
    PYTHON,
    SQL,
    THERE,
    length,
    parts_of,
    statements,
)


def span(ident: str, parent: str | None, name: str, start: float, end: float) -> dict[str, Any]:
    """A span; times in milliseconds."""
    return {
        "span": ident,
        "parent": parent,
        "name": name,
        "component": "tasks",
        "start": int(start * 1e6),
        "end": int(end * 1e6),
        "attributes": {"statement": f"SELECT {ident} /* a-request */"},
    }


ROOT = span("root", None, "GET /x", 0, 20)
SPANS = [
    ROOT,
    span("call", "root", "call tasks.x", 1, 18),
    span("rpc", "call", "tasks.x", 3, 19),
    span("a", "rpc", "sql", 4, 6),
    span("b", "rpc", "call auth.y", 5, 9),
    span("c", "rpc", "commit", 10, 12),
    span("d", "c", "sql", 10, 11),
]


def test_every_millisecond_is_in_one_part() -> None:
    """Overlaps count once; work after the reply does not count."""
    parts = parts_of(SPANS, ROOT)
    assert parts == {
        BEFORE: 1,
        THERE: 2,
        SQL: 2,
        ASKING: 3,
        COMMIT: 2,
        PYTHON: 8,
        BACK: 0,
        AFTER: 2,
    }
    assert sum(parts.values()) == 20


def test_a_request_that_asked_somebody_first_is_left_out() -> None:
    """Its actor is cached afterwards, so that it is not typical."""
    more = span("first", "root", "call auth.identify", 0, 1)
    assert parts_of([*SPANS, more], ROOT) is None


def test_a_union_of_intervals_counts_overlaps_once() -> None:
    """Whatever their order."""
    assert length([(5, 9), (0, 2), (1, 3), (6, 7)]) == 7
    assert length([]) == 0


def test_statements_are_known_without_the_request_they_are_tagged_with() -> None:
    """The costliest first."""
    assert statements([SPANS, SPANS], "tasks") == [("SELECT a", 1, 2), ("SELECT d", 1, 1)]
