"""Who does a task: given to people, taken away, told of."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.running import Caller, System, until
from tests.system.tasks.conftest import As
from tests.system.tasks.desk import TASK, Desk, heard, task_of
from tests.world import ident


def assign(caller: Caller, task: str, person: str) -> requests.Response:
    """Give a task."""
    return caller.put(f"/actions/tasks/{task}/assign", {"person_id": person})


def test_a_person_is_given_a_task(system: System, desk: Desk, who: As) -> None:
    """They hear of it, and have a seat in the team from then on."""
    person, ids = desk.people["outside"], {"task_id": desk.task, "project_id": desk.project}
    with heard(system, "project:update", service="crud") as seated:
        with heard(system, "notifications:written") as found:
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


def test_giving_a_task_again_changes_nothing_but_is_told(
    system: System, desk: Desk, who: As
) -> None:
    """One assignment, one more event."""
    person = desk.people["artist"]
    with heard(system, "notifications:written") as found:
        answer = assign(who("manager"), desk.task, person)
    assert answer.json()["assignees"] == [person]
    assert [name for name, _ in found] == [
        "task:assign",
        "task:update",
        "notification:new",
        "notifications:written",
    ]


ASSIGNING: Any = [
    ("admin", "colleague", 200),
    ("manager", "colleague", 200),
    ("supervisor", "colleague", 200),
    ("modeler", "artist", 200),
    ("modeler", "colleague", 403),
    ("animator", "artist", 403),
    ("artist", "artist", 200),
    ("artist", "colleague", 403),
    ("colleague", "colleague", 403),
    ("client", "artist", 403),
    ("vendor", "vendor", 403),
    ("stranger", "artist", 403),
    ("outside", "outside", 403),
]


@pytest.mark.parametrize(("name", "person", "want"), ASSIGNING)
def test_who_gives_tasks_to_whom(desk: Desk, who: As, name: str, person: str, want: int) -> None:
    """Managers, supervisors of the department to its people, these to themselves; in the team."""
    assert assign(who(name), desk.task, desk.people[person]).status_code == want


@pytest.mark.parametrize("person", ["nonsense", ident("nothing")])
def test_nobody_cannot_be_given_a_task(desk: Desk, who: As, person: str) -> None:
    """And a body must say whom."""
    manager = who("manager")
    answer = assign(manager, desk.task, person)
    assert answer.status_code == 400
    assert answer.json() == {"error": "Assignee doesn't exist in database."}
    assert manager.put(f"/actions/tasks/{desk.task}/assign", {}).status_code == 400
    assert assign(manager, ident("nothing"), desk.people["artist"]).status_code == 404
    answer = manager.put(f"/actions/persons/{person}/assign", {"task_ids": [desk.task]})
    assert answer.status_code == 400


def test_a_bot_works_where_the_production_lets_it(system: System, desk: Desk, who: As) -> None:
    """Elsewhere it is given nothing."""
    desk.people["bot"] = desk.add(
        "person",
        "bot",
        first_name="Bot",
        last_name="",
        role="user",
        active=True,
        is_bot=True,
        email="bot@example.com",
        contract_type="open-ended",
    )
    system.load(desk.tables)
    assert assign(who("manager"), desk.task, desk.people["bot"]).status_code == 403
    desk.row("project", desk.project)["is_bot_collaboration_enabled"] = True
    system.load(desk.tables)
    assert assign(who("manager"), desk.task, desk.people["bot"]).status_code == 200


def test_a_person_is_given_many_tasks(desk: Desk, who: As) -> None:
    """Those that are unknown, or not theirs to give, are left out."""
    person = desk.people["artist"]
    ids = [desk.rigging, desk.task, ident("nothing"), "nonsense", desk.animation_task]
    path = f"/actions/persons/{person}/assign"
    rows = who("modeler").put(path, {"task_ids": ids}).json()
    assert [row["id"] for row in rows] == [desk.task]
    rows = who("manager").put(path, {"task_ids": ids}).json()
    assert [row["id"] for row in rows] == [desk.rigging, desk.task, desk.animation_task]
    assert all(person in row["assignees"] for row in rows)
    assert who("stranger").put(path, {"task_ids": ids}).json() == []


def test_tasks_are_taken_away(system: System, desk: Desk, who: As) -> None:
    """From one, or from all; the person is told of though they had nothing."""
    person, ids = desk.people["colleague"], {"task_id": desk.task, "project_id": desk.project}
    path = "/actions/tasks/clear-assignation"
    body = {"task_ids": [desk.task, ident("nothing")], "person_id": person}
    with heard(system, "task:update") as found:
        assert who("manager").put(path, body).json() == [desk.task]
    assert found == [("task:unassign", {"person_id": person, **ids}), ("task:update", ids)]
    assert task_of(who("admin"), desk.task)["assignees"] == [desk.people["artist"]]
    with heard(system, "task:update") as found:
        who("manager").put(path, {"task_ids": [desk.task]})
    assert found[0] == ("task:unassign", {"person_id": desk.people["artist"], **ids})
    assert task_of(who("admin"), desk.task)["assignees"] == []


@pytest.mark.parametrize(
    ("name", "whom", "handled"),
    [
        ("admin", None, True),
        ("manager", None, True),
        ("supervisor", None, True),
        ("modeler", None, True),
        ("animator", None, False),
        ("artist", "artist", True),
        ("artist", None, False),
        ("artist", "colleague", False),
        ("colleague", "colleague", False),
        ("client", "artist", False),
        ("stranger", "artist", False),
    ],
)
def test_who_takes_tasks_away(
    desk: Desk, who: As, name: str, whom: str | None, handled: bool
) -> None:
    """Managers, supervisors of the department, assignees from themselves."""
    body: dict[str, Any] = {"task_ids": [desk.task]}
    if whom:
        body["person_id"] = desk.people[whom]
    answer = who(name).put("/actions/tasks/clear-assignation", body)
    assert answer.json() == ([desk.task] if handled else [])


def test_who_left_the_team_takes_nothing_away(desk: Desk, who: As) -> None:
    """Not even from themselves."""
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
