"""Helpers: post comments, read tasks, collect events."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from tests.desk import Desk
from tests.running import Caller, System, until
from tests.subscribing import Events, subscribed_to


def post_comment(
    caller: Caller,
    desk: Desk,
    text: str = "",
    status: str = "todo",
    task: str | None = None,
    **body: Any,
) -> requests.Response:
    """Post a comment on the task."""
    body = {"task_status_id": desk.statuses[status], "comment": text, **body}
    return caller.post(f"/actions/tasks/{task or desk.task}/comment", body)


def task_of(caller: Caller, task: str) -> dict[str, Any]:
    """The task as stored now."""
    row: dict[str, Any] = caller.get(f"/data/tasks/{task}").json()
    return row


def comments_on(caller: Caller, task: str) -> list[dict[str, Any]]:
    """The comments on a task, newest first."""
    response = caller.get(f"/data/tasks/{task}/comments")
    assert response.status_code == 200, response.text
    rows: list[dict[str, Any]] = response.json()
    return rows


def codes_of(system: System, desk: Desk, names: tuple[str, ...], *request: Any) -> dict[str, int]:
    """The status that each person gets for the request (method, path, body)."""
    return {name: system.caller(desk.people[name]).send(*request).status_code for name in names}


def is_stored(system: System, ident: str) -> bool:
    """Whether an attachment's file is in the storage."""
    return bool(list(system.storage.rglob(f"*{ident}*")))


@contextmanager
def events_until(
    system: System, last: str, count: int = 1, service: str = "tasks"
) -> Iterator[Events]:
    """The events of a service since the block began, up to the ``count``th ``last``."""
    with subscribed_to(system, service, "#") as (found, wait_for_event):
        yield found

        def arrived() -> bool:
            wait_for_event(0.1)
            return [name for name, _ in found].count(last) >= count

        until(arrived, what=f"{count} {last}")


def tasks_in(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """All tasks of a view by id."""
    return {task["id"]: task for row in rows for task in row["tasks"]}
