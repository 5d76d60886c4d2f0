"""Assignments: permissions, events, membership in the team."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.errors import Forbidden, InvalidInput, NotFound, Refused, Unavailable
from tests.desk import TASK, Desk
from tests.service.one_service import FORBIDDEN, OK, OneService
from tests.service.tasks.commenting import task_of
from tests.world import ident


def assign(tasks: OneService, who: str, task: str, person: str) -> dict[str, Any]:
    """Assign a task."""
    reply: dict[str, Any] = tasks.call(who, "assign_task", task_id=task, data={"person_id": person})
    return reply


def test_assigning_adds_the_person_to_the_team(tasks: OneService, desk: Desk) -> None:
    """Events are emitted, the person is notified, and the team is called after the commit."""
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
    assert tasks.fakes.calls[-1] == ("crud.seat_assignee", seat)


def test_a_task_created_with_assignees_is_told_as_new(tasks: OneService, desk: Desk) -> None:
    """Clients get ``task:new`` only; the assignees join the team all the same."""
    people = sorted([desk.people["outside"], desk.people["colleague"]])
    tasks.fakes.replies |= {
        "assets.find_existing_rows": {"entity": [desk.asset]},
        "assets.list_kinds_of_entities": {desk.asset: "Asset"},
        "auth.list_full_persons": {},
    }
    entity = {"project_id": desk.project, "entity_id": desk.asset}
    body = {**entity, "task_type_id": desk.task_type, "name": "new", "assignees": people}
    row = tasks.call("manager", "create_row", path="tasks", data=body)
    ids = {"task_id": row["id"], "project_id": desk.project}
    assert tasks.emitted() == [
        ("task:new", ids),
        ("task:staffed", {**ids, "person_ids": people}),
    ]


def test_assigning_twice_changes_nothing(tasks: OneService, desk: Desk) -> None:
    """By either route: retried requests emit nothing, but the membership is ensured."""
    person, before = desk.people["artist"], task_of(tasks, desk.task)
    assert assign(tasks, "manager", desk.task, person)["assignees"] == [person]
    tasks.call("manager", "assign_tasks", person_id=person, data={"task_ids": [desk.task]})
    assert tasks.emitted() == []
    assert task_of(tasks, desk.task) == before
    seat = {"project_id": desk.project, "person_id": person}
    assert tasks.fakes.calls.count(("crud.seat_assignee", seat)) == 2


def test_assigning_again_changes_the_assigner(tasks: OneService, desk: Desk) -> None:
    """With an event of the task, and no notification."""
    shown = assign(tasks, "supervisor", desk.task, desk.people["artist"])
    assert shown["assigner_id"] == desk.people["supervisor"]
    assert [name for name, _ in tasks.emitted()] == ["task:update"]


def test_an_assignment_survives_if_the_team_is_unavailable(tasks: OneService, desk: Desk) -> None:
    """The event's handler adds the member; without an event, the caller gets a 502."""
    tasks.fakes.replies["crud.seat_assignee"] = Unavailable("away")
    person = desk.people["outside"]
    assert person in assign(tasks, "manager", desk.task, person)["assignees"]
    with pytest.raises(Unavailable):
        assign(tasks, "manager", desk.task, person)


def test_assignees_join_the_team_of_every_production(tasks: OneService, desk: Desk) -> None:
    """Not only that of the first task."""
    person = desk.people["outside"]
    away = desk.task_on(desk.foreign, "modeling", project_id=desk.other_project)
    tasks.fill(desk)
    data = {"task_ids": [desk.task, away]}
    tasks.call("admin", "assign_tasks", person_id=person, data=data)
    seats = [given["project_id"] for name, given in tasks.fakes.calls if "seat" in name]
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
def test_managers_supervisors_and_assignees_may_assign(
    tasks: OneService, desk: Desk, name: str, person: str, want: str
) -> None:
    """Supervisors their department, its members themselves; all in the team."""
    data = {"person_id": desk.people[person]}
    assert tasks.outcomes([name], "assign_task", task_id=desk.task, data=data) == {name: want}


@pytest.mark.parametrize("person", ["nonsense", ident("nothing")])
def test_the_assignee_must_exist(tasks: OneService, desk: Desk, person: str) -> None:
    """And must be in the body."""
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


def test_bots_are_assigned_only_where_the_production_allows_it(
    tasks: OneService, desk: Desk
) -> None:
    """Elsewhere it is refused."""
    bot = desk.people["bot"] = desk.person("bot", "user")
    desk.row("person", bot)["is_bot"] = True
    allowed = tasks.fakes.replies
    allowed["crud.read_row"] = {"is_bot_collaboration_enabled": False}
    with pytest.raises(Forbidden):
        assign(tasks, "manager", desk.task, bot)
    allowed["crud.read_row"] = {"is_bot_collaboration_enabled": True}
    assert bot in assign(tasks, "manager", desk.task, bot)["assignees"]


def test_many_tasks_are_assigned_at_once(tasks: OneService, desk: Desk) -> None:
    """Unknown tasks, and those that the caller may not assign, are skipped."""
    person = desk.people["artist"]
    ids = [desk.rigging, desk.task, ident("nothing"), "nonsense", desk.animation_task]

    def assign_many(who: str) -> Any:
        return tasks.call(who, "assign_tasks", person_id=person, data={"task_ids": ids})

    assert [row["id"] for row in assign_many("modeler")] == [desk.task]
    rows = assign_many("manager")
    assert [row["id"] for row in rows] == [desk.rigging, desk.task, desk.animation_task]
    assert all(person in row["assignees"] for row in rows)
    assert assign_many("stranger") == []


def test_unassigning_one_person_or_all(tasks: OneService, desk: Desk) -> None:
    """The event is emitted even if the person was not assigned."""
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
def test_managers_supervisors_and_assignees_may_unassign(
    tasks: OneService, desk: Desk, name: str, whom: str | None, handled: bool
) -> None:
    """Assignees only themselves."""
    data: dict[str, Any] = {"task_ids": [desk.task]}
    if whom:
        data["person_id"] = desk.people[whom]
    reply = tasks.call(name, "clear_assignation", data=data)
    assert reply == ([desk.task] if handled else [])


def test_gateways_read_the_tasks_of_their_caller(tasks: OneService, desk: Desk) -> None:
    """With their entities: vendors hear events about those."""
    artist = tasks.call("artist", "list_assignments")
    assert artist[desk.task] == str(task_of(tasks, desk.task)["entity_id"])
    assert desk.task not in tasks.call("vendor", "list_assignments")


@pytest.mark.parametrize("name", ["entity_id", "task_type_id"])
@pytest.mark.parametrize("value", [None, "", "x", 3])
def test_a_task_is_of_a_type_on_an_entity(
    tasks: OneService, desk: Desk, name: str, value: Any
) -> None:
    """Without one of them it would show up nowhere."""
    ids = {"entity_id": desk.asset, "task_type_id": desk.task_type, "project_id": desk.project}
    with pytest.raises(InvalidInput, match=f"A valid {name} is required."):
        tasks.call("admin", "create_row", path="tasks", data={**ids, name: value})
