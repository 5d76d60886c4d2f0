"""Schedules and their versions with all services, and several people at once."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.running import Caller, System, until
from tests.system.callers import logged_payloads
from tests.system.races import ROUNDS, at_once
from tests.world import World, ident

VERSION: Final = ident("production_schedule_version a")
ACTIONS: Final = f"/actions/production-schedule-versions/{VERSION}"
PLANNED: Final = {"start_date": "2026-02-02T00:00:00", "estimation": 960.0}
CHANGED: Final = {"start_date": "2026-05-05T00:00:00", "estimation": 1.0}


@pytest.fixture
def task(system: System, world: World, admin: Caller) -> str:
    """A task with planned dates, which the version has."""
    system.load(world.tables)
    ident_: str = admin.get("/data/tasks").json()[0]["id"]
    assert admin.put(f"/data/tasks/{ident_}", PLANNED).status_code == 200
    filled = admin.post(f"{ACTIONS}/set-task-links-from-production", {})
    assert (filled.status_code, filled.json()["success"]) == (200, True)
    return ident_


def shown(admin: Caller, task: str) -> dict[str, Any]:
    """The dates and the estimation of the task."""
    row = admin.get(f"/data/tasks/{task}").json()
    return {name: row[name] for name in PLANNED}


def test_a_version_keeps_a_schedule_and_gives_it_back(
    admin: Caller, world: World, task: str
) -> None:
    """The tasks change with their events, the version is locked."""
    links = admin.get(f"/data/production-schedule-versions/{VERSION}/task-links").json()
    (link,) = (row for row in links if row["task_id"] == task)
    assert {name: link[name] for name in PLANNED} == PLANNED
    admin.put(f"/data/tasks/{task}", CHANGED)
    before = len(logged_payloads(admin, "task:update", 2))
    applied = admin.post(f"{ACTIONS}/apply-to-production", {})
    assert applied.json() == {"success": True, "task_count": len(links)}
    until(lambda: shown(admin, task) == PLANNED, what="the dates of the version")
    told = logged_payloads(admin, "task:update", before + len(links))
    assert {one["task_id"] for one in told[before:]} == {row["task_id"] for row in links}
    assert logged_payloads(admin, "production_schedule_version:update")
    assert admin.get(f"/data/production-schedule-versions/{VERSION}").json()["locked"] is True
    project = admin.get(f"/data/projects/{world.project}").json()
    assert project["from_schedule_version_id"] == VERSION


def test_a_version_deleted_meanwhile_is_applied_wholly_or_not(
    system: System, admin: Caller, world: World, task: str
) -> None:
    """Whichever comes first."""
    other, path = system.caller(world.admin), "/data/production-schedule-versions"
    for number in range(ROUNDS):
        admin.put(f"/data/tasks/{task}", PLANNED)
        body = {"name": f"V{number}", "project_id": world.project}
        made = admin.post(path, body).json()["id"]
        actions = f"/actions/production-schedule-versions/{made}"
        assert admin.post(f"{actions}/set-task-links-from-production", {}).status_code == 200
        admin.put(f"/data/tasks/{task}", CHANGED)
        applied, gone = at_once(
            lambda a=actions: admin.post(f"{a}/apply-to-production", {}),
            lambda m=made: other.delete(f"{path}/{m}"),
        )
        assert gone.status_code == 204
        assert applied.status_code in {200, 404}
        wanted = PLANNED if applied.status_code == 200 else CHANGED
        until(lambda w=wanted: shown(admin, task) == w, what="the schedule")
        project = admin.get(f"/data/projects/{world.project}").json()
        assert project["from_schedule_version_id"] is None


def test_two_copies_at_once_double_nothing(
    system: System, admin: Caller, world: World, task: str
) -> None:
    """From the production, and from each other."""
    other, path = system.caller(world.admin), "/data/production-schedule-versions"
    made = admin.post(path, {"name": "B", "project_id": world.project}).json()["id"]
    verb = "set-task-links-from-production-schedule-version"
    links = admin.get(f"{path}/{VERSION}/task-links").json()
    for _ in range(ROUNDS):
        at_once(
            lambda: admin.post(
                f"/actions/production-schedule-versions/{made}/{verb}",
                {"production_schedule_version_id": VERSION},
            ),
            lambda: other.post(f"{ACTIONS}/{verb}", {"production_schedule_version_id": made}),
            lambda: admin.post(
                f"/actions/production-schedule-versions/{made}/set-task-links-from-production", {}
            ),
        )
        copied = admin.get(f"{path}/{made}/task-links").json()
        assert sorted(row["task_id"] for row in copied) == sorted(row["task_id"] for row in links)
    assert task in {row["task_id"] for row in links}


def test_two_who_look_at_a_schedule_make_its_items_once(
    system: System, admin: Caller, world: World, task: str
) -> None:
    """With one event each."""
    artist = system.caller(world.people["artist"])
    path = f"/data/projects/{world.project}/schedule-items/task-types"
    for _ in range(ROUNDS):
        for row in admin.get("/data/schedule-items").json():
            admin.delete(f"/data/schedule-items/{row['id']}")
        answers = at_once(lambda: admin.get(path), lambda: artist.get(path))
        first, second = (answer.json() for answer in answers)
        assert [row["id"] for row in first] == [row["id"] for row in second]
        assert len(admin.get("/data/schedule-items").json()) == len(first) > 0
    assert task
