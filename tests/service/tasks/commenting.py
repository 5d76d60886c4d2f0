"""Helpers that post and read comments."""

from __future__ import annotations

from typing import Any

from tests.desk import Desk
from tests.service.one_service import OneService


def body(desk: Desk, text: str = "", status: str = "todo", **more: Any) -> dict[str, Any]:
    """The request body of a comment."""
    return {"task_status_id": desk.statuses[status], "comment": text, **more}


def post_comment(
    tasks: OneService, desk: Desk, who: str, *text_and_status: str, task: str = "", **more: Any
) -> dict[str, Any]:
    """Comment on the task, with a text and optionally a status."""
    given = body(desk, *text_and_status, **more)
    reply: dict[str, Any] = tasks.call(who, "comment_task", task_id=task or desk.task, data=given)
    return reply


def comments_on(tasks: OneService, task: str) -> list[dict[str, Any]]:
    """The comments of a task, newest first."""
    reply: list[dict[str, Any]] = tasks.call("admin", "list_task_comments", task_id=task)
    return reply


def task_of(tasks: OneService, task: str) -> dict[str, Any]:
    """The current row of a task."""
    reply: dict[str, Any] = tasks.call("admin", "read_row", path="tasks", ident=task)
    return reply
