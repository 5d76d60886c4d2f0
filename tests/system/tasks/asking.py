"""Helpers: post comments, read tasks, collect events."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from tests.desk import Desk
from tests.listening import Heard, listening
from tests.running import Caller, System, until


def say(
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


def answers(system: System, desk: Desk, names: tuple[str, ...], *request: Any) -> dict[str, int]:
    """The status that each person gets for the request (method, path, body)."""
    return {name: system.caller(desk.people[name]).send(*request).status_code for name in names}


def stored(system: System, ident: str) -> bool:
    """Whether an attachment's file is in the storage."""
    return bool(list(system.storage.rglob(f"*{ident}*")))


@contextmanager
def heard(system: System, last: str, count: int = 1, service: str = "tasks") -> Iterator[Heard]:
    """The events of a service since the block began, up to the ``count``th ``last``."""
    with listening(system, service, "#") as (found, something_came):
        yield found

        def arrived() -> bool:
            something_came(0.1)
            return [name for name, _ in found].count(last) >= count

        until(arrived, what=f"{count} {last}")


def tasks_in(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """All tasks of a view by id."""
    return {task["id"]: task for row in rows for task in row["tasks"]}
