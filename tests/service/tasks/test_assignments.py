"""Who does a task: given to people, taken away, told of."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.errors import Forbidden, InvalidInput, NotFound, Refused, Unavailable
from tests.desk import TASK, Desk
from tests.service.one_service import FORBIDDEN, OK, OneService
from tests.service.tasks.saying import task_of
from tests.world import ident


def assign(tasks: OneService, who: str, task: str, person: str) -> dict[str, Any]:
    """Give a task."""
    found: dict[str, Any] = tasks.call(who, "assign_task", task_id=task, data={"person_id": person})
    return found


def test_a_person_is_given_a_task_and_a_seat(tasks: OneService, desk: Desk) -> None:
    """Both are told of, and the person is notified; the seat is asked for when all is committed."""
    person, ids = desk.people["outside"], {"task_id": desk.task, "project_id": desk.project}
    shown = assign(tasks, "manager", desk.task, person)
    assert shown.keys() == TASK | {"assignees"}
    assert sorted(shown["assignees"]) == sorted([desk.people["artist"], person])
    assert shown["assigner_id"] == desk.people["manager"]
    (note,) = tasks.rows("notification")
    assert (note["type"], str(note["person_id"])) == ("assignation", person)
    told = {"notification_id": str(note["id"]), "person_id": person, "project_id": desk.project}
    assert tasks.emitted() == [
        ("task:assign", {"person_id": person, **ids}),
        ("task:update", ids),
        ("notification:new", told),
        (
            "notifications:written",
            {
                "notification_ids": [str(note["id"])],
                "person_ids": [person],
                "project_id": desk.project,
            },
        ),
    ]
    seat = {"project_id": desk.project, "person_id": person}
    assert tasks.neighbours.asked[-1] == ("crud.seat_assignee", seat)


def test_giving_a_task_again_changes_nothing(tasks: OneService, desk: Desk) -> None:
    """By either route: retried requests stay silent. The seat is seen to."""
    person, before = desk.people["artist"], task_of(tasks, desk.task)
    assert assign(tasks, "manager", desk.task, person)["assignees"] == [person]
    tasks.call("manager", "assign_tasks", person_id=person, data={"task_ids": [desk.task]})
    assert tasks.emitted() == []
    assert task_of(tasks, desk.task) == before
    seat = {"project_id": desk.project, "person_id": person}
    assert tasks.neighbours.asked.count(("crud.seat_assignee", seat)) == 2


def test_who_gives_a_task_again_is_its_assigner(tasks: OneService, desk: Desk) -> None:
    """A change of the task, and no news to its assignee."""
    shown = assign(tasks, "supervisor", desk.task, desk.people["artist"])
    assert shown["assigner_id"] == desk.people["supervisor"]
    assert [name for name, _ in tasks.emitted()] == ["task:update"]


def test_who_can_not_be_seated_at_once_is_assigned_all_the_same(
    tasks: OneService, desk: Desk
) -> None:
    """The event's handler seats them; without an event, the caller is told to come again."""
    tasks.neighbours.answers["crud.seat_assignee"] = Unavailable("away")
    person = desk.people["outside"]
    assert person in assign(tasks, "manager", desk.task, person)["assignees"]
    with pytest.raises(Unavailable):
        assign(tasks, "manager", desk.task, person)


def test_work_in_several_productions_is_a_seat_in_each(tasks: OneService, desk: Desk) -> None:
    """Not only in that of the first task."""
    person = desk.people["outside"]
    away = desk.task_on(desk.foreign, "modeling", project_id=desk.other_project)
    tasks.fill(desk)
    data = {"task_ids": [desk.task, away]}
    tasks.call("admin", "assign_tasks", person_id=person, data=data)
    seats = [given["project_id"] for name, given in tasks.neighbours.asked if "seat" in name]
    assert sorted(seats) == sorted([desk.project, desk.other_project])


@pytest.mark.parametrize(
    ("name", "person", "want"),
    [
        ("admin", "colleague", OK),
        ("manager", "colleague", OK),
        ("supervisor", "colleague", OK),
        ("modeler", "artist", OK),
        ("modeler", "colleague", FORBIDDEN),
        ("animator", "artist", FORBIDDEN),
        ("artist", "artist", OK),
        ("artist", "colleague", FORBIDDEN),
        ("colleague", "colleague", FORBIDDEN),
        ("client", "artist", FORBIDDEN),
        ("vendor", "vendor", FORBIDDEN),
        ("stranger", "artist", FORBIDDEN),
        ("outside", "outside", FORBIDDEN),
    ],
)
def test_who_gives_tasks_to_whom(
    tasks: OneService, desk: Desk, name: str, person: str, want: str
) -> None:
    """Managers, supervisors of the department to its people, these to themselves; in the team."""
    data = {"person_id": desk.people[person]}
    assert tasks.outcomes([name], "assign_task", task_id=desk.task, data=data) == {name: want}


@pytest.mark.parametrize("person", ["nonsense", ident("nothing")])
def test_nobody_cannot_be_given_a_task(tasks: OneService, desk: Desk, person: str) -> None:
    """And a body must say whom."""
    with pytest.raises(Refused) as refusal:
        assign(tasks, "manager", desk.task, person)
    assert refusal.value.data == {"error": "Assignee doesn't exist in database."}
    with pytest.raises(InvalidInput):
        tasks.call("manager", "assign_task", task_id=desk.task, data={})
    with pytest.raises(NotFound):
        assign(tasks, "manager", ident("nothing"), desk.people["artist"])
    with pytest.raises(Refused):
        tasks.call("manager", "assign_tasks", person_id=person, data={"task_ids": [desk.task]})
    assert tasks.emitted() == []


def test_a_bot_works_where_the_production_lets_it(tasks: OneService, desk: Desk) -> None:
    """Elsewhere it is given nothing."""
    bot = desk.people["bot"] = desk.person("bot", "user")
    desk.row("person", bot)["is_bot"] = True
    allowed = tasks.neighbours.answers
    allowed["crud.read_row"] = {"is_bot_collaboration_enabled": False}
    with pytest.raises(Forbidden):
        assign(tasks, "manager", desk.task, bot)
    allowed["crud.read_row"] = {"is_bot_collaboration_enabled": True}
    assert bot in assign(tasks, "manager", desk.task, bot)["assignees"]


def test_a_person_is_given_many_tasks(tasks: OneService, desk: Desk) -> None:
    """Those that are unknown, or not theirs to give, are left out."""
    person = desk.people["artist"]
    ids = [desk.rigging, desk.task, ident("nothing"), "nonsense", desk.animation_task]

    def given(who: str) -> Any:
        return tasks.call(who, "assign_tasks", person_id=person, data={"task_ids": ids})

    assert [row["id"] for row in given("modeler")] == [desk.task]
    rows = given("manager")
    assert [row["id"] for row in rows] == [desk.rigging, desk.task, desk.animation_task]
    assert all(person in row["assignees"] for row in rows)
    assert given("stranger") == []


def test_tasks_are_taken_away(tasks: OneService, desk: Desk) -> None:
    """From one, or from all; the person is told of though they had nothing."""
    person, ids = desk.people["colleague"], {"task_id": desk.task, "project_id": desk.project}
    data = {"task_ids": [desk.task, ident("nothing")], "person_id": person}
    assert tasks.call("manager", "clear_assignation", data=data) == [desk.task]
    one = [("task:unassign", {"person_id": person, **ids}), ("task:update", ids)]
    assert tasks.emitted() == one
    assert task_of(tasks, desk.task)["assignees"] == [desk.people["artist"]]
    tasks.call("manager", "clear_assignation", data={"task_ids": [desk.task]})
    all_of_them = ("task:unassign", {"person_id": desk.people["artist"], **ids})
    assert tasks.emitted()[2:] == [all_of_them, ("task:update", ids)]
    assert task_of(tasks, desk.task)["assignees"] == []


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
    tasks: OneService, desk: Desk, name: str, whom: str | None, handled: bool
) -> None:
    """Managers, supervisors of the department, assignees from themselves."""
    data: dict[str, Any] = {"task_ids": [desk.task]}
    if whom:
        data["person_id"] = desk.people[whom]
    found = tasks.call(name, "clear_assignation", data=data)
    assert found == ([desk.task] if handled else [])
