"""Time spent: noted, added up, void on days off."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.desk import Desk
from tests.running import Caller, System, until
from tests.system.tasks.actions import codes_of, events_until, task_of
from tests.system.tasks.conftest import As
from tests.world import ident

DAY = "2026-03-02"


def note(
    caller: Caller, desk: Desk, duration: Any, who: str = "artist", more: str = ""
) -> requests.Response:
    """Say how long somebody worked on the task that day."""
    person = desk.people.get(who, who)
    path = f"/actions/tasks/{desk.task}/time-spents/{DAY}/persons/{person}{more}"
    return caller.post(path, {"duration": duration})


def test_time_is_set_or_added_to(system: System, desk: Desk, who: As) -> None:
    """One row a person and day; the task's duration is the sum."""
    with events_until(system, "task:update", 3) as found:
        answer = note(who("artist"), desk, 60)
        note(who("artist"), desk, 90)
        last = note(who("artist"), desk, 30, more="/add")
    assert answer.status_code == 201, answer.text
    row = last.json()
    assert row == {
        **row,
        "type": "TimeSpent",
        "duration": 120.0,
        "date": DAY,
        "task_id": desk.task,
        "person_id": desk.people["artist"],
    }
    assert task_of(who("artist"), desk.task)["duration"] == 120.0
    told = {"time_spent_id": row["id"], "project_id": desk.project}
    days = [payload["date"] for name, payload in found if name == "time-spent:logged"]
    assert days == [DAY] * 3
    assert [one for one in found if one[0] not in {"task:update", "time-spent:logged"}] == [
        ("time-spent:new", told),
        ("time-spent:update", told),
        ("time-spent:update", told),
    ]
    note(who("manager"), desk, 15, "colleague")
    for name in ("artist", "colleague"):
        person = who("admin").get(f"/data/persons/{desk.people[name]}").json()
        assert person["last_presence"] == DAY
    assert task_of(who("artist"), desk.task)["duration"] == 135.0


@pytest.mark.parametrize(
    ("name", "whose", "want"),
    [
        ("artist", "artist", 201),
        ("manager", "artist", 201),
        ("admin", "artist", 201),
        ("manager", "manager", 403),
        ("colleague", "colleague", 403),
        ("supervisor", "artist", 403),
        ("artist", "colleague", 403),
        ("client", "artist", 403),
        ("stranger", "stranger", 403),
    ],
)
def test_who_notes_whose_time(desk: Desk, who: As, name: str, whose: str, want: int) -> None:
    """Assignees their own, managers others': of what they don't work on, they have no time."""
    assert note(who(name), desk, 60, whose).status_code == want


@pytest.mark.parametrize("duration", [None, 0, -5, "long", True, [1]])
def test_a_duration_is_a_positive_number(desk: Desk, who: As, duration: Any) -> None:
    """Nothing else is noted."""
    answer = note(who("artist"), desk, duration)
    assert answer.status_code == 400
    assert answer.json()["data"]["errors"][0]["field"] == "duration"
    assert note(who("artist"), desk, "45.5").json()["duration"] == 45.5


def test_time_is_noted_for_what_is_there(desk: Desk, who: As) -> None:
    """A task, a day, a person."""
    admin, person = who("admin"), desk.people["artist"]
    body, nothing = {"duration": 5}, ident("nothing")
    for task, day, whose in (
        (nothing, DAY, person),
        ("x", DAY, person),
        (desk.task, "2026-13-01", person),
        (desk.task, "today", person),
        (desk.task, DAY, nothing),
        (desk.task, DAY, "x"),
    ):
        path = f"/actions/tasks/{task}/time-spents/{day}/persons/{whose}"
        assert admin.post(path, body).status_code == 404, path


def test_a_tasks_time_is_told_by_person(system: System, desk: Desk, who: As) -> None:
    """Of a day or of all, with the total, to the task's readers; not to clients."""
    for number, (name, day, duration) in enumerate(
        (
            ("artist", DAY, 60),
            ("artist", "2026-03-03", 30),
            ("colleague", DAY, 10),
        )
    ):
        desk.add(
            "time_spent",
            f"t{number}",
            person_id=desk.people[name],
            task_id=desk.task,
            date=day,
            duration=duration,
        )
    system.load(desk.tables)
    path = f"/actions/tasks/{desk.task}/time-spents"
    found = who("artist").get(path).json()
    assert [row["duration"] for row in found[desk.people["artist"]]] == [60.0, 30.0]
    assert [row["duration"] for row in found[desk.people["colleague"]]] == [10.0]
    assert found["total"] == 100.0
    assert who("artist").get(f"{path}/{DAY}").json()["total"] == 70.0
    assert who("artist").get(f"{path}/2026-01-01").json() == {"total": 0}
    found = codes_of(system, desk, ("client", "vendor", "stranger"), "GET", path)
    assert list(found.values()) == [403, 403, 403]
    body = who("artist").get(f"/data/user/tasks/{desk.task}/time-spents/{DAY}").json()
    assert body["duration"] == 60.0
    assert who("maker").get(f"/data/user/tasks/{desk.task}/time-spents/{DAY}").json() == {}


@pytest.mark.parametrize(
    ("part", "want"),
    [
        ("", 3),
        ("/2026-03-02", 1),
        ("/week/2026/10", 1),
        ("/month/all/2026/3", 2),
        ("/year/2026", 1),
        ("/year/2025", 0),
        ("?start_date=2026-03-03&end_date=2026-04-30", 2),
    ],
)
def test_a_persons_time_is_told_by_period(
    system: System, desk: Desk, who: As, part: str, want: int
) -> None:
    """To the person and to managers of the studio; of a week and a year by task."""
    for day in (DAY, "2026-03-08", "2026-04-01"):
        desk.add(
            "time_spent",
            day,
            person_id=desk.people["artist"],
            task_id=desk.task,
            date=day,
            duration=10,
        )
    system.load(desk.tables)
    path = f"/data/persons/{desk.people['artist']}/time-spents{part}"
    assert len(who("artist").get(path).json()) == want
    assert len(who("manager").get(path).json()) == want
    assert who("colleague").get(path).status_code == 403
    if not part.startswith(("/week", "/month", "/year")):
        assert len(who("artist").get(f"/data/user/time-spents{part}").json()) == want


def test_half_a_period_is_none(desk: Desk, who: As) -> None:
    """Both ends, and days that exist."""
    person = desk.people["artist"]
    base = f"/data/persons/{person}/time-spents"
    assert who("artist").get(f"{base}?start_date=2026-03-01").status_code == 400
    assert who("artist").get(f"{base}/month/all/2026/13").status_code == 404
    assert who("artist").get(f"{base}/week/2026/99").status_code == 404
    assert who("artist").get(f"{base}/nonsense").status_code == 404


def test_time_noted_for_a_day_off_is_void(desk: Desk, who: As) -> None:
    """By event, and the task's duration follows."""
    note(who("artist"), desk, 60)
    body = {"date": DAY, "end_date": "2026-03-05", "person_id": desk.people["artist"]}
    assert who("artist").post("/data/day-offs", body).ok
    until(
        lambda: task_of(who("artist"), desk.task)["duration"] == 0.0, what="a duration without it"
    )
    found = who("artist").get(f"/data/persons/{desk.people['artist']}/time-spents").json()
    assert found == []
