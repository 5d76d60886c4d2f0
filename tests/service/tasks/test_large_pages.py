"""Large pages and lists are read in chunks."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.crud import lists
from services.common.database.tables import table_of
from services.tasks.models import Task
from tests.bulk import insert_many
from tests.desk import Desk
from tests.service.one_service import OneService

ROWS = 2500


@pytest.fixture
def many(tasks: OneService, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A production of many tasks; how many rows were taken from a cursor at a time."""
    with tasks.database.raw.cursor() as cursor:
        insert_many(cursor, table_of(Task), ROWS, project_id=[desk.project])
    taken: list[int] = []
    prefetch = lists.prefetch

    def noted(parts: Any) -> Any:
        for part in prefetch(parts):
            taken.append(len(part))
            yield part

    monkeypatch.setattr(lists, "prefetch", noted)
    return taken


@pytest.mark.parametrize(
    ("method", "given"),
    [("list_rows", {"path": "tasks"}), ("list_project_tasks", {"project_id": None})],
)
def test_a_list_of_any_length_is_read_in_chunks(
    tasks: OneService, desk: Desk, many: list[int], method: str, given: dict[str, Any]
) -> None:
    """As a page with its numbers, or as an array."""
    arguments = {name: value or desk.project for name, value in given.items()}
    scope = {} if method == "list_project_tasks" else {"project_id": desk.project}
    count = len(tasks.rows("task", project_id=desk.project))
    for limit in (2000, 100_000):
        query = {"page": "1", "limit": str(limit), **scope}
        page = tasks.call("admin", method, query=query, **arguments)
        assert (page["total"], page["limit"], page["page"]) == (count, limit, 1)
        assert len({row["id"] for row in page["data"]}) == min(limit, count)
    rows = tasks.call("admin", method, query=scope, **arguments)
    assert len({row["id"] for row in rows}) == count
    assert max(many) <= lists.CHUNK
    assert sum(many) == min(2000, count) + 2 * count
