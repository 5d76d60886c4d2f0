"""Large pages and lists are read in chunks."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import pytest

from services.common.crud.listing import lists
from services.common.database.tables import table_of
from services.tasks.models import News, Task, TimeSpent
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


def test_all_time_of_a_person_is_read_in_chunks(
    tasks: OneService, desk: Desk, many: list[int]
) -> None:
    """As it grows with every day that they work."""
    with tasks.database.raw.cursor() as cursor:
        insert_many(cursor, table_of(TimeSpent), ROWS, person_id=[desk.people["artist"]])
    count = len(tasks.rows("time_spent", person_id=UUID(desk.people["artist"])))
    assert count >= ROWS
    person = desk.people["artist"]
    rows = tasks.call("admin", "list_time_spent_by_person", person_id=person)
    assert len({row["id"] for row in rows}) == count
    assert [row["date"] for row in rows] == sorted(row["date"] for row in rows)
    assert (max(many), sum(many)) == (lists.CHUNK, count)


@pytest.fixture
def asked(tasks: OneService, desk: Desk) -> list[list[str]]:
    """The productions that ``crud`` is asked about, by call: once for each batch."""
    calls: list[list[str]] = []

    def noted(ids: list[str]) -> dict[str, Any]:
        calls.append(ids)
        return {}

    tasks.fakes.replies |= {
        "crud.list_open_project_ids": [desk.project],
        "crud.list_projects_in_brief": noted,
        "crud.list_project_names": noted,
    }
    return calls


def test_tasks_to_check_are_completed_in_batches(
    tasks: OneService, desk: Desk, asked: list[list[str]]
) -> None:
    """In their order, however many wait."""
    given = {"project_id": [desk.project], "task_status_id": [desk.statuses["wfa"]]}
    with tasks.database.raw.cursor() as cursor:
        insert_many(cursor, table_of(Task), ROWS, **given)
    rows = tasks.call("admin", "list_tasks_to_check")
    count = len(tasks.rows("task", task_status_id=UUID(desk.statuses["wfa"])))
    assert len({row["id"] for row in rows}) == count
    assert asked == [[desk.project]] * -(-count // lists.BATCH)
    names = [row["name"] for row in rows]
    assert names == sorted(names)
    assert {row["project_id"] for row in rows} == {desk.project}


def test_a_large_page_of_news_is_completed_in_batches(
    tasks: OneService, desk: Desk, asked: list[list[str]]
) -> None:
    """In their order; past the end it is empty."""
    given = {"task_id": [desk.task], "author_id": [desk.people["artist"]]}
    with tasks.database.raw.cursor() as cursor:
        insert_many(cursor, table_of(News), ROWS, **given)
    news = partial(tasks.call, "admin", "list_project_news", project_id=desk.project)
    body = news(query={"limit": "100000"})
    assert (body["total"], body["limit"], body["nb_pages"]) == (len(tasks.rows("news")), 100_000, 1)
    assert len({row["id"] for row in body["data"]}) == body["total"]
    moments = [row["created_at"] for row in body["data"]]
    assert moments == sorted(moments, reverse=True)
    assert asked == [[desk.project]] * -(-body["total"] // lists.BATCH)
    assert news(query={"page": "99"})["data"] == []
