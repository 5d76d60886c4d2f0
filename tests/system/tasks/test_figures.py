"""Figures of a production with all services: made from rows of four of them, and never stale."""

from __future__ import annotations

from typing import Any

import pytest

from tests.desk import Desk
from tests.running import Caller, System


@pytest.fixture
def desk(system: System) -> Desk:
    """A series in production, with a task on a shot that is done."""
    made = Desk()
    made.row("entity", made.shots[0])["nb_frames"] = 100
    row = made.row("task", made.animation_task)
    row |= {"end_date": "2026-01-05T23:30:00", "task_status_id": made.statuses["done"]}
    made.link("task_person_link", task_id=made.animation_task, person_id=made.people["artist"])
    system.load(made.tables)
    return made


def test_figures_follow_every_change(system: System, desk: Desk) -> None:
    """Of the shot, the task, the production, the caller; until then they are unchanged."""
    manager = system.caller(desk.people["manager"])
    admin = system.caller(desk.people["admin"])
    kind = desk.kinds["animation"]
    path = f"/data/projects/{desk.project}/quotas/{kind}?count_mode=feedback"
    held: dict[str, str] = {}

    def total() -> dict[str, Any]:
        response = manager.get(path, headers=held)
        assert response.status_code == 200, response.text
        held["If-None-Match"] = response.headers["ETag"]
        assert manager.get(path, headers=held).status_code == 304
        found: dict[str, Any] = response.json()["total"]["day"]
        return found

    day, next_day = "2026-01-05", "2026-01-06"
    assert total()["frames"] == {next_day: 100}  # in Paris it is after midnight
    shot = {"nb_frames": 48}
    assert admin.put(f"/data/entities/{desk.shots[0]}", shot).ok
    assert total()["frames"] == {next_day: 48}
    assert admin.put(f"/data/projects/{desk.project}", {"fps": "24"}).ok
    assert total()["seconds"] == {next_day: 2.0}
    own = f"/data/persons/{desk.people['manager']}"
    assert admin.put(own, {"timezone": "America/Los_Angeles"}).ok
    assert total()["frames"] == {day: 48}
    task = f"/actions/persons/{desk.people['colleague']}/assign"
    assert admin.put(task, {"task_ids": [desk.animation_task]}).ok
    assert total()["count"] == {day: 2}
    assert admin.put(f"/data/tasks/{desk.animation_task}", {"nb_drawings": 5}).ok
    assert total()["drawings"] == {day: 10}


def test_a_production_is_counted_over_http(system: System, desk: Desk) -> None:
    """Each figure, with what it is refused for."""
    admin = system.caller(desk.people["admin"])
    artist, series = desk.people["artist"], f"/data/projects/{desk.project}"
    shots = f"/data/persons/{artist}/quota-shots"
    (shot,) = admin.get(f"{shots}/week/2026/2?count_mode=feedback").json()
    assert (shot["full_name"], shot["weight"], shot["type"]) == ("E01 / S01 / P01", 1, "Entity")
    same = admin.get(f"{shots}/day/2026/1/6?count_mode=feedback").json()
    assert same == admin.get(f"{shots}/month/2026/01?count_mode=feedback").json() == [shot]
    of_episode = admin.get(f"{series}/episodes/stats").json()[desk.episode]["all"]
    assert of_episode[desk.statuses["done"]]["frames"] == 100
    retakes = admin.get(f"{series}/episodes/retake-stats").json()[desk.episode]["all"]
    assert retakes["done"] == {"count": 1, "frames": 100, "drawings": 0}
    for path, status in {
        f"{series}/quotas/x": 404,
        f"{series}/quotas/person/{artist}": 404,
        f"{series}/quotas/persons/x": 404,
        f"{series}/quotas/persons/{artist}?count_mode=x": 400,
        f"{series}/quotas/persons/{artist}?studio_id=x": 400,
        f"{shots}/month/2026/13": 400,
        f"{shots}/week/2025/53": 400,
        f"{shots}/week/2025/x": 400,
        f"{shots}/day/2026/2/30": 400,
        f"{shots}/day/2026/2/3?task_type_id=x": 400,
        f"/data/projects/{artist}/quotas/{desk.kinds['animation']}": 404,
        f"/data/projects/{artist}/episodes/stats": 404,
        f"/data/projects/{artist}/episodes/retake-stats": 404,
        f"{series}/task-types/x/time-spents": 400,
        f"{series}/task-types/{artist}/time-spents?end_date=2026-02-31": 400,
    }.items():
        assert admin.get(path).status_code == status, path


def test_the_studio_is_counted_for_administrators(
    system: System, desk: Desk, admin: Caller
) -> None:
    """Of the files of a production they get all."""
    assert admin.get("/stats").json()["number_of_comments"] == len(desk.tables["comment"])
    assert system.caller(desk.people["manager"]).get("/stats").status_code == 403
    files = f"/data/projects/{desk.project}/attachment-files"
    assert admin.get(files).json() == []
