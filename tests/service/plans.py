"""Query plans of the statements of a call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from services.common.database.timed_connection import TimedCursor
from tests.service.one_service import OneService

Node = dict[str, Any]


@contextmanager
def explained(service: OneService, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Node]]:
    """The plan of each query that reads meanwhile, as PostgreSQL would run it now."""
    sent: list[str] = []
    plans: list[Node] = []
    run = TimedCursor.run

    def noted(cursor: TimedCursor, query: Any, values: Any, shown: Any) -> None:
        text = cursor.mogrify(query, values).decode()
        # What is sent with others in one message are deferred writes.
        if text.lstrip().startswith(("SELECT", "EXECUTE", "WITH")) and ";\n" not in text:
            sent.append(text)
        run(cursor, query, values, shown)

    with monkeypatch.context() as patch:
        patch.setattr(TimedCursor, "run", noted)
        yield plans
    with service.database.raw.cursor() as cursor:
        for text in sent:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {text}")
            plans.append(cursor.fetchone()[0][0]["Plan"])


def nodes(plan: Node, above: str = "") -> Iterator[tuple[Node, str]]:
    """A plan's nodes, from above, each with the kind of the one that it feeds."""
    yield plan, above
    for below in plan.get("Plans", []):
        yield from nodes(below, plan["Node Type"])


def reads_whole(plan: Node, table: str, *, counts: bool = False) -> list[str]:
    """What in the plan costs more the larger a table is: a scan of it, or a sort of its rows.

    ``counts`` allows it to be scanned for a count.
    """
    result = []
    for node, above in nodes(plan):
        kind, below = node["Node Type"], [one for one, _ in nodes(node)]
        scans = node.get("Relation Name") == table and kind == "Seq Scan"
        if scans and not (counts and above == "Aggregate"):
            result.append(f"{kind} on {table}")
        # A sort of what LIMITs below it leave is as large as these say.
        limited = any(one["Node Type"] == "Limit" for one in below)
        sorts = kind in {"Sort", "Incremental Sort"} and not limited
        if sorts and any(one.get("Relation Name") == table for one in below):
            result.append(f"{kind} of {table}")
    return result
