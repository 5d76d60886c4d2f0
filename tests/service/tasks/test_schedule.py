"""The dates of tasks for the versions of a schedule."""

from __future__ import annotations

from tests.desk import Desk
from tests.service.one_service import OneService

NOWHERE = "00000000-0000-4000-8000-000000000000"


def test_a_schedule_is_all_tasks_with_their_people(tasks: OneService, desk: Desk) -> None:
    """Of one production."""
    rows = tasks.call("admin", "list_schedule", project_id=desk.project)
    own = [row["id"] for row in desk.tables["task"] if row["project_id"] == desk.project]
    assert sorted(row["task_id"] for row in rows) == sorted(own)
    people = {row["task_id"]: set(row["assignees"]) for row in rows}
    assert desk.people["artist"] in people[desk.task]
    assert tasks.call("admin", "list_schedule", project_id=NOWHERE) == []


def test_task_types_are_listed_that_are_worked_on(tasks: OneService, desk: Desk) -> None:
    """With what they are for; and the tasks of each."""
    kinds = tasks.call("admin", "list_task_types_worked_on", project_id=desk.project)
    own = [row for row in desk.tables["task"] if row["project_id"] == desk.project]
    assert set(kinds) == {row["task_type_id"] for row in own}
    for kind in kinds:
        question = {"project_id": desk.project, "task_type_id": kind}
        found = tasks.call("admin", "list_tasks_of_type", **question)
        assert set(found) == {row["id"] for row in own if row["task_type_id"] == kind}


def test_an_applied_schedule_sets_dates_and_estimations(tasks: OneService, desk: Desk) -> None:
    """Nulls, too, and again; tasks that are gone or of another production are left out."""
    given = [
        [desk.task, "2026-01-05T00:00:00", None, 480.5],
        [desk.rigging, None, "2026-02-01T10:00:00", None],
        [NOWHERE, None, None, None],
    ]
    before = {row["id"]: row for row in tasks.rows("task")}
    for _ in range(2):
        payload = {"project_id": desk.project, "tasks": given}
        tasks.deliver("schedule:applied", payload)
    rows = {str(row["id"]): row for row in tasks.rows("task")}
    first, second = rows[desk.task], rows[desk.rigging]
    assert (first["start_date"].isoformat(), first["due_date"]) == ("2026-01-05T00:00:00", None)
    assert (first["estimation"], second["estimation"]) == (480.5, None)
    assert second["due_date"].isoformat() == "2026-02-01T10:00:00"
    for row in (first, second):
        assert row["updated_at"] > before[row["id"]]["updated_at"]
    told = [(name, payload["task_id"]) for name, payload in tasks.emitted()]
    assert sorted(told) == sorted([("task:update", desk.task), ("task:update", desk.rigging)] * 2)
    tasks.deliver("schedule:applied", {"project_id": NOWHERE, "tasks": given})
    assert len(tasks.emitted()) == 4
