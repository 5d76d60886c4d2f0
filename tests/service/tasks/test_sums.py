"""Sums of the work on a production, for other services."""

from __future__ import annotations

from tests.desk import Desk
from tests.service.one_service import OneService


def test_time_is_summed_by_department_person_and_month(tasks: OneService, desk: Desk) -> None:
    """Of types with a department only, and of this production."""
    artist, other = desk.people["artist"], desk.people["colleague"]
    desk.tables["time_spent"] = []
    for number, (person, day, minutes) in enumerate(
        (
            (artist, "2026-01-05", 480.0),
            (artist, "2026-01-06", 60.0),
            (artist, "2026-02-01", 30.0),
            (other, "2026-02-01", 300.0),
        )
    ):
        work = {"person_id": person, "date": day, "duration": minutes}
        desk.add("time_spent", str(number), task_id=desk.task, **work)
    kind = next(row["task_type_id"] for row in desk.tables["task"] if row["id"] == desk.task)
    row = next(row for row in desk.tables["task_type"] if row["id"] == kind)
    row["department_id"] = desk.department
    tasks.fill(desk)
    question = {"project_id": desk.project}
    assert tasks.call("admin", "sum_time_by_department", **question) == {
        desk.department: {
            "total": 870.0,
            artist: {"total": 570.0, "2026-01": 540.0, "2026-02": 30.0},
            other: {"total": 300.0, "2026-02": 300.0},
        }
    }
    row["department_id"] = None
    tasks.fill(desk)
    assert tasks.call("admin", "sum_time_by_department", **question) == {}
