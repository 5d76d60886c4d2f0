"""Assigning and unassigning people."""

from __future__ import annotations

import requests

from tests.desk import TASK, Desk
from tests.running import Caller, System, until
from tests.system.tasks.actions import events_until
from tests.system.tasks.conftest import As


def assign(caller: Caller, task: str, person: str) -> requests.Response:
    """Give a task."""
    return caller.put(f"/actions/tasks/{task}/assign", {"person_id": person})


def test_assigning_notifies_and_adds_to_the_team(system: System, desk: Desk, who: As) -> None:
    """The assignee is notified and a member from then on."""
    person, ids = desk.people["outside"], {"task_id": desk.task, "project_id": desk.project}
    with events_until(system, "project:update", service="crud") as seated:
        with events_until(system, "notifications:written") as found:
            answer = assign(who("manager"), desk.task, person)
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == TASK | {"assignees"}
    assert sorted(answer.json()["assignees"]) == sorted([desk.people["artist"], person])
    assert answer.json()["assigner_id"] == desk.people["manager"]
    (note,) = who("outside").get("/data/user/notifications").json()
    assert note["notification_type"] == "assignation"
    assert found == [
        ("task:assign", {"person_id": person, **ids}),
        ("task:update", ids),
        (
            "notification:new",
            {"notification_id": note["id"], "person_id": person, "project_id": desk.project},
        ),
        (
            "notifications:written",
            {"notification_ids": [note["id"]], "person_ids": [person], "project_id": desk.project},
        ),
    ]
    assert dict(seated)["project:update"] == {"project_id": desk.project}
    team = who("admin").get(f"/data/projects/{desk.project}/team").json()
    assert person in {row["id"] for row in team}


def test_former_members_cannot_unassign(desk: Desk, who: As) -> None:
    """Not even themselves."""
    person = desk.people["artist"]
    who("manager").delete(f"/data/projects/{desk.project}/team/{person}")
    body = {"task_ids": [desk.task], "person_id": person}
    assert who("artist").put("/actions/tasks/clear-assignation", body).json() == []


def test_a_new_seat_opens_the_production_at_once(desk: Desk, who: As) -> None:
    """The assignee reads what they were given."""
    assign(who("manager"), desk.task, desk.people["outside"])
    until(
        lambda: who("outside").get(f"/data/tasks/{desk.task}").status_code == 200,
        what="a seat",
    )
