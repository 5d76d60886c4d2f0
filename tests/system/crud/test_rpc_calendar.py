"""Schedule items, milestones and days off."""

from __future__ import annotations

from tests.running import Caller, System
from tests.system.callers import statuses
from tests.world import World

NOWHERE = "00000000-0000-4000-8000-000000000000"


def test_plans_of_a_production_are_listed_for_its_team(
    system: System, world: World, admin: Caller
) -> None:
    """Callers in order: admin, manager, supervisor, artist, client, vendor, stranger."""
    days = ("2030-03-01", "2030-01-01")
    for day in days:
        kind = admin.post("/data/task-types", {"name": f"For {day}"}).json()["id"]
        item = {"project_id": world.project, "task_type_id": kind, "start_date": day}
        assert admin.post("/data/schedule-items/", item).ok
        more = {"name": day, "date": day, "project_id": world.project}
        assert admin.post("/data/milestones", more).ok
    for kind, column in (("schedule-items", "start_date"), ("milestones", "date")):
        path = f"/data/projects/{world.project}/{kind}/"
        assert [row[column] for row in admin.get(path).json()] == sorted(days)
        assert statuses(system, world, "GET", path) == [200, 200, 200, 200, 403, 403, 403]
        assert admin.get(f"/data/projects/{NOWHERE}/{kind}").status_code == 404


def test_days_off_are_listed_for_their_owner_and_who_plans_their_work(
    system: System, world: World, admin: Caller
) -> None:
    """Those are administrators, managers and supervisors."""
    artist = world.people["artist"]
    body = {"person_id": artist, "date": "2030-01-07", "end_date": "2030-01-08"}
    assert admin.post("/data/day-offs", body).ok
    path = f"/data/persons/{artist}/day-offs/"
    assert [row["date"] for row in system.caller(artist).get(path).json()] == ["2030-01-07"]
    assert statuses(system, world, "GET", path) == [200, 200, 200, 200, 403, 403, 403]
    assert admin.get("/data/persons/x/day-offs").status_code == 404
